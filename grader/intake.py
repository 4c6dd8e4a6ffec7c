"""Finding submissions: from a notebook, a folder or a zip to one `Found` for each file handed in.

A file that cannot be graded is found as well, and says why when it is loaded: a bad file is one row of a batch.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from grader.errors import SubmissionsError
from grader.layouts import Origin, recognise
from grader.listing import Entry, list_file, list_folder, list_zip
from grader.moments import seconds_since_1970
from grader.names import clean_student, file_stem, printable, with_hash
from grader.notebook import parse_notebook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.model import Submission

_LOOKED_FOR = (
    "Looked for student.ipynb, student/name.ipynb, nbgrader's submitted/, and exports of Canvas, Moodle, Gradescope."
)
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Found:
    """One file that a student handed in, not read yet."""

    student: str
    """Name to show."""
    file: str
    """Place inside the folder or zip, to show."""
    key: str
    """Stem for files about this submission: unique among all found, whatever the case of letters."""
    entry: Entry
    """Where it is."""
    submitted: str | None = None
    """ISO 8601, with an offset where one is known."""
    late: bool = False
    counts: bool = True
    """Whether it is its student's latest."""

    @property
    def path(self) -> Path:
        """The file, or the zip that it is in."""
        return self.entry.path

    def load(self) -> Submission:
        """Return the submission.

        Raises:
            NotebookError: the file is no notebook that can be graded.
        """
        submission = parse_notebook(self.entry.read(), self.file, path=self.path)
        return replace(submission, student=self.student, file=self.file, submitted=self.submitted, late=self.late)


def find_submissions(path: Path, assignment: str | None = None) -> list[Found]:
    """Return what was handed in at `path`: a notebook, a folder, or a zip from a learning-management system.

    Of each student the latest counts. `assignment` picks one of an nbgrader tree's assignments.

    Raises:
        SubmissionsError: there is nothing there, or no notebook in it.
    """
    origins = _handed_in(_origins(path, assignment))
    if not origins:
        raise SubmissionsError(f"{printable(str(path))}: holds no notebook.", _LOOKED_FOR)
    if path.is_dir() and [origin.entry.is_zip for origin in origins] == [True]:
        raise SubmissionsError(f"{printable(str(path))}: holds no notebook, but a zip.", "Give the zip itself.")
    origins.sort(key=lambda origin: (origin.identity, _order(origin, assignment)))
    latest = [list(group)[-1] for _, group in groupby(origins, key=lambda origin: origin.identity)]
    found = _with_keys(origins, {id(origin) for origin in latest})
    return sorted(found, key=lambda one: (one.student.casefold(), one.file))


def _origins(path: Path, assignment: str | None) -> list[Origin]:
    try:
        if path.is_dir():
            return recognise(list_folder(path), path.resolve().name, assignment)
        if not path.is_file():
            raise SubmissionsError(f"{printable(str(path))}: there is no such file or folder.", "Check the path.")
        if path.suffix.lower() == ".ipynb":
            return recognise([list_file(path)], "", None)
        if path.suffix.lower() == ".zip" or _starts_as_zip(path):
            return recognise(list_zip(path), path.stem, assignment)
    except (OSError, ValueError) as error:
        raise SubmissionsError(f"{printable(str(path))}: cannot be read.", "Check its permissions.") from error
    raise SubmissionsError(
        f"{printable(str(path))}: is neither a notebook (.ipynb) nor a zip.",
        "Give a notebook, a folder of notebooks, or a zip; unpack other archives first.",
    )


def _starts_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in _ZIP_MAGIC


def _handed_in(origins: Iterable[Origin]) -> list[Origin]:
    """Return the notebooks, and one file with its reason for each student who handed in none."""
    kept = [origin for origin in origins if origin.entry.is_notebook]
    with_notebook = {origin.identity for origin in kept}
    others: dict[tuple[str, str], Origin] = {}
    for origin in origins:
        is_zip = origin.entry.is_zip
        if origin.identity in with_notebook or not (origin.exported or is_zip):
            continue
        if is_zip or origin.identity not in others:
            others[origin.identity] = _as_rejected(origin)
    return kept + list(others.values())


def _as_rejected(origin: Origin) -> Origin:
    what = "is a zip, not a notebook" if origin.entry.is_zip else "is no notebook, and there is none beside it"
    return replace(origin, entry=replace(origin.entry, problem=origin.entry.problem or what))


def _order(origin: Origin, assignment: str | None) -> tuple[float, tuple[int, int], bool, str]:
    """Return what sorts one student's files from the earliest to the one that counts."""
    name = origin.entry.stem
    return (
        seconds_since_1970(origin.submitted),
        origin.serial,
        name == assignment,
        "/".join(origin.entry.parts),
    )


def _with_keys(origins: list[Origin], latest: set[int]) -> list[Found]:
    """Return the origins as they are shown, each with a key of its own.

    A key depends on the student alone where that is enough, so that a second run writes the same files.
    """
    stems = Counter(_stem(origin).casefold() for origin in origins if id(origin) in latest)
    found: list[Found] = []
    taken: set[str] = set()
    for origin in origins:
        key, counts = _stem(origin), id(origin) in latest
        if not counts or stems[key.casefold()] > 1:
            key = with_hash(key, "\0".join((*origin.identity, *(() if counts else origin.entry.parts))))
        while key.casefold() in taken:
            key += "-again"
        taken.add(key.casefold())
        found.append(_found(origin, key, counts=counts))
    return found


def _stem(origin: Origin) -> str:
    return file_stem(clean_student(origin.student))


def _found(origin: Origin, key: str, *, counts: bool) -> Found:
    return Found(
        student=clean_student(origin.student),
        file=printable("/".join(origin.entry.parts)),
        key=key,
        entry=origin.entry,
        submitted=origin.submitted,
        late=origin.late,
        counts=counts,
    )
