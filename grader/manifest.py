"""Reading `assignment.toml`: each problem is noted with its file and key, none hides the next."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from grader.model import Limits, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

NAME = "assignment.toml"
DEVICES = ("cpu", "any")

_KEYS = ("title", "device", "limits", "files", "tasks")
_TASK_KEYS = ("name", "title", "points")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What nbformat 4.5 allows as a cell's id, which a task's name is in the solution notebook."""
_MAX_FILE_NAME_BYTES = 255


@dataclass(frozen=True)
class Manifest:
    """What `assignment.toml` says."""

    title: str
    device: str
    limits: Limits
    files: dict[str, Path]
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Problems:
    """What is wrong with one file; `found` may be shared with other files of the same course."""

    file: str
    found: list[str]

    def add(self, key: str, what: str) -> None:
        """Note that the value at `key` (empty: the whole file) is not as it must be."""
        self.found.append(f"{self.file}: {key}: {what}" if key else f"{self.file}: {what}")


@dataclass(frozen=True)
class _Table:
    """One table of the file, with the way to it for messages."""

    values: dict[str, Any]
    where: str
    problems: Problems

    def say(self, key: str, what: str) -> None:
        self.problems.add(self.where + key, what)

    def check_keys(self, known: Iterable[str]) -> None:
        """Note keys that mean nothing: most often a misspelling of one that would."""
        names = tuple(known)
        for key in self.values:
            if key not in names:
                self.say(key, f"unknown key;{_nearest_key(key, names)}.")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if value is None:
            self.say(key, 'is missing; write a text in quotes, for example "Fit a line".')
        elif not isinstance(value, str) or not value.strip():
            self.say(key, f"must be a text that is not empty, not {value!r}.")
        else:
            return value
        return ""

    def positive(self, key: str, kind: type[int | float]) -> float:
        value = self.values.get(key)
        allowed = (int, float) if kind is float else (int,)
        if value is None:
            self.say(key, "is missing; write a number above 0.")
        elif isinstance(value, bool) or not isinstance(value, allowed):
            self.say(key, f"must be {'a number' if kind is float else 'a whole number'}, not {value!r}.")
        elif not math.isfinite(value) or value <= 0:
            self.say(key, f"must be above 0 and finite, not {value!r}.")
        else:
            return kind(value)
        return kind(1)

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.say(key, f"must be a table, [{key}], not {value!r}.")
            value = {}
        return _Table(value, f"{self.where}{key}.", self.problems)

    def tables(self, key: str) -> list[_Table]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
            self.say(key, f"is missing; add at least one [[{key}]] with {', '.join(_TASK_KEYS)}.")
            return []
        return [_Table(row, f"{key}[{n}].", self.problems) for n, row in enumerate(value, start=1)]


def _nearest_key(key: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(key.lower(), names, n=1, cutoff=0.5)
    return f" did you mean `{near[0]}`?" if near else f" known here: {', '.join(names)}"


def read_manifest(path: Path, sources: Path, problems: Problems) -> Manifest:
    """Return what the file `path` says, with stand-ins where `problems` were noted.

    `sources` is the folder below which the data files of `[files]` lie.
    """
    values = _read_toml(path, problems)
    if values is None:
        return Manifest("", "cpu", Limits(), {}, ())
    table = _Table(values, "", problems)
    table.check_keys(_KEYS)
    return Manifest(
        title=table.text("title"),
        device=_read_device(table),
        limits=_read_limits(table.table("limits")),
        files=_read_files(table.table("files"), sources),
        tasks=_read_tasks(table.tables("tasks")),
    )


def _read_toml(path: Path, problems: Problems) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.add("", f"cannot be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        problems.add("", f"is not UTF-8 text (byte {error.start}).")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.add("", f"is not TOML: {error}.")
    return None


def _read_device(table: _Table) -> str:
    device = table.text("device", "cpu")
    if device and device not in DEVICES:
        table.say("device", f'must be "cpu" or "any", not {device!r}.')
    return device


def _read_limits(table: _Table) -> Limits:
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Limits)}
    table.check_keys(kinds)
    given = {key: table.positive(key, kind) for key, kind in kinds.items() if key in table.values}
    return Limits(**given)  # type: ignore[arg-type]  # each value has the type of its field's default


def _read_tasks(tables: list[_Table]) -> tuple[Task, ...]:
    tasks: dict[str, Task] = {}
    for table in tables:
        table.check_keys(_TASK_KEYS)
        task = Task(table.text("name"), table.text("title"), table.positive("points", float))
        if task.name and not _CELL_ID.fullmatch(task.name):
            table.say("name", f"must be 1 to 64 of the characters A-Z a-z 0-9 _ -, not {task.name!r}.")
        if task.name in tasks:
            table.say("name", f"there is another task `{task.name}`; give each its own name.")
        tasks[task.name] = task
    return tuple(tasks.values())


def _read_files(table: _Table, sources: Path) -> dict[str, Path]:
    files = {}
    for name, source in table.values.items():
        wrong = _name_problem(name, table.values) or _source_problem(source, sources)
        if wrong:
            table.say(f'"{name}"', wrong)
        else:
            files[name] = sources / source
    return files


def _name_problem(name: str, names: Iterable[str]) -> str:
    """Return what is wrong with the name of a file in the student's folder, or nothing."""
    path = PurePosixPath(name)
    if not _is_inside(name):
        return "is no plain relative path; write for example datasets/train.csv."
    if any(len(part.encode()) > _MAX_FILE_NAME_BYTES for part in path.parts):
        return f"has a part longer than {_MAX_FILE_NAME_BYTES} bytes."
    above = next((other for other in names if PurePosixPath(other) in path.parents and other != "."), None)
    return f"lies below `{above}`, which is a file here." if above else ""


def _source_problem(source: object, sources: Path) -> str:
    if not isinstance(source, str):
        return f"must be the path of a file below {sources.name}/, as text, not {source!r}."
    if not _is_inside(source) or not (sources / source).resolve().is_relative_to(sources.resolve()):
        return f"its source {source!r} must be a plain relative path below {sources.name}/."
    if not (sources / source).is_file():
        return f"its source {sources.name}/{source} is no file."
    return ""


def _is_inside(name: str) -> bool:
    """Return whether a path is relative, free of `..`, and written in the one way it can be."""
    path = PurePosixPath(name)
    tame: Callable[[str], bool] = str.isprintable
    return (
        name not in ("", ".")
        and tame(name)
        and "\\" not in name
        and not path.is_absolute()
        and ".." not in path.parts
        and str(path) == name
    )
