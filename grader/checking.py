"""Running the checks of one attempt: arguments, time, seeds, and what an exception means.

A check ends in one of four ways. It returns: passed. It raises `CheckEnded`: the outcome that it names. It raises
anything else while it also fails with the reference in the student's place: our fault. It raises anything else while
it passes with the reference in the student's place: the student's values are of a kind that no right solution has,
so the check has failed.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.data import HiddenData
from grader.errors import CheckEnded, GraderError, KernelFault, Message, PartlyEarned
from grader.kernel.session import Session
from grader.model import CheckResult, Outcome
from grader.notebook import NotebookSource
from grader.references import PATIENCE, solution_cells
from grader.seeds import derived_seed, seed_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.checks import Check
    from grader.kernel.channel import Channel
    from grader.kernel.remote import Namespace
    from grader.kernel.starting import KernelStarter
    from grader.model import Assignment, Cell
    from grader.references import References


@dataclass
class Bench:
    """What the checks of one attempt work with."""

    assignment: Assignment
    starter: KernelStarter
    references: References
    device: str
    seed: int
    cells: Sequence[Cell]
    student: tuple[Channel, Namespace] | CheckEnded
    """The student's kernel, or what ended it before any check."""
    sound: dict[str, bool] = field(default_factory=dict)
    """By check: whether it passes with the reference in the student's place; kept for the whole worker."""

    def run(self, check: Check) -> CheckResult:
        """Return what a check finds about the student."""
        started = time.monotonic()
        outcome, earned, message = self._judge(check)
        return CheckResult(
            check=check.name,
            task=check.task,
            sentence=check.sentence,
            outcome=outcome,
            earned=earned,
            possible=check.points,
            message=message,
            seconds=round(time.monotonic() - started, 3),
        )

    def _judge(self, check: Check) -> tuple[Outcome, float, Message]:
        try:
            self._call(check, self.student, self.cells)
        except PartlyEarned as error:
            return Outcome.PARTIAL, min(error.points, check.points), _shown(error, check)
        except CheckEnded as error:
            return Outcome(error.outcome), 0.0, _shown(error, check)
        except KernelFault:
            raise
        except Exception as error:  # noqa: BLE001 -- a check is code of a course; see the module's docstring
            if self._is_sound(check):
                return Outcome.FAILED, 0.0, {"key": "unusable", "type": type(error).__name__}
            return Outcome.GRADER_ERROR, 0.0, {"key": "grader_error", "detail": _detail(error)}
        return Outcome.PASSED, check.points, {}

    def _is_sound(self, check: Check) -> bool:
        if check.name not in self.sound:
            try:
                reference = self.references.get(self.assignment, self.device)
                with reference[0].in_the_students_place():
                    self._call(check, reference, solution_cells(self.assignment))
                self.sound[check.name] = True
            except Exception:  # noqa: BLE001 -- whatever it is, the check is not sound
                self.sound[check.name] = False
        return self.sound[check.name]

    def _call(self, check: Check, student: tuple[Channel, Namespace] | CheckEnded, cells: Sequence[Cell]) -> None:
        """Call a check's function with the arguments that it asks for."""
        seed = derived_seed(self.seed, check.name)
        with ExitStack() as stack:
            supply = _Supply(self, student, cells, seed, stack)
            arguments = {name: getattr(supply, name)() for name in check.arguments}
            seed_here(seed)
            check.function(**arguments)


@dataclass
class _Supply:
    """Makes the arguments of one check; its methods have their names."""

    bench: Bench
    source: tuple[Channel, Namespace] | CheckEnded
    cells: Sequence[Cell]
    check_seed: int
    stack: ExitStack

    def student(self) -> Namespace:
        if isinstance(self.source, CheckEnded):
            raise self.source
        return self._begin(self.source)

    def reference(self) -> Namespace:
        reference = self.bench.references.get(self.bench.assignment, self.bench.device)
        return self._begin(reference, patience=PATIENCE)

    def fresh(self) -> Namespace:
        limits, files = self.bench.assignment.limits, self.bench.assignment.files
        session = Session(self.bench.starter, limits, files, seed=self.check_seed, device=self.bench.device)
        return self._begin(self.stack.enter_context(session).serve())

    def notebook(self) -> NotebookSource:
        return NotebookSource(tuple(self.cells))

    def rng(self) -> Any:
        return seed_here(self.check_seed)

    def seed(self) -> int:
        return self.check_seed

    def data(self) -> HiddenData:
        return HiddenData(self.bench.assignment.solution)

    def device(self) -> str:
        return self.bench.device

    def _begin(self, kernel: tuple[Channel, Namespace], patience: float = 1.0) -> Namespace:
        channel, names = kernel
        channel.start_check(patience * self.bench.assignment.limits.check_seconds, self.check_seed)
        return names


def _shown(error: CheckEnded, check: Check) -> Message:
    """Return what the report says; expected values only where the check reveals them."""
    return {**error.message, **error.hidden} if check.reveal else error.message


def _detail(error: Exception) -> str:
    """Return what an instructor needs to find the fault; it is for the report, never for the feedback."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}: " if where is not None else ""
    kind = "" if isinstance(error, GraderError) else f"{type(error).__name__}: "
    return f"{place}{kind}{error}"[:1000]
