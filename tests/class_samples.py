"""Reports and submissions of a class, made without grading anything."""

from __future__ import annotations

from dataclasses import dataclass

from grader.model import AttemptInfo, CheckResult, Outcome, Report, Score, Task


@dataclass(frozen=True)
class Listed:
    """What the store asks of a submission that was found."""

    key: str = "ada"
    student: str = "Ada"
    file: str = "ada.ipynb"
    submitted: str | None = None
    late: bool = False
    counts: bool = True


def make_report(earned: float | None = 2.0, sha256: str = "a" * 64, digest: str = "d1", **message: object) -> Report:
    """Return a report with one check; `earned=None` is a fault of ours."""
    outcome = {None: Outcome.GRADER_ERROR, 2.0: Outcome.PASSED}.get(earned, Outcome.FAILED)
    return Report(
        assignment="doubling",
        title="Doubling",
        assignment_digest=digest,
        submission={"sha256": sha256, "file": "ada.ipynb", "student": "Ada", "submitted": None, "late": False},
        attempt=AttemptInfo(7, "cpu", "none", "2026-01-01T00:00:00+00:00", 1.5, {"torch": "2"}),
        tasks=(Task("twice", "Double it", 2.0),),
        score=None if earned is None else Score(earned, 2.0),
        results=(CheckResult("doubles", "twice", "It doubles.", outcome, earned or 0.0, 2.0, dict(message)),),
        cells=(),
    )
