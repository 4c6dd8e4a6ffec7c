"""grades.csv is safe to open and opens right; JSON is JSON."""

from __future__ import annotations

import csv
import io
import json

import pytest
from class_samples import make_report

from grader.gradebook import COLUMNS, render_gradebook, render_json
from grader.rows import Row, State

FULL_WIDTH = [chr(ord(sign) + 0xFEE0) + "A1" for sign in "=+-@"]


def row(**fields):
    given = {"key": "ada", "student": "Ada", "file": "ada.ipynb", "submitted": None, "late": False, "counts": True}
    return Row(**{**given, "sha256": "a" * 64, **fields})


def read(*rows):
    """Return the lines below the header as a spreadsheet reads them."""
    text = render_gradebook(rows, "lenet").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_columns():
    """The header names every column once, in order."""
    text = render_gradebook([], "lenet").decode("utf-8-sig")

    assert text == ",".join(COLUMNS) + "\r\n"


def test_excel_knows_that_it_is_utf8():
    """A byte order mark comes first, so that Excel shows Chinese names."""
    data = render_gradebook([row(student="李伟")], "lenet")

    assert data.startswith(b"\xef\xbb\xbfstudent,")
    assert "李伟".encode() in data


def test_a_graded_submission():
    """Points, percent, state and time stand in their columns."""
    graded = row(state=State.GRADED, earned=7.5, possible=10.0, late=True, submitted="2026-01-01T10:00:00+01:00")

    assert read(graded) == [
        {
            "student": "Ada",
            "file": "ada.ipynb",
            "assignment": "lenet",
            "earned": "7.5",
            "possible": "10",
            "percent": "75",
            "state": "graded",
            "late": "yes",
            "submitted": "2026-01-01T10:00:00+01:00",
            "reason": "",
            "sha256": "a" * 64,
            "counts": "yes",
        }
    ]


@pytest.mark.parametrize("state", [State.NEEDS_PERSON, State.UNREADABLE, State.PENDING])
def test_no_score_is_no_zero(state):
    """Without a score the points are empty, and the reason says why."""
    (line,) = read(row(state=state, reason="the file is empty"))

    assert (line["earned"], line["possible"], line["percent"]) == ("", "", "")
    assert (line["state"], line["reason"]) == (state.value, "the file is empty")


def test_points_of_thousands_stay_exact():
    """Large points are not written in powers of ten, which a spreadsheet might round."""
    (line,) = read(row(state=State.GRADED, earned=1234567.25, possible=2000000.0))

    assert (line["earned"], line["possible"]) == ("1234567.25", "2000000")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", *FULL_WIDTH])
@pytest.mark.parametrize("column", ["student", "file", "reason"])
def test_no_formula(name, column):
    """A text that a spreadsheet would compute begins with an apostrophe."""
    (line,) = read(row(**{column: name}))

    assert line[column].startswith("'")


def test_an_ordinary_name_is_left_alone():
    """Signs inside a name are no formula."""
    (line,) = read(row(student="Ann-Marie O'Neil = a+b@c"))

    assert line["student"] == "Ann-Marie O'Neil = a+b@c"


def test_quotes_commas_and_lines():
    """Quotes and commas survive; a line break or an escape sequence cannot begin a new line or colour a terminal."""
    (line,) = read(row(student='Ada "The", first', reason="one\r\ntwo\x1b[31m"))

    assert line["student"] == 'Ada "The", first'
    assert line["reason"] == r"one\r\ntwo\x1b[31m"


def test_json_is_read_by_strict_readers():
    """Infinite numbers are words, as JSON has no such numbers."""
    text = render_json(make_report(0.0, key="values_differ", worst_relative=float("inf"), actual=float("nan")))

    message = json.loads(text, parse_constant=pytest.fail)["results"][0]["message"]

    assert (message["worst_relative"], message["actual"]) == ("inf", "nan")
    assert text.isascii()
