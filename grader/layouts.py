"""Whose file is it? The conventions by which learning-management systems name what they export.

==========  ==============================================================  =======================================
Source      Path                                                            Known from
==========  ==============================================================  =======================================
Canvas      ``lastfirst_[LATE_]USER_FILE_name.ipynb``, ``-1`` if resubmitted  canvas-lms ``lib/content_zipper.rb``
Moodle      ``Full Name_ID_assignsubmission_file_/name.ipynb``              moodle ``mod/assign/classes/downloader.php``
Moodle      ``Full Name_ID_assignsubmission_file_name.ipynb``               the same, "download in folders" off
Gradescope  ``submission_ID/name.ipynb``, ``submission_metadata.yml``       exported archives
nbgrader    ``submitted/STUDENT/ASSIGNMENT/name.ipynb``, ``timestamp.txt``  nbgrader's directory structure
loose       ``student.ipynb`` or ``student/name.ipynb``                     ours
==========  ==============================================================  =======================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.errors import NotebookError, SubmissionsError
from grader.gradescope import Author, read_metadata
from grader.moments import parse_moment
from grader.names import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.listing import Entry

_CANVAS = re.compile(
    r"(?:(?P<name>\w+?)_)?(?P<late>LATE_)?(?:(?P<user>\d+)|anon_(?P<anonymous>[^\W_]+))_(?P<file>\d+)_(?P<rest>.+)",
    re.DOTALL,
)
_MOODLE = re.compile(r"(?P<name>[^_]+?)(?:_(?P<id>\d+))?_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
_RESUBMITTED = re.compile(r".*-(\d{1,4})\.\w+", re.DOTALL)

_NBGRADER_DEPTH = 3
"""STUDENT/ASSIGNMENT/name.ipynb"""
_MAX_TIMESTAMP_BYTES = 1_000


@dataclass(frozen=True)
class Origin:
    """Who handed in a file, and when, as far as its place says."""

    entry: Entry
    student: str
    """Not cleaned yet."""
    identity: tuple[str, str]
    """What tells two students of one name apart, and finds one student twice."""
    submitted: str | None
    late: bool = False
    serial: tuple[int, int] = (0, 0)
    """Later is larger, where the place says an order but no time."""
    exported: bool = False
    """Whether a learning-management system put it there: then a file that is no notebook was handed in, too."""


def recognise(entries: Sequence[Entry], folder: str, assignment: str | None) -> list[Origin]:
    """Return who handed in each of the files; `folder` is the name of the folder or zip that they are in.

    Raises:
        SubmissionsError: an nbgrader tree holds several assignments, and none is called `assignment`.
    """
    submitted = _below_submitted(entries, folder)
    entries = _of_assignment(submitted or entries, assignment, strict=bool(submitted))
    if submitted:
        return _from_nbgrader(entries)
    entries = _without_wrapper(entries, folder)
    notebooks = [entry for entry in entries if entry.is_notebook]
    canvas = bool(notebooks) and all(_CANVAS.fullmatch(entry.name) for entry in notebooks)
    authors = _gradescope_authors(entries)
    return [_origin(entry, authors, canvas=canvas) for entry in entries]


def _below_submitted(entries: Sequence[Entry], folder: str) -> list[Entry]:
    """Return the files of nbgrader's `submitted` folder; its neighbours (source, autograded...) are not for us."""
    if folder == "submitted":
        return [entry for entry in entries if len(entry.parts) >= _NBGRADER_DEPTH]
    return [
        replace(entry, parts=entry.parts[depth + 1 :])
        for entry in entries
        for depth in (0, 1)
        if entry.parts[depth : depth + 1] == ("submitted",) and len(entry.parts) > depth + _NBGRADER_DEPTH
    ]


def _of_assignment(entries: Sequence[Entry], assignment: str | None, *, strict: bool) -> list[Entry]:
    """Return the files in folders called as the assignment, where there are such folders."""
    nested = {
        entry.parts[1] for entry in entries if len(entry.parts) >= _NBGRADER_DEPTH and entry.is_notebook
    }
    if assignment is not None and assignment in nested:
        return [entry for entry in entries if entry.parts[1:2] == (assignment,)]
    if strict and len(nested) > 1:
        shown = ", ".join(printable(name, 40) for name in sorted(nested)[:5])
        raise SubmissionsError(
            f"submitted/ holds several assignments: {shown}.", "Name one of them with --assignment."
        )
    return list(entries)


def _without_wrapper(entries: list[Entry], folder: str) -> list[Entry]:
    """Return the files without the one folder that all are in, if it is the class rather than a student."""
    notebooks = [entry.parts for entry in entries if entry.is_notebook]
    wrappers = {parts[0] for parts in notebooks}
    if len(wrappers) != 1 or min(map(len, notebooks)) == 1:
        return entries
    (wrapper,) = wrappers
    below = {parts[1] for parts in notebooks if len(parts) > 2}  # noqa: PLR2004 - wrapper, student, name
    if wrapper != folder and len(below) < 2:  # noqa: PLR2004 - one folder may be a student's own
        return entries
    return [replace(e, parts=e.parts[1:]) for e in entries if e.parts[0] == wrapper and len(e.parts) > 1]


def _from_nbgrader(entries: Sequence[Entry]) -> list[Origin]:
    """Return the origins in STUDENT/ASSIGNMENT/name.ipynb; a `timestamp.txt` beside it says when."""
    moments = {entry.parts[:2]: _timestamp(entry) for entry in entries if entry.name == "timestamp.txt"}
    return [
        Origin(
            entry,
            entry.parts[0],
            ("nbgrader", entry.parts[0]),
            moments.get(entry.parts[:2]) or entry.modified,
            exported=entry.name != "timestamp.txt",
        )
        for entry in entries
    ]


def _timestamp(entry: Entry) -> str | None:
    try:
        return parse_moment(entry.read(_MAX_TIMESTAMP_BYTES).decode("utf-8", "replace"))
    except NotebookError:
        return None


def _gradescope_authors(entries: Sequence[Entry]) -> dict[str, Author]:
    for entry in entries:
        if entry.name == "submission_metadata.yml":
            return read_metadata(entry)
    return {}


def _origin(entry: Entry, authors: dict[str, Author], *, canvas: bool) -> Origin:
    """Return the origin of a file by the first convention that its path follows."""
    for folder in entry.parts[:-1]:
        if match := _GRADESCOPE.fullmatch(folder):
            return _from_gradescope(entry, match, authors.get(folder))
    for part in entry.parts:
        if match := _MOODLE.fullmatch(part):
            return _from_moodle(entry, match)
    if canvas and (match := _CANVAS.fullmatch(entry.name)):
        return _from_canvas(entry, match)
    student = entry.parts[0] if len(entry.parts) > 1 else entry.stem
    return Origin(entry, student, ("name", student), entry.modified)


def _from_gradescope(entry: Entry, match: re.Match[str], author: Author | None) -> Origin:
    if author is None:
        return Origin(entry, match[0], ("gradescope", match["id"]), entry.modified, exported=True)
    identity = ("gradescope", author.sid or match["id"])
    return Origin(entry, author.name, identity, author.submitted or entry.modified, exported=True)


def _from_moodle(entry: Entry, match: re.Match[str]) -> Origin:
    """Moodle stamps each file with the time of the export, so no time of handing in is known."""
    identity = ("moodle", match["id"] or match["name"])
    return Origin(entry, match["name"], identity, None, exported=True)


def _from_canvas(entry: Entry, match: re.Match[str]) -> Origin:
    """Canvas stamps each file with the time of the export; the numbers of its files grow with time."""
    user = match["user"] or match["anonymous"]
    resubmitted = _RESUBMITTED.fullmatch(match["rest"])
    return Origin(
        entry,
        match["name"] or f"anonymous {user}",
        ("canvas", user),
        None,
        late=match["late"] is not None,
        serial=(int(match["file"][:18]), int(resubmitted[1]) if resubmitted else 0),
        exported=True,
    )
