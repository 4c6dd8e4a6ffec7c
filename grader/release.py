"""The handout that students get, made from the solution notebook.

What students write stands in the solution between two comment lines, `### BEGIN SOLUTION` and `### END SOLUTION`. The
handout has a place to write in their stead; outputs are gone, everything else is copied.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.errors import CourseError
from grader.files import write_atomically
from grader.notebook import read_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.model import Assignment

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
INDENTED_PLACE = "raise NotImplementedError  # write this"
PLACE = "# Write your code here"

Notebook = dict[str, Any]
"""A notebook of format 4.5 as plain JSON values; the source of each cell is one text."""

_MARKER = re.compile(r"\s*#+\s*(BEGIN|END)\s+SOLUTIONS?[\s:.#]*", re.IGNORECASE)
_MINOR = 5
_MEND = "Mend the solution notebook; docs/authoring.md says what it consists of."


def read_solution(assignment: Assignment) -> Notebook:
    """Return the solution notebook, without outputs and execution counts.

    Raises:
        CourseError: it is no notebook of format 4.5 in which each task has its cell; lists every problem.
        NotebookError: it is no notebook at all.
    """
    path = assignment.solution / "solution.ipynb"
    read_notebook(path)
    notebook: Notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
    minor = notebook.get("nbformat_minor")
    if not isinstance(minor, int) or minor < _MINOR:
        raise CourseError([f"{_shown(assignment)}: is of format 4.{minor}, not 4.{_MINOR}; cells need ids."], _MEND)
    cells = [_clear(cell) for cell in notebook["cells"]]
    problems = list(_id_problems(cells, assignment))
    if problems:
        raise CourseError([f"{_shown(assignment)}: {problem}" for problem in problems], _MEND)
    metadata = _table(notebook, "metadata")
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": _MINOR}


def _shown(assignment: Assignment) -> str:
    return f"solutions/{assignment.name}/solution.ipynb"


def _table(values: dict[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _clear(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell with its source as one text and nothing of a run."""
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    metadata = {key: value for key, value in _table(cell, "metadata").items() if key != "execution"}
    cleared = {**cell, "metadata": metadata, "source": source.replace("\r\n", "\n").replace("\r", "\n")}
    return {**cleared, "execution_count": None, "outputs": []} if cell["cell_type"] == "code" else cleared


def _id_problems(cells: Sequence[dict[str, Any]], assignment: Assignment) -> Iterator[str]:
    ids = [cell.get("id") for cell in cells]
    for number, name in enumerate(ids, start=1):
        if not isinstance(name, str) or not name:
            yield f"cell {number} has no id."
        elif name in ids[: number - 1]:
            yield f"cell {number} has the id `{name}` of an earlier cell."
    code = {cell.get("id"): cell["source"] for cell in cells if cell["cell_type"] == "code"}
    for task in assignment.tasks:
        if task.name not in code:
            yield f"task `{task.name}` has no code cell; give the one that solves it the id `{task.name}`."
        elif not any(line.strip() == BEGIN for line in code[task.name].splitlines()):
            yield f"cell `{task.name}` has no solution region; put {BEGIN} and {END} around what students write."


def build_handout(assignment: Assignment) -> Notebook:
    """Return the solution notebook with a place to write instead of each solution region.

    Raises:
        CourseError: its markers do not stand in pairs; lists every problem with cell and line.
        NotebookError: it is no notebook.
    """
    notebook = read_solution(assignment)
    problems: list[str] = []
    cells = []
    for cell in notebook["cells"]:
        source, found = _remove_regions(cell)
        problems += [f"{_shown(assignment)}: cell `{cell['id']}`, {problem}" for problem in found]
        cells.append({**cell, "source": source})
    if problems:
        raise CourseError(problems, _MEND)
    return {**notebook, "cells": cells}


def _remove_regions(cell: dict[str, Any]) -> tuple[str, list[str]]:
    """Return a cell's source for students, and what is wrong with its markers."""
    lines = _Lines([], [])
    for number, line in enumerate(cell["source"].split("\n"), start=1):
        marker = _MARKER.fullmatch(line)
        if marker and cell["cell_type"] != "code":
            lines.problems.append(f"line {number}: solution regions stand in code cells only.")
        elif marker and line.strip() not in (BEGIN, END):
            lines.problems.append(f"line {number}: write the marker exactly as `{BEGIN}` or `{END}`.")
        elif marker:
            lines.mark(line, number)
        elif not lines.begun:
            lines.kept.append(line)
    if lines.begun:
        lines.problems.append(f"line {lines.begun}: this region has no `{END}`.")
    source = "\n".join(lines.kept)
    if not lines.problems and _parses(cell["source"]) and not _parses(source):
        lines.problems.append("line 1: without its solution regions the cell is no valid Python.")
    return source, lines.problems


@dataclass
class _Lines:
    """What is kept of a cell while its lines are read."""

    kept: list[str]
    problems: list[str]
    begun: int = 0
    """Number of the line at which the present region begins, 0 outside of regions."""

    def mark(self, line: str, number: int) -> None:
        """Read a line that is one of the two markers."""
        is_begin = line.strip() == BEGIN
        if is_begin and self.begun:
            self.problems.append(f"line {number}: a region begins inside the one of line {self.begun}.")
        elif is_begin:
            indent = line[: len(line) - len(line.lstrip())]
            self.kept.append(indent + INDENTED_PLACE if indent else PLACE)
            self.begun = number
        elif not self.begun:
            self.problems.append(f"line {number}: there is no `{BEGIN}` above this `{END}`.")
        else:
            self.begun = 0


def _parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def notebook_bytes(notebook: Notebook) -> bytes:
    """Return the bytes of a notebook's file: the same for the same notebook, and made for reading differences."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8", "replace")


def handout_path(assignment: Assignment) -> Path:
    """Return where the handout of an assignment is, or will be."""
    return assignment.folder / "handout.ipynb"


def release(assignment: Assignment) -> Path:
    """Write the handout and return its path.

    Raises:
        CourseError: the solution notebook is not as it must be.
        NotebookError: it is no notebook.
        OutputError: the handout cannot be written.
    """
    path = handout_path(assignment)
    write_atomically(path, notebook_bytes(build_handout(assignment)))
    return path


def is_current(assignment: Assignment) -> bool:
    """Return whether the handout is the one that `release` would write.

    Raises:
        CourseError: the solution notebook is not as it must be.
        NotebookError: it is no notebook.
    """
    expected = notebook_bytes(build_handout(assignment))
    try:
        return handout_path(assignment).read_bytes() == expected
    except OSError:
        return False


def solution_lines(assignment: Assignment) -> list[str]:
    """Return the lines that stand in the solution notebook but not in the handout."""
    told = {line for cell in build_handout(assignment)["cells"] for line in cell["source"].splitlines()}
    written = (line for cell in read_solution(assignment)["cells"] for line in cell["source"].splitlines())
    return [line for line in written if line not in told]
