"""The class page of a batch: a summary, the distribution of scores, and every submission with its link."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, median
from typing import TYPE_CHECKING
from urllib.parse import quote

from grader.feedback.page import load_templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GRADED, NEEDS_PERSON, UNREADABLE = "graded", "needs a person", "unreadable"
BINS = 10


@dataclass(frozen=True)
class IndexRow:
    """One submission of a batch."""

    student: str
    file: str
    earned: float | None
    possible: float | None
    state: str
    """`"graded"`, `"needs a person"` or `"unreadable"`."""
    reason: str = ""
    """Why there is no score, in a sentence."""
    late: bool = False
    counts: bool = True
    """False for an earlier attempt of a student who handed in again."""
    href: str | None = None
    """Path of the feedback relative to the page, not percent-encoded; None when there is none."""
    seconds: float | None = None

    @property
    def link(self) -> str:
        """The path as an address below the page; whatever it holds, it names no scheme and no host."""
        return quote((self.href or "").lstrip("/\\"), errors="replace")

    @property
    def share(self) -> float | None:
        """Points earned of points possible, from 0 to 1."""
        if self.state != GRADED or self.earned is None or not self.possible:
            return None
        return min(1.0, max(0.0, self.earned / self.possible))


@dataclass(frozen=True)
class Bar:
    """One bar of the distribution: the share of points from `low` to `high` percent."""

    low: int
    high: int
    number: int
    height: float
    """Percent of the highest bar."""


@dataclass(frozen=True)
class Summary:
    """The class in numbers; only submissions that count are counted."""

    students: int
    graded: int
    waiting: int
    unreadable: int
    late: int
    earlier: int
    mean: float | None
    median: float | None
    possible: float | None
    bars: tuple[Bar, ...]


def render_index(rows: Iterable[IndexRow], title: str) -> str:
    """Return the class page as self-contained HTML, its rows sorted by student."""
    ordered = sorted(rows, key=lambda row: (row.student.casefold(), not row.counts, row.file))
    page = load_templates().get_template("index.html")
    return page.render(title=title, rows=ordered, summary=summarise(ordered))


def summarise(rows: Sequence[IndexRow]) -> Summary:
    """Return the class in numbers."""
    counted = [row for row in rows if row.counts]
    points = [row.earned for row in counted if row.share is not None and row.earned is not None]
    possible = {row.possible for row in counted if row.share is not None}
    return Summary(
        students=len(counted),
        graded=sum(row.state == GRADED for row in counted),
        waiting=sum(row.state == NEEDS_PERSON for row in counted),
        unreadable=sum(row.state == UNREADABLE for row in counted),
        late=sum(row.late for row in counted),
        earlier=len(rows) - len(counted),
        mean=mean(points) if points else None,
        median=median(points) if points else None,
        possible=possible.pop() if len(possible) == 1 else None,
        bars=distribute([row.share for row in counted if row.share is not None]),
    )


def distribute(shares: Sequence[float]) -> tuple[Bar, ...]:
    """Return the number of shares in each tenth; a full score is in the last one."""
    numbers = [0] * BINS
    for share in shares:
        numbers[min(BINS - 1, int(share * BINS))] += 1
    highest = max(1, *numbers)
    width = 100 // BINS
    return tuple(Bar(n * width, (n + 1) * width, number, 100 * number / highest) for n, number in enumerate(numbers))
