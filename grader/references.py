"""Kernels in which a solution notebook has run: one per assignment and worker, started when a check first asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.errors import CheckEnded, NotebookError, ReferenceFault
from grader.kernel.session import Session
from grader.model import Cell, Outcome
from grader.notebook import read_notebook
from grader.seeds import derived_seed

if TYPE_CHECKING:
    from grader.kernel.channel import Channel
    from grader.kernel.remote import Namespace
    from grader.kernel.starting import KernelStarter
    from grader.model import Assignment, Limits

REFERENCE_SEED = 0
PATIENCE = 4.0
"""How many times a student's limits a reference may take: a slow machine must not make its solution a fault."""


class References:
    """The reference kernels of one worker, by assignment and device."""

    def __init__(self, starter: KernelStarter) -> None:
        self._starter = starter
        self._running: dict[tuple[str, str], tuple[Session, Channel, Namespace]] = {}

    def get(self, assignment: Assignment, device: str) -> tuple[Channel, Namespace]:
        """Return the channel and the names of an assignment's reference kernel.

        Raises:
            ReferenceFault: the solution does not run, or its kernel has ended.
        """
        key = (assignment.digest, device)
        if key not in self._running:
            self._running[key] = self._start(assignment, device)
        _, channel, names = self._running[key]
        return channel, names

    def forget(self, assignment: Assignment, device: str) -> None:
        """End a reference kernel; the next check that asks gets a new one."""
        running = self._running.pop((assignment.digest, device), None)
        if running is not None:
            running[0].__exit__(None, None, None)

    def close(self) -> None:
        """End all reference kernels."""
        for session, _, _ in self._running.values():
            session.__exit__(None, None, None)
        self._running.clear()

    def _start(self, assignment: Assignment, device: str) -> tuple[Session, Channel, Namespace]:
        seed = derived_seed(REFERENCE_SEED, assignment.digest)
        session = Session(self._starter, _patient(assignment.limits), assignment.files, seed=seed, device=device)
        session.__enter__()
        try:
            self._run_solution(session, assignment)
            return session, *session.serve(trusted=True)
        except CheckEnded as error:
            session.__exit__(None, None, None)
            raise ReferenceFault(f"the solution of {assignment.name} ended its kernel") from error
        except BaseException:
            session.__exit__(None, None, None)
            raise

    def _run_solution(self, session: Session, assignment: Assignment) -> None:
        for cell in session.run(solution_cells(assignment)):
            if cell.outcome not in (Outcome.PASSED, None):
                why = cell.error["message"] if cell.error else cell.outcome.value
                raise ReferenceFault(f"cell {cell.index} of the solution of {assignment.name}: {why}")


def _patient(limits: Limits) -> Limits:
    return replace(limits, seconds=PATIENCE * limits.seconds, cell_seconds=PATIENCE * limits.cell_seconds)


def solution_cells(assignment: Assignment) -> tuple[Cell, ...]:
    """Return the cells of an assignment's solution notebook.

    Raises:
        ReferenceFault: the notebook cannot be read.
    """
    try:
        return read_notebook(assignment.solution / "solution.ipynb").cells
    except NotebookError as error:
        raise ReferenceFault(str(error)) from error
