"""Known mistakes of an assignment: `solutions/NAME/mistakes/*.py`, each a text that replaces a task's cell.

The module's docstring says what the student misunderstood: a title, paragraphs, then lines `key: value`.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.model import Assignment

KEYS = ("task", "fails", "zh")

_KEY_LINE = re.compile(r"([A-Za-z_]+):(?:\s+(.*))?")


@dataclass(frozen=True)
class Mistake:
    """A known wrong solution of one task."""

    name: str
    """The file's name without `.py`."""
    task: str
    fails: tuple[str, ...]
    """The checks that fail because of it: these and no others."""
    title: str
    explanation: str
    """Paragraphs, an empty line between two."""
    zh: str
    """Title and explanation in Chinese, or nothing."""
    source: str
    """The text that replaces the task's cell."""


def read_mistakes(assignment: Assignment) -> tuple[Mistake, ...]:
    """Return the known mistakes of an assignment, in the order of their names.

    Raises:
        CourseError: some are not as they must be; lists every problem with file and key.
    """
    folder = assignment.solution / "mistakes"
    tasks = tuple(task.name for task in assignment.tasks)
    mistakes, problems = [], []
    for path in sorted(folder.glob("*.py")):
        shown = f"solutions/{assignment.name}/mistakes/{path.name}"
        mistake, found = _read_mistake(path, tasks)
        problems += [f"{shown}: {problem}" for problem in found]
        mistakes.append(mistake)
    if problems:
        raise CourseError(problems, "docs/authoring.md shows the docstring of a mistake.")
    return tuple(mistakes)


def _read_mistake(path: Path, tasks: tuple[str, ...]) -> tuple[Mistake, list[str]]:
    """Return a mistake and what is wrong with it; with problems, the mistake is a stand-in."""
    problems: list[str] = []
    source = _read_source(path, problems)
    title, explanation, values = _read_docstring(source, problems)
    if not problems:
        problems += _check(title, explanation, values, tasks)
    mistake = Mistake(
        name=path.stem,
        task=values.get("task", ""),
        fails=_split(values.get("fails", "")),
        title=title,
        explanation=explanation,
        zh=values.get("zh", ""),
        source=source,
    )
    return mistake, problems


def _read_source(path: Path, problems: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problems.append(f"cannot be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        problems.append(f"is not UTF-8 text (byte {error.start}).")
    return ""


def _read_docstring(source: str, problems: list[str]) -> tuple[str, str, dict[str, str]]:
    """Return the title, the explanation and the `key: value` lines of the docstring of `source`."""
    text = None if problems else _docstring(source, problems)
    if text is None:
        return "", "", {}
    lines = inspect.cleandoc(text).splitlines()
    end = next((n for n, line in enumerate(lines) if _is_known_key(line)), len(lines))
    return (
        lines[0].strip() if end else "",
        "\n".join(lines[1:end]).strip(),
        _read_values(lines[end:], problems),
    )


def _docstring(source: str, problems: list[str]) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = ast.get_docstring(ast.parse(source), clean=False)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        problems.append(f"is not Python{f' (line {line})' if line else ''}: {getattr(error, 'msg', error)}.")
        return None
    if not (text or "").strip():
        problems.append("has no docstring; begin with what the student misunderstood.")
        return None
    return text


def _is_known_key(line: str) -> bool:
    match = _KEY_LINE.fullmatch(line)
    return match is not None and match[1] in KEYS


def _read_values(lines: list[str], problems: list[str]) -> dict[str, str]:
    """Return the values by key; a line without a key goes on with the value of the line above."""
    values: dict[str, str] = {}
    key = ""
    for line in lines:
        match = _KEY_LINE.fullmatch(line)
        if match is None:
            values[key] = _join(values[key], line.strip())
            continue
        key = match[1]
        if key in values:
            problems.append(f"{key}: is given twice.")
        values[key] = (match[2] or "").strip()
    problems += [f"{key}: unknown key;{_nearest(key)}." for key in values if key not in KEYS]
    return values


def _join(text: str, more: str) -> str:
    """Join two lines; between Chinese characters stands no space."""
    is_spaced = text[-1:].isascii() and more[:1].isascii()
    return f"{text} {more}".strip() if is_spaced else text + more


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(key.lower(), KEYS, n=1)
    return f" did you mean `{near[0]}`?" if near else f" known here: {', '.join(KEYS)}"


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _check(title: str, explanation: str, values: dict[str, str], tasks: tuple[str, ...]) -> Iterator[str]:
    if not title:
        yield "has no title; the docstring's first line says what was misunderstood."
    if not explanation:
        yield "has no explanation; write a paragraph below the title."
    task = values.get("task", "")
    if not task:
        yield "task: is missing; name the task whose cell this text replaces."
    elif task not in tasks:
        yield f"task: there is no task {task!r}; there are: {', '.join(tasks)}."
    fails = _split(values.get("fails", ""))
    if not fails:
        yield "fails: is missing; name the checks that fail because of it."
    for name in sorted({name for name in fails if not name.isidentifier()}):
        yield f"fails: {name!r} is no name of a check; separate names by commas."
    for name in sorted({name for name in fails if fails.count(name) > 1}):
        yield f"fails: `{name}` is named twice."
