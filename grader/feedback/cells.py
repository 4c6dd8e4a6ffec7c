"""The student's notebook as views: cells with their code, error and outputs, and the places that errors point to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grader.feedback.markup import highlight_lines, render_markdown
from grader.feedback.outcomes import Badge, badge_cell
from grader.feedback.outputs import OutputView, view_outputs
from grader.feedback.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markupsafe import Markup

    from grader.model import CellResult, Report

SHOWN_OUTPUTS = 12
"""Outputs of one cell that are shown at once; the others are folded away."""
MAX_SOURCE = 400_000
"""Characters of source of a whole notebook that are on the page; what follows is left out and said so."""
WIDE_LINE = 60
"""A line of more characters scrolls on many screens, so its box must be reachable with the keyboard."""


@dataclass(frozen=True)
class Place:
    """A line of a cell that an error passed through."""

    anchor: str
    """Identifier of the line on the page, empty when there is no such line."""
    words: str
    function: str = ""


@dataclass(frozen=True)
class ErrorView:
    """An exception of the student's code: type, text and the way to it, innermost place last."""

    kind: str
    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Line:
    """One line of source; a marked one is where an error was raised or passed through."""

    html: Markup
    anchor: str = ""


@dataclass(frozen=True)
class CellView:
    """One cell as the page shows it."""

    anchor: str
    number: int
    kind: str
    badge: Badge
    seconds: float
    lines: tuple[Line, ...] = ()
    wide: bool = False
    html: Markup | None = None
    error: ErrorView | None = None
    shown: tuple[OutputView, ...] = ()
    folded: tuple[OutputView, ...] = ()
    cut: bool = False
    """Whether the report lacks outputs of the cell."""
    shortened: bool = False
    """Whether the page lacks source of the cell."""


@dataclass
class Notebook:
    """The cells of a report, and the lines that its errors point to."""

    cells: Mapping[int, CellResult]
    """By index; with as much of their source as the page shows."""
    shortened: set[int]
    marked: set[str] = field(default_factory=set)

    def view_error(self, kind: object, text: object, frames: object) -> ErrorView:
        """Return the view of an exception; its lines are marked in the notebook."""
        rows = frames if isinstance(frames, (list, tuple)) else ()
        places = dict.fromkeys(self._find_place(row) for row in rows if isinstance(row, dict))
        self.marked.update(place.anchor for place in places if place.anchor)
        return ErrorView(shorten(kind, 200), shorten(text, 4000), tuple(places))

    def _find_place(self, frame: dict[str, Any]) -> Place:
        index, line = frame.get("cell"), frame.get("line")
        function = shorten(frame.get("function") or "", 80)
        function = "" if function.startswith("<") else function
        if not isinstance(index, int) or not isinstance(line, int) or index not in self.cells:
            return Place("", "Outside the notebook", function)
        exists = 1 <= line <= self.cells[index].source.count("\n") + 1
        return Place(
            line_anchor(index, line) if exists else cell_anchor(index),
            f"Cell {index + 1}, line {line}" if exists else f"Cell {index + 1}",
            function,
        )


def cell_anchor(index: int) -> str:
    """Return the identifier of a cell on the page."""
    return f"cell-{index + 1}"


def line_anchor(index: int, line: int) -> str:
    """Return the identifier of a line of a cell on the page."""
    return f"{cell_anchor(index)}-line-{line}"


def open_notebook(report: Report) -> Notebook:
    """Return the notebook of a report, before any error is looked at."""
    cells, room = {}, MAX_SOURCE
    for cell in report.cells:
        cells[cell.index] = replace(cell, source=cell.source[:room])
        room = max(0, room - len(cell.source))
    shortened = {cell.index for cell in report.cells if len(cells[cell.index].source) < len(cell.source)}
    return Notebook(cells, shortened)


def view_cells(notebook: Notebook) -> list[CellView]:
    """Return the views of all cells; the errors of checks must have been looked at before, so that lines are marked."""
    errors = {index: _view_error(notebook, cell) for index, cell in notebook.cells.items()}
    return [_view_cell(notebook, cell, errors[index]) for index, cell in notebook.cells.items()]


def _view_error(notebook: Notebook, cell: CellResult) -> ErrorView | None:
    if not isinstance(cell.error, dict):
        return None
    error = cell.error
    return notebook.view_error(error.get("type", ""), error.get("message", ""), error.get("frames"))


def _view_cell(notebook: Notebook, cell: CellResult, error: ErrorView | None) -> CellView:
    outputs = view_outputs(cell.outputs)
    is_text = cell.kind == "markdown"
    return CellView(
        anchor=cell_anchor(cell.index),
        number=cell.index + 1,
        kind=cell.kind,
        badge=badge_cell(cell.outcome, cell.kind),
        seconds=cell.seconds,
        lines=() if is_text else tuple(_view_lines(cell, notebook.marked)),
        wide=any(len(line) > WIDE_LINE for line in cell.source.split("\n")),
        html=render_markdown(cell.source) if is_text else None,
        error=error,
        shown=tuple(outputs[:SHOWN_OUTPUTS]),
        folded=tuple(outputs[SHOWN_OUTPUTS:]),
        cut=cell.cut,
        shortened=cell.index in notebook.shortened,
    )


def _view_lines(cell: CellResult, marked: set[str]) -> Iterable[Line]:
    if not cell.source.strip():
        return
    for number, html in enumerate(highlight_lines(cell.source, styled=cell.kind == "code"), start=1):
        anchor = line_anchor(cell.index, number)
        yield Line(html, anchor if anchor in marked else "")
