"""The one thing that a student should do next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.feedback.cells import cell_anchor
from grader.feedback.text import shorten
from grader.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.errors import Message
    from grader.feedback.tasks import CheckView, TaskView
    from grader.model import CellResult, Report

SETTLED = {Outcome.PASSED, Outcome.GRADER_ERROR}
ENDS = {
    Outcome.TIMED_OUT: "it did not end in time",
    Outcome.OUT_OF_MEMORY: "it needed more memory than allowed",
    Outcome.KERNEL_DIED: "it ended the kernel",
}
"""Ends of a cell that leave no kernel behind, or none to rely on."""
RAISED = {Outcome.ERROR: "it raised an error", **ENDS, Outcome.NOT_REACHED: "it was not run"}
MAX_SOURCE, MAX_LINE = 20_000, 200


@dataclass(frozen=True)
class NextStep:
    """A check that does not hold yet and, where a cell is the reason, that cell."""

    check: CheckView
    cell: int | None = None
    anchor: str = ""
    why: str = ""


def find_next_step(report: Report, tasks: Sequence[TaskView]) -> NextStep | None:
    """Return the first check that the student can still mend, None when there is none."""
    check = next((check for task in tasks for check in task.checks if check.outcome not in SETTLED), None)
    if check is None:
        return None
    cell = _find_reason(report, check)
    if cell is None:
        return NextStep(check)
    return NextStep(check, cell.index + 1, cell_anchor(cell.index), _say_why(cell))


def _say_why(cell: CellResult) -> str:
    """Return how a cell ended, with the exception's type where there is one."""
    if cell.outcome is Outcome.ERROR and isinstance(cell.error, dict) and cell.error.get("type"):
        return f"it raised {shorten(cell.error['type'], 80)}"
    return RAISED.get(cell.outcome, "") if cell.outcome else ""


def _find_reason(report: Report, check: CheckView) -> CellResult | None:
    """Return the first cell because of which a check had nothing to look at, None when there is none."""
    if check.outcome in {Outcome.NOT_REACHED, Outcome.KERNEL_DIED}:
        return next((cell for cell in report.cells if cell.outcome in ENDS), None)
    if check.outcome is not Outcome.MISSING:
        return None
    broken = (cell for cell in report.cells if cell.outcome in RAISED)
    return next((cell for cell in broken if _would_define(cell.source, _message(report, check))), None)


def _message(report: Report, check: CheckView) -> Message:
    return next((result.message for result in report.results if result.check == check.name), {})


def _would_define(source: str, message: Message) -> bool:
    """Return whether a cell that broke off holds the definition that a check misses; it may not even parse."""
    name = message.get("name")
    if not isinstance(name, str) or not name.isidentifier():
        return False
    definition = re.compile(rf"[ \t]*(?:async +def|def|class) +{name}\b|[^=(#]*\b{name}\b[^=(]*=(?!=)")
    return any(definition.match(line[:MAX_LINE]) for line in source[:MAX_SOURCE].split("\n"))
