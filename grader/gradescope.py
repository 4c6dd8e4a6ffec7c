"""Names of students from the `submission_metadata.yml` of a Gradescope export.

The file is YAML that Ruby wrote. Only four kinds of line are of interest, and each stands at a fixed indent, so it
is read line by line: what a student's program printed is in the file too, indented deeper, and is not looked at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import NotebookError
from grader.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.listing import Entry

MAX_BYTES = 16 * 1024 * 1024

_SUBMISSION = re.compile(r"(submission_\d+):\s*")
_FIELD = re.compile(r"(?:  - :(?P<first>name)|    :(?P<more>sid)|  :(?P<own>created_at)): (?P<value>.*)")
_SECTION = re.compile(r"  :(\w+):.*")


@dataclass(frozen=True)
class Author:
    """Who handed in one submission: everyone of a group, in one line."""

    name: str
    sid: str
    submitted: str | None


def read_metadata(entry: Entry) -> dict[str, Author]:
    """Return the author of each `submission_ID` folder; empty when the file cannot be read."""
    try:
        lines = entry.read(MAX_BYTES).decode("utf-8-sig", "replace").split("\n")
    except NotebookError:
        return {}
    fields: dict[str, list[tuple[str, str]]] = {}
    for submission, field, value in _fields(lines):
        fields.setdefault(submission, []).append((field, value))
    return {submission: _author(submission, found) for submission, found in fields.items()}


def _fields(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (submission, field, value) of the current attempts; `:history:` holds those of earlier ones."""
    submission, section = "", ""
    for line in lines:
        if head := _SUBMISSION.fullmatch(line):
            submission, section = head[1], ""
            continue
        if head := _SECTION.fullmatch(line):
            section = head[1]
        field = _FIELD.fullmatch(line.rstrip())
        if field and submission and section in {"submitters", "created_at"}:
            yield submission, field["first"] or field["more"] or field["own"], _unquote(field["value"])


def _author(submission: str, fields: list[tuple[str, str]]) -> Author:
    names = [value for field, value in fields if field == "name" and value]
    sids = [value for field, value in fields if field == "sid" and value]
    moments = [value for field, value in fields if field == "created_at"]
    return Author(
        name=", ".join(names) or submission,
        sid=",".join(sids),
        submitted=parse_moment(moments[0]) if moments else None,
    )


def _unquote(value: str) -> str:
    """Return a YAML scalar of one line as text."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value[1:-1]
    return value
