import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.moments import parse_moment, seconds_since_1970


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2015-02-02 15:58:23.948203 America/Los_Angeles\n", "2015-02-02T15:58:23-08:00"),
        ("2015-02-02 15:58:23.948203 UTC", "2015-02-02T15:58:23+00:00"),
        ("2023-12-02 02:52:07.938335000 Z", "2023-12-02T02:52:07+00:00"),
        ("2023-12-02T02:52:07+0800", "2023-12-02T02:52:07+08:00"),
        ("2023-12-02 02:52:07", "2023-12-02T02:52:07"),
        ("2023-12-02 02:52:07 Mars/Olympus", "2023-12-02T02:52:07"),
        ("2023-02-31 02:52:07 UTC", None),
        ("2023-12-02 02:52:07 +99:00", None),
        ("yesterday", None),
        ("", None),
        ("2023-12-02 02:52:07 UTC; rm -rf", None),
    ],
)
def test_moments_are_read(text, moment):
    """Times of nbgrader and Gradescope become ISO 8601; an unknown zone is left out, nonsense is no time."""
    assert parse_moment(text) == moment


def test_moments_are_ordered_across_zones():
    """The later time is the larger number, and no time is earlier than any."""
    early, late = "2026-01-01T10:00:00+02:00", "2026-01-01T09:00:00"

    assert seconds_since_1970(None) < seconds_since_1970(early) < seconds_since_1970(late)


@given(st.from_regex(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ?[A-Za-z_+:/\d-]{0,12}\Z") | st.text(max_size=30))
def test_any_text_is_a_time_that_sorts_or_none(text):
    """No text makes reading or sorting raise."""
    seconds_since_1970(parse_moment(text))
