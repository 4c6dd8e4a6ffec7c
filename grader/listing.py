"""The files that lie in a submissions folder or zip, before anyone asks whose they are."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.archives import Member, list_members, read_member, reject_member
from grader.errors import SubmissionsError
from grader.names import printable
from grader.notebook import MAX_BYTES, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILES = 100_000

ANY = "*.ipynb"
"""Stands for whatever is in a folder that is not read."""


@dataclass(frozen=True)
class Entry:
    """One file in a folder or zip."""

    parts: tuple[str, ...]
    """Its place below the folder or zip; the last part is its name."""
    path: Path
    """The file itself, or the zip that it is in."""
    member: Member | None = None
    modified: str | None = None
    """ISO 8601."""
    problem: str = ""
    """Why it is not read."""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.parts[-1]

    @property
    def stem(self) -> str:
        """The file's own name without its extension."""
        return Path(self.name).stem

    @property
    def is_notebook(self) -> bool:
        """Whether its name says that it is a notebook."""
        return self.name.lower().endswith(".ipynb")

    @property
    def is_zip(self) -> bool:
        """Whether its name says that it is a zip."""
        return self.name.lower().endswith(".zip")

    def read(self, limit: int = MAX_BYTES) -> bytes:
        """Return the file's bytes.

        Raises:
            NotebookError: it cannot be read or is larger than `limit`.
        """
        shown = "/".join(self.parts)
        if self.problem:
            reject_member(shown, self.problem)
        if self.member is not None:
            return read_member(self.path, self.member, limit)
        return read_file(self.path, shown, limit)


def list_zip(path: Path) -> list[Entry]:
    """Return the files in a zip, hidden ones left out.

    Raises:
        SubmissionsError: the file is no zip, is damaged, or holds too much.
    """
    entries = [_zip_entry(path, member) for member in list_members(path)]
    return [entry for entry in entries if not _is_hidden(entry.parts)]


def _zip_entry(path: Path, member: Member) -> Entry:
    parts = tuple(part for part in member.name.split("/") if part not in {"", ".", ".."})
    return Entry(parts or ("unnamed",), path, member, member.modified, member.problem)


def list_file(path: Path) -> Entry:
    """Return the entry of a single file that was given by itself; a link is followed."""
    return _with_time(Entry((path.name,), path))


def list_folder(folder: Path) -> list[Entry]:
    """Return the files in a folder and below, hidden ones left out. Links to folders are not followed.

    Raises:
        SubmissionsError: the folder cannot be read, or holds too much.
    """
    unreadable: list[OSError] = []
    entries = _linked_folders(folder)
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not _is_hidden((name,)))
        visible = [name for name in sorted(files) if not _is_hidden((name,))]
        entries += (_file_entry(folder, Path(parent, name)) for name in visible)
        if len(entries) > MAX_FILES:
            raise SubmissionsError(
                f"{printable(str(folder))}: holds more than {MAX_FILES:,} files.", "Give the submissions folder."
            )
    return entries + list(_unreadable_entries(folder, unreadable))


def _linked_folders(folder: Path) -> list[Entry]:
    """Return an entry for each folder of a student that is a link, so that the student gets a row."""
    try:
        links = sorted(path for path in folder.iterdir() if path.is_symlink() and path.is_dir())
    except OSError:
        return []
    problem = "is in a folder that is a link, which is not followed"
    return [Entry((link.name, ANY), link, problem=problem) for link in links if not _is_hidden((link.name,))]


def _file_entry(root: Path, path: Path) -> Entry:
    entry = Entry(path.relative_to(root).parts, path)
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(root.resolve()):
            return replace(entry, problem="is a link out of the folder, which is not followed")
    except (OSError, RuntimeError):
        return replace(entry, problem="is a link to nothing")
    return _with_time(entry)


def _with_time(entry: Entry) -> Entry:
    """Return the entry with the time at which the file was last changed, where the disk knows one."""
    try:
        moment = datetime.fromtimestamp(entry.path.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return entry
    return replace(entry, modified=moment.isoformat(timespec="seconds"))


def _unreadable_entries(root: Path, errors: list[OSError]) -> Iterator[Entry]:
    """Yield an entry for each folder that cannot be opened, so that its student gets a row.

    Raises:
        SubmissionsError: it is the root itself.
    """
    for error in errors:
        path = Path(error.filename)
        if path == root:
            raise SubmissionsError(f"{printable(str(root))}: {error.strerror}.", "Check its permissions.")
        yield Entry((*path.relative_to(root).parts, ANY), path, problem=f"cannot be read: {error.strerror}")


def _is_hidden(parts: tuple[str, ...]) -> bool:
    """Return whether nobody handed this in: checkpoints of Jupyter, what macOS adds, hidden files."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)
