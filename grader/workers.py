"""A pool of worker processes: jobs go out over pipes, answers come back in the order in which they are done.

Each worker has one `Grader` and grades one submission at a time, in its main thread, because checks draw from torch's
process-wide generator. What may happen to a worker, and what follows:

==============================  =======================================================================
it dies (kill -9, memory)       noticed at once; a new worker repeats the job once, then its answer is a fault
it takes longer than the job's  it is killed, and then as above
`seconds`
the job raises                  the answer is a fault: a person has to look
its parent dies                 its pipe to the parent ends; it closes its kernels and exits
Ctrl-C                          it ignores SIGINT; the parent decides and sends SIGTERM, and the worker
                                closes its kernels and exits. The kernels of a killed one die with it (PDEATHSIG)
==============================  =======================================================================
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import connection as pipes
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from grader.errors import KernelFault, UserError
from grader.model import Report, report_from_json
from grader.worker import Job, Opener, Source, open_grading, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, SpawnContext
    from multiprocessing.process import BaseProcess
    from types import TracebackType

__all__ = ["Answer", "Job", "Pool", "Source"]

TRIES = 2
"""A job whose worker dies is repeated once before a person is asked."""
FAILED_STARTS = 3
"""So many workers in a row that end before they are ready mean that none will ever be."""
GRACE_SECONDS = 8.0
"""How long workers may take to close their kernels before they are killed."""
LAST_SECONDS = 2.0
"""How long a worker that has closed its pipe may take to exit."""
PRELOADED = ["grader.worker", "grader.grading", "grader.feedback"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Answer:
    """What became of a job: a report, or why there is none."""

    job: Job
    report: Report | None = None
    page: str | None = None
    page_fault: str = ""
    """Why the page could not be made."""
    unreadable: str = ""
    """Why the submission is no notebook that can be graded."""
    fault: str = ""
    """What went wrong on our side; a person has to look."""


@dataclass
class _Try:
    job: Job
    number: int = 1


@dataclass
class _Worker:
    """The parent's view of one worker process."""

    process: BaseProcess
    connection: Connection
    folder: Path
    """Holds the temporary files of the worker and its kernels; gone with the worker."""
    current: _Try | None = None
    deadline: float = float("inf")
    ready: bool = False
    gone: bool = False

    def give(self, task: _Try) -> None:
        """Send a job. If the worker has just died, that is noticed when its answer is awaited."""
        self.current = task
        self.deadline = float("inf") if task.job.seconds is None else time.monotonic() + task.job.seconds
        with suppress(OSError):
            self.connection.send(task.job)

    def receive(self) -> dict[str, Any] | None:
        """Return the next message, None when there is none (yet, or ever: then the worker is gone)."""
        try:
            if not self.connection.poll():
                self.gone = not self.process.is_alive()
                return None
            message: dict[str, Any] = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            self.gone = True
            self.process.join(LAST_SECONDS)
            return None
        return message

    def bury(self) -> None:
        """Kill the process if it still lives, and remove what it left."""
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Pool:
    """Up to `jobs` workers for one course; leaving the `with` block ends them and their kernels.

    `wake` are file descriptors (of pipes) that end the waiting with a KeyboardInterrupt when they are readable.
    """

    course: Path
    jobs: int = 1
    device: str = "auto"
    wake: Sequence[int] = ()
    opener: Opener = open_grading
    _workers: list[_Worker] = field(default_factory=list, init=False)
    _again: deque[_Try] = field(default_factory=deque, init=False)
    _failed_starts: int = field(default=0, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, jobs: Iterable[Job], on_start: Callable[[Job], None] | None = None) -> Iterator[Answer]:
        """Yield an answer for each job. A job is taken from `jobs` only when a worker is free for it.

        Raises:
            UserError: the course or this machine is not fit to grade with, as a worker found.
            KernelFault: no worker can be started.
            KeyboardInterrupt: one of `wake` became readable.
        """
        waiting = iter(jobs)
        while True:
            self._hand_out(waiting, on_start)
            busy = [worker for worker in self._workers if worker.current]
            if not busy:
                return
            self._wait(busy)
            for worker in busy:
                answer = self._collect(worker)
                if answer is not None:
                    yield answer

    def close(self) -> None:
        """End all workers: ask them to close their kernels, kill those that take too long."""
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        try:
            for worker in self._workers:
                worker.process.join(max(0.0, deadline - time.monotonic()))
        finally:
            while self._workers:
                self._workers.pop().bury()

    def _hand_out(self, waiting: Iterator[Job], on_start: Callable[[Job], None] | None) -> None:
        """Give a job to every free worker, starting workers as long as there are jobs for them."""
        free = [worker for worker in self._workers if not worker.current]
        while free or len(self._workers) < self.jobs:
            task = self._next(waiting)
            if task is None:
                return
            worker = free.pop() if free else self._start()
            if on_start and task.number == 1:
                on_start(task.job)
            worker.give(task)

    def _next(self, waiting: Iterator[Job]) -> _Try | None:
        if self._again:
            return self._again.popleft()
        job = next(waiting, None)
        return None if job is None else _Try(job)

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        folder = Path(tempfile.mkdtemp(prefix="grade-"))
        process = self._context.Process(
            target=work, args=(theirs, self.course, self.device, folder, self.opener), name="grade-worker"
        )
        process.start()
        theirs.close()
        worker = _Worker(process, ours, folder)
        self._workers.append(worker)
        return worker

    @cached_property
    def _context(self) -> ForkServerContext | SpawnContext:
        if not sys.platform.startswith("linux"):
            return multiprocessing.get_context("spawn")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        with _for_workers():
            forkserver.ensure_running()
        return context

    def _wait(self, busy: list[_Worker]) -> None:
        """Wait until a worker has something to say, has died or is overdue."""
        first = min(worker.deadline for worker in busy)
        timeout = None if first == float("inf") else max(0.0, first - time.monotonic())
        events = [each for worker in busy for each in (worker.connection, worker.process.sentinel)]
        ready = pipes.wait([*events, *self.wake], timeout)
        if set(self.wake) & {each for each in ready if isinstance(each, int)}:
            raise KeyboardInterrupt

    def _collect(self, worker: _Worker) -> Answer | None:
        """Return the answer that a worker has sent, or that its end makes; None when it is still at work."""
        message = worker.receive()
        if message is None:
            overdue = time.monotonic() >= worker.deadline
            return self._give_up(worker) if worker.gone or overdue else None
        if "ready" in message:
            worker.ready, self._failed_starts = True, 0
            return None
        if "user_error" in message:
            raise UserError(*message["user_error"])
        task, worker.current = worker.current, None
        assert task is not None
        return _answer(task.job, message)

    def _give_up(self, worker: _Worker) -> Answer | None:
        """Bury a worker that died or hangs; repeat its job, or answer that it cannot be done."""
        why = _how_it_ended(worker.process.exitcode) if worker.gone else "did not end in time"
        worker.bury()
        self._workers.remove(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= FAILED_STARTS:
                raise KernelFault(f"no worker process can be started: it {why}")
        task = worker.current
        assert task is not None
        if task.number < TRIES:
            self._again.append(_Try(task.job, task.number + 1))
            return None
        return Answer(task.job, fault=f"The process that graded it {why}, {task.number} times.")


def _answer(job: Job, message: dict[str, Any]) -> Answer:
    report = message.pop("report", None)
    return Answer(job, report=None if report is None else report_from_json(report), **message)


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name if -exit_code in set(signal.Signals) else str(-exit_code)
        return f"was killed by {name}" + (" (perhaps for its memory)" if name == "SIGKILL" else "")
    return f"ended with status {exit_code}"


@contextmanager
def _for_workers() -> Iterator[None]:
    """Set what the server that workers are forked from shall inherit: no SIGINT, one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    handler = _set_interrupt(signal.SIG_IGN)
    try:
        yield
    finally:
        _set_interrupt(handler)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _set_interrupt(handler: Any) -> Any:
    """Set what SIGINT does and return what it did; only a main thread may."""
    try:
        return signal.signal(signal.SIGINT, handler)
    except ValueError:
        return None
