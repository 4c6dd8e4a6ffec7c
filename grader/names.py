"""Names that come from students: made safe to print, to show and to use as a file's name."""

from __future__ import annotations

import hashlib
import unicodedata

MAX_SHOWN = 120
MAX_STUDENT = 80
MAX_STEM_BYTES = 100
"""Leaves room, in the 255 bytes a file name may have, for a hash, an extension and a temporary prefix."""

_READ = 1_000
"""No more of a name is looked at: a zip may hold names of 64 KiB."""
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Control characters, overrides of the writing direction, lone surrogates, unassigned, line separators."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""Stems that no file may have on Windows, whatever its extension."""


def printable(text: str, limit: int = MAX_SHOWN) -> str:
    """Return `text` on one line, cut at `limit`, with what a terminal would not show as it is escaped."""
    shown = "".join(_escape(character) for character in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escape(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    return character.encode("unicode_escape").decode("ascii")


def clean_student(text: str) -> str:
    """Return a student's name to show: NFC, one line, nothing invisible, at most 80 characters."""
    kept = "".join(_visible(character) for character in unicodedata.normalize("NFC", text[:_READ]))
    return " ".join(kept.split())[:MAX_STUDENT].strip() or "unnamed"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category in _UNSAFE else character


def file_stem(text: str) -> str:
    """Return a stem for a file's name: letters of any script, digits, `-` and `_`.

    Where that is not `text` itself, a short hash of it follows, so that two names stay two stems.
    """
    kept = "".join(c if _in_stem(c) else "_" for c in unicodedata.normalize("NFC", text[:_READ]))
    stem = _cut(kept.strip("_-"))
    if stem and stem == text and stem.casefold() not in _RESERVED:
        return stem
    return with_hash(stem or "student", text)


def _in_stem(character: str) -> bool:
    return character in "-_" or unicodedata.category(character)[0] in "LNM"


def _cut(stem: str) -> str:
    return stem.encode("utf-8")[:MAX_STEM_BYTES].decode("utf-8", "ignore")


def with_hash(stem: str, text: str) -> str:
    """Return `stem` followed by a short hash of `text`."""
    return f"{stem}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
