"""A batch's progress on a terminal and in a pipe."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from rich.console import Console
from rich.progress import Progress

from grader.cli.progress import COLUMNS, Bar, Clock, Lines, duration, show_progress
from grader.rows import Row, State


def row(name, state=State.GRADED, earned=2.0, reason=""):
    earned = earned if state is State.GRADED else None
    return Row(name, name, f"{name}.ipynb", None, False, True, "", state, earned, 2.0, reason)  # noqa: FBT003


def test_a_pipe_gets_a_line_for_each_submission(capsys):
    """Each line says how far the run is, which file it is about, and what became of it."""
    with show_progress() as watch:
        watch.begin(3)
        watch.done(row("ada"), again=True)
        watch.done(row("bob", earned=1.0), again=False)
        watch.done(row("eve\x1b[1m", State.UNREADABLE, reason="is empty"), again=False)

    assert isinstance(watch, Lines)
    assert capsys.readouterr().out == "2/3 bob.ipynb: 1 of 2\n3/3 eve\\x1b[1m.ipynb: unreadable: is empty\n"


@pytest.fixture
def screen():
    """A terminal that is only text."""
    return Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None, legacy_windows=False)


def test_a_terminal_gets_a_bar(screen):
    """The bar says what is being graded, how many passed, failed or need a person, and what is left to do."""
    with Progress(*COLUMNS, console=screen, auto_refresh=False) as progress:
        bar = Bar(progress)
        bar.begin(9)
        for name in ("ada", "bob", "[red]eve\x1b[2J", "zoe", "yan"):
            bar.start(SimpleNamespace(file=f"{name}.ipynb", student=name))
        bar.done(row("ada"), again=False)
        bar.done(row("carl", earned=1.0), again=True)
        bar.done(row("dan", State.NEEDS_PERSON), again=False)
        progress.refresh()

    last = [line for line in screen.file.getvalue().splitlines() if "3/9" in line][-1]
    assert "1 passed, 1 failed, 1 need a person" in last
    assert r"bob, [red]eve\x1b[2J, zoe and 1 more" in last
    assert " left" in last


def test_the_time_left_is_reckoned_from_what_this_run_graded(monkeypatch):
    """Submissions that an earlier run had done are no sign of speed."""
    now = [100.0]
    monkeypatch.setattr("grader.cli.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    clock = Clock()
    clock.total = 1000
    for _ in range(500):
        clock.count(again=True)
    assert clock.left() == ""

    now[0] += 60
    for _ in range(10):
        clock.count(again=False)

    assert clock.left() == "49 min left"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (61, "1 min"), (5400, "1.5 h")])
def test_durations(seconds, words):
    """A time is as exact as a guess deserves."""
    assert duration(seconds) == words
