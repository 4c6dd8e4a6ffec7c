"""Times as the neighbours of a submission write them, turned into ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MOMENT = re.compile(
    r"\s*(?P<date>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?:\.\d+)?\s*(?P<zone>[A-Za-z_+:/\d-]{0,40})\s*"
)
_OFFSET = re.compile(r"[+-]\d\d:?\d\d")


def parse_moment(text: str) -> str | None:
    """Return `2015-02-02 15:58:23.948203 America/Los_Angeles` and the like in ISO 8601, None if it is none."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    moment, zone = f"{match['date']}T{match['time']}", match["zone"]
    try:
        if _OFFSET.fullmatch(zone):
            return datetime.fromisoformat(moment + zone).isoformat()
        return datetime.fromisoformat(moment).replace(tzinfo=_zone(zone)).isoformat()
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo | None:
    """Return a time zone, none for one that is not known here."""
    try:
        return ZoneInfo({"Z": "UTC", "UCT": "UTC"}.get(name, name)) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def seconds_since_1970(moment: str | None) -> float:
    """Return what ISO 8601 times are sorted by; a time without a zone counts as UTC, no time as earliest."""
    if moment is None:
        return float("-inf")
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
