"""Whose file is it? The conventions by which learning-management systems name what they export.

==========  ================================================  ============================================
Source      Path                                              Known from
==========  ================================================  ============================================
Canvas      ``lastfirst_[LATE_]USER_FILE_name.ipynb``         canvas-lms ``lib/content_zipper.rb``
Moodle      ``Full Name_ID_assignsubmission_file_/a.ipynb``   moodle ``mod/assign/classes/downloader.php``
Moodle      ``Full Name_ID_assignsubmission_file_a.ipynb``    the same, when not "in folders"
Gradescope  ``submission_ID/a.ipynb``                         exports, with a ``submission_metadata.yml``
nbgrader    ``submitted/STUDENT/ASSIGNMENT/a.ipynb``          its user guide, with a ``timestamp.txt``
loose       ``STUDENT.ipynb``, ``STUDENT/a.ipynb``            ours
==========  ================================================  ============================================
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.errors import NotebookError, SubmissionsError
from grader.gradescope import Author, read_metadata
from grader.listing import ANY, Entry
from grader.moments import parse_moment
from grader.names import printable

if TYPE_CHECKING:
    from collections.abc import Sequence


_CANVAS = re.compile(
    r"(?:(?!LATE_)(?P<name>\w+?)_)?(?P<late>LATE_)?(?:(?P<user>\d+)|anon_(?P<anonymous>[^\W_]+))"
    r"_(?:(?P<file>\d+)_(?P<rest>.+)|text\.html|link\.html)",
    re.DOTALL,
)
_MOODLE = re.compile(r"(?P<name>[^_]+?)(?:_(?P<id>\d+))?_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
_RESUBMITTED = re.compile(r".*-(\d{1,4})\.\w+", re.DOTALL)

_SUBMITTED = "submitted"
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
    """Whether a learning-management system put it there: so it was handed in even if it is no notebook."""


def recognise(entries: Sequence[Entry], folder: str, assignment: str | None) -> list[Origin]:
    """Return who handed in each of the files; `folder` is the name of the folder or zip that they are in.

    Raises:
        SubmissionsError: an nbgrader tree holds several assignments, and none is called `assignment`.
    """
    below = _below_submitted(entries, folder) or _below_submitted(_without_wrapper(entries, folder))
    notebooks = [entry for entry in below if entry.is_notebook and entry.name != ANY]
    from_nbgrader = bool(notebooks) and all(len(entry.parts) >= _NBGRADER_DEPTH for entry in notebooks)
    entries = _of_assignment(below or entries, assignment, strict=from_nbgrader)
    if from_nbgrader:
        return _from_nbgrader(entries)
    entries = _without_wrapper(entries, folder)
    depth, canvas = _export_depth(entries), _is_canvas(entries)
    authors = _gradescope_authors(entries, depth)
    return [_origin(entry, depth, authors, canvas=canvas) for entry in entries]


def _export_depth(entries: list[Entry]) -> int:
    """Return how deep the folders stand that Moodle or Gradescope named.

    Names are believed at one depth only: what is deeper was named by a student, who may name it after another.
    """
    notebooks = [entry.parts for entry in entries if entry.is_notebook and not entry.problem]
    for depth in range(3):
        if notebooks and all(len(parts) > depth and _is_exported(parts[depth]) for parts in notebooks):
            return depth
    return 0


def _is_exported(name: str) -> bool:
    return bool(_GRADESCOPE.fullmatch(name) or _MOODLE.fullmatch(name))


def _is_canvas(entries: list[Entry]) -> bool:
    """Return whether every notebook (every zip, where there is no notebook) is named as Canvas does."""
    read = [entry for entry in entries if not entry.problem]
    named = [e.name for e in read if e.is_notebook] or [e.name for e in read if e.is_zip]
    return bool(named) and all(_CANVAS.fullmatch(name) for name in named)


def _below_submitted(entries: Sequence[Entry], folder: str = "") -> list[Entry]:
    """Return what is in nbgrader's `submitted`; its neighbours (source, autograded...) are not for us."""
    if folder == _SUBMITTED:
        return list(entries)
    return [
        replace(entry, parts=entry.parts[1:])
        for entry in entries
        if entry.parts[0] == _SUBMITTED and len(entry.parts) > 1
    ]


def _of_assignment(entries: Sequence[Entry], assignment: str | None, *, strict: bool) -> list[Entry]:
    """Return the files in folders called as the assignment, where there are such folders."""
    nested = {entry.parts[1] for entry in entries if len(entry.parts) >= _NBGRADER_DEPTH and entry.is_notebook}
    if assignment is not None and assignment in nested:
        return [entry for entry in entries if entry.parts[1:2] in {(assignment,), (ANY,)}]
    if strict and len(nested) > 1:
        shown = ", ".join(printable(name, 40) for name in sorted(nested)[:5])
        raise SubmissionsError(f"submitted/ holds several assignments: {shown}.", "Name one of them with --assignment.")
    return list(entries)


def _without_wrapper(entries: Sequence[Entry], folder: str) -> list[Entry]:
    """Return the files without the one folder that all are in, if it is the class rather than a student."""
    notebooks = [entry.parts for entry in entries if entry.is_notebook]
    wrappers = {parts[0] for parts in notebooks}
    if len(wrappers) != 1 or min(map(len, notebooks)) == 1:
        return list(entries)
    (wrapper,) = wrappers
    below = {parts[1] for parts in notebooks if len(parts) > 2}  # noqa: PLR2004 - wrapper, student, name
    if wrapper != folder and len(below) < 2:  # noqa: PLR2004 - one folder may be a student's own
        return list(entries)
    return [replace(e, parts=e.parts[1:]) for e in entries if e.parts[0] == wrapper and len(e.parts) > 1]


def _from_nbgrader(entries: Sequence[Entry]) -> list[Origin]:
    """Return the origins in STUDENT/ASSIGNMENT/name.ipynb; a `timestamp.txt` beside it says when."""
    moments = {entry.parts[:2]: _timestamp(entry) for entry in entries if entry.parts[2:] == ("timestamp.txt",)}
    return [
        Origin(
            entry,
            entry.parts[0],
            ("nbgrader", entry.parts[0]),
            moments.get(entry.parts[:2]) or entry.modified,
            exported=True,
        )
        for entry in entries
        if len(entry.parts) >= _NBGRADER_DEPTH or entry.name == ANY
    ]


def _timestamp(entry: Entry) -> str | None:
    try:
        return parse_moment(entry.read(_MAX_TIMESTAMP_BYTES).decode("utf-8", "replace"))
    except NotebookError:
        return None


def _gradescope_authors(entries: Sequence[Entry], depth: int) -> dict[str, Author]:
    for entry in entries:
        if entry.parts[depth:] == ("submission_metadata.yml",):
            return read_metadata(entry)
    return {}


def _origin(entry: Entry, depth: int, authors: dict[str, Author], *, canvas: bool) -> Origin:
    """Return the origin of a file by the first convention that its path follows."""
    named = entry.parts[depth] if len(entry.parts) > depth else ""
    if match := _GRADESCOPE.fullmatch(named):
        return _from_gradescope(entry, match, authors.get(named))
    if match := _MOODLE.fullmatch(named):
        return _from_moodle(entry, match)
    if canvas and (match := _CANVAS.fullmatch(entry.name)):
        return _from_canvas(entry, match)
    student = entry.parts[0] if len(entry.parts) > 1 else entry.stem
    return Origin(entry, student, ("name", unicodedata.normalize("NFC", student)), entry.modified)


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
    resubmitted = _RESUBMITTED.fullmatch(match["rest"] or "")
    return Origin(
        entry,
        match["name"] or f"anonymous {user}",
        ("canvas", user),
        None,
        late=match["late"] is not None,
        serial=(int((match["file"] or "0")[:18]), int(resubmitted[1]) if resubmitted else 0),
        exported=True,
    )
