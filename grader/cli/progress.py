"""A batch's progress: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn
from rich.table import Column
from rich.text import Text

from grader.batch import Watch
from grader.cli.console import MAX_LINE, open_console, row_line
from grader.names import printable
from grader.rows import Row, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Task

    from grader.intake import Found

SHOWN_NAMES = 3
MINUTE, HOUR = 60, 3600


class Lines(Watch):
    """A line for each submission that is graded, for logs and pipes."""

    def __init__(self) -> None:
        self.total = 0
        self.count = 0

    def begin(self, total: int) -> None:
        """Remember how many there are."""
        self.total = total

    def done(self, row: Row, *, again: bool) -> None:
        """Print what became of a submission, unless an earlier run has said so."""
        self.count += 1
        if not again:
            click.echo(f"{self.count}/{self.total} {printable(row.file)}: {row_line(row)}")

    def note(self, text: str) -> None:
        """Print it at once."""
        click.echo(printable(text, MAX_LINE), err=True)


class Bar(Watch):
    """A bar, what is being graded, how many passed, failed or need a person, and the time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, counts="", left="")
        self._busy: dict[str, str] = {}
        self._states = {"passed": 0, "failed": 0, "need a person": 0, "unreadable": 0}
        self._clock = Clock()

    def begin(self, total: int) -> None:
        """Show how many there are."""
        self._clock.total = total
        self._progress.update(self._task, total=total)

    def start(self, found: Found) -> None:
        """Show what is being graded."""
        self._busy[found.file] = found.student
        self._show()

    def done(self, row: Row, *, again: bool) -> None:
        """Count it."""
        self._busy.pop(row.file, None)
        self._states[_kind(row)] += 1
        self._clock.count(again=again)
        self._progress.advance(self._task)
        self._show()

    def note(self, text: str) -> None:
        """Print it above the bar."""
        self._progress.console.print(Text(printable(text, MAX_LINE)))

    def _show(self) -> None:
        names = [printable(name, 24) for name in self._busy.values()]
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        counts = ", ".join(f"{number} {words}" for words, number in self._states.items() if number)
        self._progress.update(
            self._task,
            description=", ".join(names[:SHOWN_NAMES]) + more,
            counts=counts,
            left=self._clock.left(),
        )


class Clock:
    """The time left, reckoned from what this run has graded."""

    def __init__(self) -> None:
        self.total = 0
        self._done = 0
        self._graded = 0
        self._started = time.monotonic()

    def count(self, *, again: bool) -> None:
        """One more is done; what an earlier run did says nothing about the time."""
        self._done += 1
        self._graded += not again

    def left(self) -> str:
        """Return the time left in words, empty before the first is graded and at the end."""
        open_ones = self.total - self._done
        if not self._graded or not open_ones:
            return ""
        return f"{duration((time.monotonic() - self._started) / self._graded * open_ones)} left"


def duration(seconds: float) -> str:
    """Return a time to wait, as exact as a guess deserves."""
    if seconds < MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    return f"{seconds / HOUR:.1f} h"


def _kind(row: Row) -> str:
    if row.state is State.GRADED:
        return "passed" if row.passed else "failed"
    return "unreadable" if row.state is State.UNREADABLE else "need a person"


class _Field(ProgressColumn):
    """A text of the task, never read as markup: it may be a student's name."""

    def __init__(self, name: str) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis"))
        self._name = name

    def render(self, task: Task) -> Text:
        """Return the text."""
        return Text(task.description if self._name == "description" else str(task.fields[self._name]))


COLUMNS = (SpinnerColumn(), BarColumn(20), MofNCompleteColumn(), *map(_Field, ("counts", "left", "description")))


@contextmanager
def show_progress() -> Iterator[Watch]:
    """Yield what shows a batch's progress where the output goes."""
    console = open_console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield Lines()
        return
    with Progress(*COLUMNS, console=console, transient=True) as progress:
        yield Bar(progress)
