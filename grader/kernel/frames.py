"""Mapping what a kernel says of a frame (execution count and line) to a cell of the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.model import Cell

MAX_FRAMES = 20


class CellMap:
    """The cells of one notebook by the execution count that the kernel gave them."""

    def __init__(self) -> None:
        self._cells: dict[int, Cell] = {}

    def add(self, count: object, cell: Cell) -> None:
        """Remember the count of a cell that has just run."""
        if isinstance(count, int):
            self._cells[count] = cell

    def frame(self, count: object, line: object, function: object) -> dict[str, Any]:
        """Return a frame as a report has it: index of the cell or None, line in its source, name of the function.

        All three come from a student's process and may be anything.
        """
        cell = self._cells.get(count) if isinstance(count, int) else None
        number = line if isinstance(line, int) else 0
        return {
            "cell": None if cell is None else cell.index,
            "line": number + (0 if cell is None else _skipped_lines(cell.source)),
            "function": str(function)[:80],
        }


def _skipped_lines(source: str) -> int:
    """Return how many empty lines IPython drops from the start of a cell before it counts."""
    lines = source.split("\n")
    return next((number for number, line in enumerate(lines) if line.strip()), 0)
