"""What an instructor reads on the page of a class."""

from __future__ import annotations

import re

from sample_reports import Page

from grader.feedback import IndexRow, render_index
from grader.feedback.index import distribute, summarise

ADA = IndexRow("Ada", "ada.ipynb", 9, 10, "graded", href="feedback/ada.html", seconds=3.2)
ALAN = IndexRow("alan", "alan.ipynb", 4, 10, "graded", late=True, href="feedback/alan 1?.html", seconds=4)
GRACE = IndexRow("Grace", "grace.ipynb", None, None, "needs a person", "The grader failed.", href="grace.html")
KURT = IndexRow("Kurt", "kurt.ipynb", None, None, "unreadable", "kurt.ipynb: not JSON.")
FIRST_TRY = IndexRow("Ada", "ada-1.ipynb", 1, 10, "graded", counts=False, href="feedback/ada-1.html")
CLASS = [KURT, GRACE, FIRST_TRY, ALAN, ADA]


def test_students_are_sorted_without_regard_to_case():
    """Rows stand by student; of one student the attempt that counts comes first."""
    files = re.findall(r'<bdi dir="ltr">([^<]+)</bdi>', render_index(CLASS, "Lines"))

    assert files == ["ada.ipynb", "ada-1.ipynb", "alan.ipynb", "grace.ipynb", "kurt.ipynb"]


def test_only_submissions_that_count_are_counted():
    """Mean and median leave out earlier attempts and what has no score."""
    summary = summarise(CLASS)

    assert (summary.students, summary.graded, summary.waiting, summary.unreadable) == (4, 2, 1, 1)
    assert (summary.mean, summary.median, summary.possible) == (6.5, 6.5, 10)
    assert (summary.late, summary.earlier) == (1, 1)


def test_a_full_score_falls_into_the_last_tenth():
    """Shares from 0 to 1 fall into ten bars, the ends included."""
    assert [bar.number for bar in distribute([0, 0.05, 0.1, 0.95, 1])] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_states_and_reasons_are_words():
    """Each row says its state; one without score says why, one that does not count says so."""
    text = Page(render_index(CLASS, "Lines")).text

    assert "Needs a person The grader failed." in text
    assert "Unreadable kurt.ipynb: not JSON." in text
    assert "Earlier attempt, does not count" in text
    assert "Graded Late" in text


def test_links_are_encoded():
    """A path with spaces and question marks leads to that very file."""
    hrefs = Page(render_index(CLASS, "Lines")).values("href")

    assert "feedback/alan%201%3F.html" in hrefs
    assert "feedback/ada.html" in hrefs


def test_the_distribution_can_be_read_aloud():
    """The plot has a title that says its numbers."""
    html = render_index(CLASS, "Lines")

    assert "40 to 50 percent: 1; 90 to 100 percent: 1" in re.sub(r"\s+", " ", html)


def test_a_class_without_submissions_or_scores_is_a_page_too():
    """No row, or no row with a score, gives a page without plot and without a mean."""
    assert "There are no submissions." in render_index([], "Lines")
    assert "Mean" not in Page(render_index([KURT, GRACE], "Lines")).text
