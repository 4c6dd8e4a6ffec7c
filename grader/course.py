"""A course: a folder with `assignments/` and `solutions/`. Assignments are found, read and validated here.

Each assignment is read when it is asked for, so that an invalid one never stops the grading of another.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grader import manifest
from grader.errors import CourseError, UserError
from grader.files import bundled
from grader.manifest import Problems, read_manifest
from grader.model import Assignment
from grader.secret import find_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MEND = "Mend it and try again; docs/authoring.md says what an assignment consists of."


def open_course(path: Path | None = None) -> Course:
    """Return the course in the folder `path`; default: the working one if it is a course, else the bundled.

    Raises:
        CourseError: the folder holds no `assignments/`.
    """
    if path is None:
        here = Path.cwd()
        path = here if (here / "assignments").is_dir() else bundled("assignments").parent
    folder = path.resolve()
    if not (folder / "assignments").is_dir():
        raise CourseError(
            [f"{path}: is no course: it has no folder `assignments`."],
            "Give a folder that holds assignments/ and solutions/.",
        )
    return Course(folder)


@dataclass(frozen=True)
class Course:
    """An opened course; `folder` is absolute."""

    folder: Path

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        """All assignments by name, in alphabetical order; each is read and validated when it is looked up.

        Looking up an invalid one raises CourseError; iterating reads none.
        """
        return _Assignments(self.folder)

    def assignment(self, name: str) -> Assignment:
        """Return the assignment called `name`.

        Raises:
            UserError: there is none; the message names the nearest.
            CourseError: it is invalid; the message lists all its problems.
        """
        if name not in self.assignments:
            raise UserError(f"{self.folder}: there is no assignment {name!r}.", _suggest(name, list(self.assignments)))
        return self.assignments[name]

    def check_all(self) -> tuple[Assignment, ...]:
        """Return all assignments, or raise one CourseError with the problems of all."""
        valid: list[Assignment] = []
        problems: list[str] = []
        for name in self.assignments:
            try:
                valid.append(self.assignments[name])
            except CourseError as error:
                problems += error.problems
        if problems:
            raise CourseError(problems, _MEND)
        return tuple(valid)

    def secret(self) -> bytes:
        """Return what seeds are derived from; the first call of a course draws it."""
        return find_secret(self.folder)


def _suggest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"There are: {', '.join(names)}." if names else "Add assignments/NAME/assignment.toml."


class _Assignments(Mapping[str, Assignment]):
    """The assignments of a course, read one by one as they are looked up."""

    def __init__(self, course: Path) -> None:
        self._course = course
        self._names = _find_names(course / "assignments")
        self._read: dict[str, Assignment] = {}

    def __getitem__(self, name: str) -> Assignment:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = _read_assignment(self._course, name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _find_names(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.name for path in folder.iterdir() if (path / manifest.NAME).is_file()))
    except OSError as error:
        raise CourseError([f"{folder}: cannot be read: {error.strerror}."], "Check its permissions.") from error


def _read_assignment(course: Path, name: str) -> Assignment:
    folder, solution = course / "assignments" / name, course / "solutions" / name
    found: list[str] = []
    said = read_manifest(folder / manifest.NAME, folder.parent, Problems(f"assignments/{name}/{manifest.NAME}", found))
    if not _NAME.fullmatch(name):
        found.append(f"assignments/{name}: the folder's name must consist of the characters A-Z a-z 0-9 _ -.")
    found += [
        f"solutions/{name}/{file}: is missing."
        for file in ("solution.ipynb", "checks.py")
        if not (solution / file).is_file()
    ]
    if found:
        raise CourseError(found, _MEND)
    return Assignment(
        name=name,
        title=said.title,
        tasks=said.tasks,
        limits=said.limits,
        device=said.device,
        files=said.files,
        folder=folder,
        solution=solution,
        digest=_digest(folder, solution, said.files),
    )


def _digest(folder: Path, solution: Path, files: Mapping[str, Path]) -> str:
    """Return the SHA-256 over each part's length of name, name and SHA-256, in the order of the names."""
    parts = {
        "assignment.toml": folder / manifest.NAME,
        "checks.py": solution / "checks.py",
        "solution.ipynb": solution / "solution.ipynb",
        **_hidden_data(solution),
        **{f"files/{name}": source for name, source in files.items()},
    }
    whole = hashlib.sha256()
    for name, path in sorted(parts.items()):
        label = os.fsencode(name)
        whole.update(len(label).to_bytes(8, "big") + label + _file_digest(path))
    return whole.hexdigest()


def _file_digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise CourseError([f"{path}: cannot be read: {error.strerror}."], "Check its permissions.") from error


def _hidden_data(solution: Path) -> dict[str, Path]:
    """Return every file that the checks' `data` can reach: the assignment's own and what all share."""
    own = {f"data/{name}": path for name, path in _walk(solution / "data")}
    assignments = solution.parent.parent / "assignments"
    shared = {
        f"shared/{folder.name}/{name}": path
        for folder in solution.parent.iterdir()
        if folder.is_dir() and not (assignments / folder.name / manifest.NAME).is_file()
        for name, path in _walk(folder)
    }
    return own | shared


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files below `folder` with their relative names; bytecode and hidden files are no data."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and path.is_file():
                yield path.relative_to(folder).as_posix(), path
