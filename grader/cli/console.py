"""What commands print: texts from students made harmless, colours only where they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from grader.messages import sentence
from grader.model import Outcome
from grader.names import printable
from grader.rows import Row, State

if TYPE_CHECKING:
    from grader.batch import Summary
    from grader.model import CellResult, CheckResult, Report

MAX_LINE = 400
_COLOURS = {Outcome.PASSED: "green", Outcome.PARTIAL: "yellow", Outcome.GRADER_ERROR: "magenta"}
_FAILED = "red"


def open_console(*, stderr: bool = False) -> Console:
    """Return a console that wraps no line, so that a pipe gets what a terminal shows; it minds NO_COLOR."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def points(number: float) -> str:
    """Return points without needless zeros."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def print_report(report: Report, console: Console) -> None:
    """Print the score, a line for each check, and a line for each cell that raised."""
    file = printable(str(report.submission.get("file", "")))
    console.print(Text(f"{report.title} · {file}", "bold"))
    for task in report.tasks:
        console.print(Text(f"\n{task.title}"))
        for result in report.results:
            if result.task == task.name:
                console.print(_check_line(result))
    errors = [cell for cell in report.cells if cell.error]
    if errors:
        console.print()
    for cell in errors:
        console.print(_cell_line(cell))
    console.print(Text(f"\n{score_line(report)}", "bold"))


def score_line(report: Report) -> str:
    """Return the score in a sentence."""
    if report.score is None:
        return "No score: the grader failed here, so a person has to look."
    return f"{points(report.score.earned)} of {points(report.score.possible)} points"


def row_line(row: Row) -> str:
    """Return what became of a submission."""
    if row.earned is not None and row.possible is not None:
        return f"{points(row.earned)} of {points(row.possible)}"
    return f"{row.state.value}: {printable(row.reason, MAX_LINE)}" if row.reason else row.state.value


def summary_line(summary: Summary) -> str:
    """Return a class in numbers."""
    states = summary.states
    failed = states[State.GRADED] - summary.passed
    parts = [
        f"{summary.total} submission{'' if summary.total == 1 else 's'}",
        f"{summary.passed} passed",
        f"{failed} failed",
        *(f"{states[state]} {words[states[state] > 1]}" for state, words in _UNGRADED.items() if states[state]),
    ]
    return ", ".join(parts) + "."


_UNGRADED = {
    State.NEEDS_PERSON: ("needs a person", "need a person"),
    State.UNREADABLE: ("unreadable", "unreadable"),
    State.PENDING: ("not graded yet", "not graded yet"),
}
"""How one and how many submissions are counted."""


def _check_line(result: CheckResult) -> Text:
    outcome = result.outcome.value.replace("_", " ")
    line = Text(f"  {outcome:<13}", _COLOURS.get(result.outcome, _FAILED))
    line.append(f"{points(result.earned)}/{points(result.possible)}  ".rjust(8), "default")
    line.append(result.check, "default")
    said = printable(sentence(result.message), MAX_LINE)
    return line.append(f": {said}", "default") if said else line


def _cell_line(cell: CellResult) -> Text:
    error = cell.error or {}
    what = printable(f"{error.get('type', '')}: {error.get('message', '')}", MAX_LINE)
    return Text(f"  cell {cell.index + 1}: {what}")
