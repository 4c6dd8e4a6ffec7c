"""Tasks and checks of a report as views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.feedback.outcomes import Badge, badge_check
from grader.feedback.text import shorten
from grader.messages import sentence
from grader.model import Outcome

if TYPE_CHECKING:
    from grader.errors import Message
    from grader.feedback.cells import ErrorView, Notebook
    from grader.model import CheckResult, Report

LONGEST_MESSAGE = 1_200


@dataclass(frozen=True)
class CheckView:
    """One check as the page shows it."""

    anchor: str
    name: str
    sentence: str
    badge: Badge
    outcome: Outcome
    earned: float
    possible: float
    message: str
    mistake: str
    error: ErrorView | None


@dataclass(frozen=True)
class TaskView:
    """One task with its checks; `earned` is None when one of them needs a person."""

    number: int
    title: str
    earned: float | None
    possible: float
    checks: tuple[CheckView, ...]


def view_tasks(report: Report, notebook: Notebook) -> list[TaskView]:
    """Return the tasks in their order, each with its checks; checks of no task come last, under one of their own."""
    views = [(_view_check(number, result, notebook), result.task) for number, result in enumerate(report.results, 1)]
    names = {task.name for task in report.tasks}
    tasks = [
        _view_task(number, task.title, [view for view, name in views if name == task.name])
        for number, task in enumerate(report.tasks, start=1)
    ]
    others = [view for view, name in views if name not in names]
    return tasks + ([_view_task(len(tasks) + 1, "Other checks", others)] if others else [])


def _view_task(number: int, title: str, checks: list[CheckView]) -> TaskView:
    unsettled = any(check.outcome is Outcome.GRADER_ERROR for check in checks)
    return TaskView(
        number=number,
        title=title,
        earned=None if unsettled else sum(check.earned for check in checks),
        possible=sum(check.possible for check in checks),
        checks=tuple(checks),
    )


def _view_check(number: int, result: CheckResult, notebook: Notebook) -> CheckView:
    return CheckView(
        anchor=f"check-{number}",
        name=result.check,
        sentence=result.sentence or result.check.replace("_", " "),
        badge=badge_check(result.outcome),
        outcome=result.outcome,
        earned=result.earned,
        possible=result.possible,
        message=_say(result.message),
        mistake=(result.mistake or "").replace("_", " "),
        error=_view_error(result.message, notebook),
    )


def _say(message: Message) -> str:
    """Return a message in words, its key when it lacks what its sentence needs."""
    try:
        return shorten(sentence(message), LONGEST_MESSAGE)
    except (KeyError, TypeError, ValueError):
        return shorten(message.get("key", ""), LONGEST_MESSAGE)


def _view_error(message: Message, notebook: Notebook) -> ErrorView | None:
    if "frames" not in message:
        return None
    return notebook.view_error(message.get("type", ""), message.get("text", ""), message.get("frames"))
