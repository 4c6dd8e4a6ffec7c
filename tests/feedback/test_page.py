"""What a student reads on the page of a report."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from sample_reports import (
    DIFFERS,
    EVERY_OUTCOME,
    NAME_ERROR,
    NOTEBOOK,
    RAISED,
    SUBMISSION,
    Page,
    make_cell,
    make_report,
    make_result,
)

from grader.feedback import render_report
from grader.feedback.page import format_duration, format_moment, format_points
from grader.files import bundled
from grader.messages import sentence
from grader.model import Outcome, report_from_json


def read(*results, **changes):
    return Page(render_report(make_report(results or None, **changes)))


def test_the_score_is_shown_with_what_was_possible():
    """A score of 4 of 6 points reads so, without needless zeros."""
    page = read(make_result(1), make_result(2), make_result(3, Outcome.FAILED))

    assert "4 of 6 points" in page.text


def test_a_report_without_score_needs_a_person():
    """A fault of ours is called one, and neither zero nor the other checks' points pass for a score."""
    fault = make_result(2, Outcome.GRADER_ERROR, {"key": "grader_error", "detail": "checks.py:33: secret 0.1694"})
    page = read(make_result(1), fault)

    assert "Needs a person" in page.text
    assert "of 4 points" not in page.text
    assert "Nothing for you to do" in page.text


def test_details_of_our_faults_stay_hidden():
    """The detail of a grader_error, which may quote check source, is not on the page."""
    html = render_report(
        make_report([make_result(1, Outcome.GRADER_ERROR, {"key": "grader_error", "detail": "0.1694"})])
    )

    assert "0.1694" not in html


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_word_and_a_shape(outcome):
    """An outcome is told by an icon of its own that exists and a word, not by colour alone."""
    html = render_report(make_report([make_result(1, outcome, {"key": "said", "sentence": "So."})]))
    words = {
        re.search(r"</svg>([^<]+)</span>", render_report(make_report([make_result(1, each)], cells=NOTEBOOK[:1])))[1]
        for each in Outcome
    }

    assert f'href="#icon-{outcome.value}"' in html
    assert f'<symbol id="icon-{outcome.value}"' in html
    assert len(words) == len(Outcome)


def test_a_message_says_by_how_much_and_where():
    """The page gives the whole sentence of a comparison: share, worst difference, index and tolerance."""
    page = read(make_result(1, Outcome.FAILED, DIFFERS))

    assert "1 of 2 values differ (50%)." in page.text
    assert sentence(DIFFERS) in page.text


def test_the_next_step_is_the_first_failing_check():
    """The box at the top names the first check that failed, with a link to it."""
    page = read(make_result(1), make_result(2, Outcome.FAILED, DIFFERS), make_result(3, Outcome.FAILED, DIFFERS))

    assert "make this true Claim 2" in page.text
    assert "#check-2" in page.values("href")
    assert "#check-3" not in page.values("href")


def test_the_next_step_is_the_cell_that_should_have_defined_a_missing_name():
    """A name is missing because the cell that defines it raised: the student is sent to that cell."""
    cell = make_cell(
        source="x = 1 / 0\ndef predict(age):\n    return age", index=4, outcome=Outcome.ERROR, error=NAME_ERROR
    )
    missing = make_result(1, Outcome.MISSING, {"key": "missing_name", "name": "predict"})
    page = read(missing, cells=(*NOTEBOOK, cell))

    assert "Mend cell 5: it raised NameError." in page.text


def test_a_broken_cell_that_has_nothing_to_do_with_a_missing_name_is_not_the_next_step():
    """A cell that only uses the missing name is not what the student should begin with."""
    page = read(make_result(1, Outcome.MISSING, {"key": "missing_name", "name": "predict"}))

    assert "Mend" not in page.text
    assert "never defines predict" in page.text


def test_the_next_step_after_a_dead_kernel_is_the_cell_that_ended_it():
    """Checks that were not reached send the student to the cell that ended the kernel."""
    cell = make_cell(source="import os; os._exit(0)", index=4, outcome=Outcome.KERNEL_DIED)
    page = read(make_result(1, Outcome.NOT_REACHED, {"key": "not_reached"}), cells=(*NOTEBOOK, cell))

    assert "Mend cell 5: it ended the kernel." in page.text


def test_nothing_is_left_to_do_when_every_check_passed():
    """A perfect report says that every check passed."""
    assert "Every check passed." in read().text


def test_an_exception_in_a_check_leads_to_the_lines_of_the_cells():
    """Type, text and frames of an exception are shown; each frame links to a marked line that exists."""
    page = read(make_result(1, Outcome.ERROR, RAISED))

    assert "RuntimeError: inconsistent tensor size" in page.text
    assert {"#cell-2-line-6", "#cell-2-line-4"} <= set(page.values("href"))
    assert {"cell-2-line-6", "cell-2-line-4"} <= set(page.values("id"))
    assert "Cell 2, line 4 in fit" in page.text


def test_the_error_of_a_cell_stands_with_its_line_marked():
    """A cell that raised shows its exception, and the line is a mark element."""
    html = render_report(make_report())

    assert re.search(r'<mark class="line" id="cell-3-line-2">.*predict', html)
    assert "NameError" in html


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"cell": 99, "line": 1, "function": "f"},
        {"cell": 1, "line": 999},
        {"cell": "1", "line": None},
        "nonsense",
        5,
    ],
)
def test_frames_that_lead_nowhere_make_no_dead_links(frame):
    """A frame outside of the notebook is words, and every link of the page has a target."""
    page = read(make_result(1, Outcome.ERROR, {**RAISED, "frames": [frame]}))
    targets = {f"#{name}" for name in page.values("id")}

    assert set(page.values("href")) <= targets


def test_student_file_time_and_lateness_are_named():
    """The head of the page says whose notebook it is, when it came, and that it was late."""
    submission = {**SUBMISSION, "submitted": "2026-03-01T23:58:00+08:00", "late": True}
    page = read(submission=submission)

    assert "Ada" in page.text
    assert "ada/line.ipynb" in page.text
    assert "1 March 2026, 23:58 UTC+08:00 Late" in page.text


def test_tasks_come_in_order_with_their_points():
    """Each task has its title and the sum of its checks; a check of an unknown task is not lost."""
    page = read(make_result(1), make_result(2, Outcome.FAILED, DIFFERS), make_result(3, task="gone"))

    assert "1. Fit a line 2 of 4" in page.text
    assert "2. Predict heights 0 of 0" in page.text
    assert "3. Other checks 2 of 2" in page.text


def test_a_mistake_is_named():
    """A result that equals a known mistake says which."""
    page = read(make_result(1, Outcome.FAILED, DIFFERS, mistake="forgot_zero_grad"))

    assert "forgot zero grad" in page.text


def test_cells_are_shown_with_outcome_time_and_highlighting():
    """Markdown is rendered, code is highlighted, an empty cell says so."""
    html = render_report(make_report())
    page = Page(html)

    assert '<span class="kn">import</span>' in html
    assert "<strong>model</strong>" in html
    assert "Cell 2 Ran 0.2 s" in page.text
    assert "Cell 4 Empty" in page.text


def test_cut_outputs_are_said_to_be_cut():
    """A cell whose outputs went over the limit says so."""
    page = read(cells=[make_cell(cut=True)])

    assert "Outputs of this cell were cut" in page.text


def test_a_notebook_too_long_for_a_page_is_shortened_and_says_so():
    """Of a source of megabytes the page has the beginning, and no link leads to a line that it does not have."""
    frames = [{"cell": 0, "line": 900_000, "function": "f"}]
    page = read(
        make_result(1, Outcome.ERROR, {**RAISED, "frames": frames}), cells=[make_cell(source="x = 1\n" * 1_000_000)]
    )

    assert "the rest of this cell is left out" in page.text
    assert set(page.values("href")) <= {f"#{name}" for name in page.values("id")}
    assert len(page.text) < 1_000_000


def test_headings_and_landmarks_are_in_order():
    """One h1, no level skipped on the way down, and header, main and footer are there."""
    page = Page(render_report(EVERY_OUTCOME))
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]

    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {"header", "main", "footer"} <= set(page.tags)
    assert page.values("lang") == ["en"]


def test_identifiers_are_unique():
    """No identifier stands twice, so that every link has one target."""
    identifiers = Page(render_report(EVERY_OUTCOME)).values("id")

    assert len(identifiers) == len(set(identifiers))


def test_a_report_read_back_from_json_gives_the_same_page():
    """The page depends on the saved report alone."""
    assert render_report(report_from_json(EVERY_OUTCOME.to_json())) == render_report(EVERY_OUTCOME)


def test_a_report_without_cells_results_or_points_is_a_page_too():
    """Nothing ran and nothing is worth a point: the page says so and does not divide by zero."""
    report = replace(make_report([]), cells=(), tasks=())

    assert "No cell was run." in render_report(report)


@pytest.mark.parametrize(
    ("points", "shown"), [(7.5, "7.5"), (10.0, "10"), (1 / 3, "0.33"), (0.0, "0"), (None, "\N{EN DASH}")]
)
def test_points_are_shown_without_needless_zeros(points, shown):
    """Points have at most two decimals; None is a dash."""
    assert format_points(points) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.001, "under 0.1 s"), (0.42, "0.4 s"), (12.3, "12 s"), (125, "2 min 5 s"), (119.9, "2 min 0 s")],
)
def test_durations_are_easy_to_read(seconds, shown):
    """A time has no more digits than tell something."""
    assert format_duration(seconds) == shown


def test_a_moment_that_is_no_iso_time_is_shown_as_it_is():
    """What a file name claims as its time may be anything."""
    assert format_moment("yesterday") == "yesterday"


THEMES = {
    "light": r":root \{(.*?)\}",
    "dark": r"dark\) \{\s*:root \{(.*?)\}",
    "print": r"@media print \{\s*:root \{(.*?)\}",
}
BACKGROUNDS = ("paper", "panel", "sunk", "accent-wash", "bad-wash")
INKS = ("ink", "soft", "accent", "good", "half", "bad", "ours", "keyword", "string", "comment", "literal", "name")


def contrast(one, other):
    """Return the contrast ratio of two colours as WCAG 2.2 defines it."""

    def luminance(colour):
        digits = colour * 2 if len(colour) == 3 else colour
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_ink_is_readable_on_every_background(theme):
    """In each theme text and background differ by the 4.5 to 1 that WCAG asks for at level AA."""
    style = (bundled("templates") / "style.css").read_text()
    block = re.search(THEMES[theme], style, re.DOTALL)[1]
    colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", block))
    pairs = [(ink, ground) for ink in INKS for ground in BACKGROUNDS]
    poor = {pair: round(ratio, 2) for pair in pairs if (ratio := contrast(colours[pair[0]], colours[pair[1]])) < 4.5}

    assert not poor
