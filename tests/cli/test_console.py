"""What commands print, without grading."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from class_samples import make_report
from rich.console import Console

from grader.batch import Summary
from grader.cli.console import open_console, print_report, row_line, summary_line
from grader.model import CellResult, Outcome
from grader.rows import Row, State


def printed(report, **options):
    text = io.StringIO()
    print_report(report, Console(file=text, highlight=False, markup=False, soft_wrap=True, **options))
    return text.getvalue()


def row(state, earned=None, reason="", student="Ada"):
    possible = None if earned is None else 2.0
    return Row("ada", student, "ada.ipynb", None, False, True, "", state, earned, possible, reason)  # noqa: FBT003


def test_a_report_on_a_terminal_and_in_a_pipe():
    """A terminal gets colours, a pipe plain text, both the same words."""
    plain, coloured = printed(make_report()), printed(make_report(), force_terminal=True, color_system="standard")

    assert plain == ("Doubling · ada.ipynb\n\nDouble it\n  passed          2/2  doubles\n\n2 of 2 points\n")
    assert "\x1b[32m  passed" in coloured


@pytest.mark.parametrize("name", ["\x1b[2J", "\u202e", "\x07", "\u200b", "\x9b31m", "a\nb"])
def test_texts_of_students_cannot_steer_the_terminal(name):
    """Escapes, overrides of the direction and line breaks are shown as what they are, everywhere."""
    report = make_report(0.0, key="raised", type="ValueError", text=name)
    cell = CellResult(0, "code", "", Outcome.ERROR, error={"type": "E" + name, "message": name, "frames": []})
    report = replace(report, cells=(cell,), submission={**report.submission, "file": f"{name}.ipynb"})

    assert name not in printed(report)


def test_markup_is_not_obeyed():
    """What looks like the printing library's markup is printed as it is."""
    report = make_report(0.0, key="said", sentence="[bold red]hello[/] :smile:")

    assert "[bold red]hello[/] :smile:" in printed(report, force_terminal=True)


def test_long_lines_are_not_wrapped(monkeypatch, capsys):
    """A pipe gets each check on one line, however narrow the terminal is."""
    monkeypatch.setenv("COLUMNS", "20")
    print_report(make_report(0.0, key="said", sentence="word " * 20), open_console())

    assert "doubles: " + ("word " * 20).strip() in capsys.readouterr().out


def test_no_score():
    """A report without a score asks for a person."""
    assert printed(make_report(None)).endswith("so a person has to look.\n")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (row(State.GRADED, 1.5), "1.5 of 2"),
        (row(State.UNREADABLE, reason="x\x1b[1m"), r"unreadable: x\x1b[1m"),
        (row(State.PENDING), "not graded yet"),
    ],
)
def test_what_became_of_a_submission(given, line):
    """Points, or why there are none."""
    assert row_line(given) == line


def test_a_class_in_numbers():
    """Passed are those with every point; states that nobody is in are left out."""
    summary = Summary()
    for each in (row(State.GRADED, 2.0), row(State.GRADED, 1.0), row(State.NEEDS_PERSON)):
        summary.add(each)

    assert summary_line(summary) == "3 submissions, 1 passed, 1 failed, 1 needs a person."
