"""One submission to one report.

::

    submission -> kernel runs the cells -> checks compare -> report
"""

from __future__ import annotations

import functools
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Self

import torch

from grader.checking import Bench
from grader.checks import Check, load_checks
from grader.errors import CheckEnded, GraderFault
from grader.kernel.session import Session
from grader.kernel.starting import ColdKernels
from grader.model import AttemptInfo, CellResult, CheckResult, Outcome, Report, Score
from grader.references import References
from grader.seeds import attempt_seed, derived_seed

if TYPE_CHECKING:
    from types import TracebackType

    from grader.course import Course
    from grader.kernel.channel import Channel
    from grader.kernel.remote import Namespace
    from grader.kernel.starting import KernelStarter
    from grader.model import Assignment, Submission

TRIES = 2
"""An attempt that ends by our fault is repeated once before a person is asked."""
RECORDED_VERSIONS = ("pytorch-grader", "torch", "numpy", "ipykernel", "nbclient")


class Grader:
    """Grades submissions one after the other; keeps the reference kernels between them.

    Checks draw from torch's process-wide generator, so a process has one grader that grades one submission at a time.
    """

    def __init__(self, course: Course, *, device: str = "cpu", starter: KernelStarter | None = None) -> None:
        torch.set_num_threads(1)
        self._course = course
        self._device = device
        self._starter = starter or ColdKernels()
        self._references = References(self._starter)
        self._checks: dict[str, tuple[Check, ...]] = {}
        self._sound: dict[str, dict[str, bool]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reference kernels."""
        self._references.close()

    def grade(self, submission: Submission, assignment: Assignment) -> Report:
        """Return the report of one attempt at a submission.

        A fault of ours is retried on new kernels; then the report has no score and says `grader_error`.

        Raises:
            CourseError: the assignment's checks are not sound.
        """
        started, clock = datetime.now(UTC), time.monotonic()
        checks = self._load(assignment)
        seed = attempt_seed(self._course.secret(), submission.sha256, assignment.digest)
        device = self._device if assignment.device == "any" else "cpu"
        cells, results = self._try(submission, assignment, checks, seed, device)
        info = AttemptInfo(
            seed=seed,
            device=device,
            isolation=self._starter.isolation,
            started=started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - clock, 3),
            versions=dict(_versions()),
        )
        return Report(
            assignment=assignment.name,
            title=assignment.title,
            assignment_digest=assignment.digest,
            submission=_identity(submission),
            attempt=info,
            tasks=assignment.tasks,
            score=_score(results),
            results=results,
            cells=cells,
        )

    def _load(self, assignment: Assignment) -> tuple[Check, ...]:
        if assignment.digest not in self._checks:
            self._checks[assignment.digest] = load_checks(assignment)
        return self._checks[assignment.digest]

    def _try(
        self, submission: Submission, assignment: Assignment, checks: tuple[Check, ...], seed: int, device: str
    ) -> tuple[tuple[CellResult, ...], tuple[CheckResult, ...]]:
        """Return cells and results of an attempt, repeated when it ends by our fault."""
        found: tuple[tuple[CellResult, ...], tuple[CheckResult, ...]] = ((), ())
        for _ in range(TRIES):
            try:
                found = self._attempt(submission, assignment, checks, seed, device)
            except GraderFault as error:
                found = (), tuple(_faulty(check, f"{type(error).__name__}: {error}") for check in checks)
            if all(result.outcome is not Outcome.GRADER_ERROR for result in found[1]):
                break
            self._references.forget(assignment, device)
            self._sound.pop(assignment.digest, None)
        return found

    def _attempt(
        self, submission: Submission, assignment: Assignment, checks: tuple[Check, ...], seed: int, device: str
    ) -> tuple[tuple[CellResult, ...], tuple[CheckResult, ...]]:
        """Run the notebook in a new kernel, then its checks."""
        kernel_seed = derived_seed(seed, "kernel")
        files, limits = assignment.files, assignment.limits
        with Session(self._starter, limits, files, seed=kernel_seed, device=device) as session:
            cells = session.run(submission.cells)
            bench = Bench(
                assignment=assignment,
                starter=self._starter,
                references=self._references,
                device=device,
                seed=seed,
                cells=submission.cells,
                student=_serve(session),
                sound=self._sound.setdefault(assignment.digest, {}),
            )
            return cells, tuple(bench.run(check) for check in checks)


def _serve(session: Session) -> tuple[Channel, Namespace] | CheckEnded:
    """Return the student's channel and names, or what ended their kernel."""
    try:
        return session.serve()
    except CheckEnded as error:
        return error


def _faulty(check: Check, detail: str) -> CheckResult:
    return CheckResult(
        check=check.name,
        task=check.task,
        sentence=check.sentence,
        outcome=Outcome.GRADER_ERROR,
        earned=0.0,
        possible=check.points,
        message={"key": "grader_error", "detail": detail[:1000]},
    )


def _score(results: tuple[CheckResult, ...]) -> Score | None:
    """Return the sum of the points, None when any check ended by our fault."""
    if any(result.outcome is Outcome.GRADER_ERROR for result in results):
        return None
    earned = sum(result.earned for result in results)
    return Score(round(earned, 6), round(sum(result.possible for result in results), 6))


def _identity(submission: Submission) -> dict[str, object]:
    return {
        "sha256": submission.sha256,
        "file": submission.file,
        "student": submission.student,
        "submitted": submission.submitted,
        "late": submission.late,
    }


@functools.cache
def _versions() -> dict[str, str]:
    """Return the versions that every report records, looked up once per process."""
    found = {"python": platform.python_version()}
    for name in RECORDED_VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
