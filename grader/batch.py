"""A class to feedback, gradebook and class page. One failure never stops the rest; a killed run resumes.

::

    OUT/grades.db           every attempt, and the class; all else can be made again from it
    OUT/grades.csv          the gradebook
    OUT/index.html          the class page
    OUT/feedback/KEY.html   for the student
    OUT/reports/KEY.json    for other programs

A finished submission is graded again only if its file or the assignment has changed, or on request. An attempt that
ended by our fault is not finished.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from grader.errors import NotebookError, OutputError, UserError
from grader.feedback import IndexRow, render_index, render_report
from grader.files import write_atomically
from grader.gradebook import GRADEBOOK, render_gradebook, render_json
from grader.intake import Found, find_submissions
from grader.rows import Row, State
from grader.store import NAME as DATABASE
from grader.store import Store
from grader.workers import Answer, Job, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from grader.course import Course
    from grader.model import Assignment, Limits, Report

FEEDBACK, REPORTS, INDEX, LOCK = "feedback", "reports", "index.html", ".lock"
CHECKS_ASSUMED = 100
"""Checks of an assignment, at most, when the time is reckoned after which a worker must have hung."""
START_SECONDS = 300.0
"""Time for starting kernels, in the same reckoning."""


@dataclass(frozen=True)
class Batch:
    """What to grade and where to put it."""

    course: Course
    assignment: Assignment
    submissions: Path
    out: Path
    jobs: int = 1
    device: str = "auto"
    fresh: bool = False
    """Grade finished submissions again."""


class Watch:
    """Is told of a batch's progress; this one keeps it to itself."""

    def begin(self, total: int) -> None:
        """So many submissions were found."""

    def start(self, found: Found) -> None:
        """A worker begins to grade this one."""

    def done(self, row: Row, *, again: bool) -> None:
        """This one is done; `again` if an earlier run had done it."""

    def note(self, text: str) -> None:
        """Something that does not stop the run, but that its reader should know."""


@dataclass
class Summary:
    """A class in numbers."""

    states: Counter[State] = field(default_factory=Counter)
    passed: int = 0
    """Graded, with every point."""
    again: int = 0
    """Done by an earlier run."""

    @property
    def total(self) -> int:
        """All submissions."""
        return self.states.total()

    @property
    def complete(self) -> bool:
        """Whether every submission has a score."""
        return self.states[State.GRADED] == self.total

    def add(self, row: Row) -> None:
        """Count one submission."""
        self.states[row.state] += 1
        self.passed += row.passed


def run_batch(batch: Batch, watch: Watch | None = None, open_pool: Callable[..., Pool] = Pool) -> Summary:
    """Grade what is not finished yet, and write feedback, gradebook and class page.

    Raises:
        SubmissionsError: there is nothing to grade.
        OutputError: the output folder is in use, about another assignment, cannot be written, or the disk is full.
        CourseError: the checks of the assignment are not sound.
        KeyboardInterrupt: Ctrl-C. What was done until then is saved; gradebook and class page are written.
    """
    found = _find(batch)
    with lock_folder(batch.out), Store.open(batch.out / DATABASE) as store:
        run = _Run(batch, store, watch or Watch())
        store.list_class(found, batch.assignment.name, batch.assignment.title)
        run.watch.begin(len(found))
        try:
            run.grade(found, open_pool)
        finally:
            summary = write_class(batch.out, store)
        summary.again = run.again
        return summary


def write_class(out: Path, store: Store) -> Summary:
    """Write gradebook and class page from the store, and return the class in numbers."""
    name, title = store.assignment
    rows = list(store.latest())
    summary = Summary()
    for row in rows:
        summary.add(row)
    write_atomically(out / GRADEBOOK, render_gradebook(rows, name))
    write_atomically(out / INDEX, render_index([_index_row(row, out) for row in rows], title or name))
    return summary


@contextmanager
def lock_folder(out: Path) -> Iterator[None]:
    """Make the output folder and keep other runs out of it; the lock ends with the process, however it ends.

    Raises:
        OutputError: another run is at work in it, or it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = (out / LOCK).open("ab")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror}.", "Choose another folder with -o.") from error
    with file:
        _lock(file, out)
        yield


def _lock(file: BinaryIO, out: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        what = f"{out}: another `grade batch` is writing there."
        raise OutputError(what, "Wait for it to end, or choose another folder with -o.") from error
    except OSError as error:
        raise OutputError(f"{out}: cannot be locked: {error.strerror}.", "Choose another folder with -o.") from error


def _find(batch: Batch) -> list[Found]:
    """Return the submissions, without what lies in the output folder if that is among them."""
    found = find_submissions(batch.submissions.absolute(), batch.assignment.name)
    out, source = batch.out.resolve(), batch.submissions.resolve()
    if not out.is_relative_to(source):
        return found
    ours = (out / FEEDBACK, out / REPORTS) if out == source else (out,)
    return [each for each in found if not any(each.path.resolve().is_relative_to(folder) for folder in ours)]


@dataclass
class _Run:
    """One run over a class."""

    batch: Batch
    store: Store
    watch: Watch
    again: int = 0
    hashes: dict[str, str] = field(default_factory=dict)
    """By key: SHA-256 of the files that workers are busy with."""

    def grade(self, found: Sequence[Found], open_pool: Callable[..., Pool]) -> None:
        """Grade everything that is not finished, and keep each answer as it comes."""
        course, jobs, device = self.batch.course.folder, self.batch.jobs, self.batch.device
        with _interruption() as wake, open_pool(course, jobs, device, wake) as pool:
            for answer in pool.run(self._jobs(found), partial(_tell_start, self.watch)):
                self._keep(answer)

    def _jobs(self, found: Sequence[Found]) -> Iterator[Job]:
        """Yield a job for each submission that has to be graded; deal with the others on the way."""
        seconds = _patience(self.batch.assignment.limits)
        for each in found:
            try:
                sha256 = hashlib.sha256(each.entry.read()).hexdigest()
            except NotebookError as error:
                self._reject(each, "", State.UNREADABLE, one_line(error))
                continue
            finished = self.store.finished(each.student, sha256, self.batch.assignment.digest)
            if finished is not None and not self.batch.fresh:
                self._reuse(each, finished)
                continue
            self.hashes[each.key] = sha256
            yield Job(each, self.batch.assignment.name, page=True, seconds=seconds)

    def _keep(self, answer: Answer) -> None:
        """Save what became of a job, then write its files."""
        found = answer.job.source
        assert isinstance(found, Found)
        sha256 = self.hashes.pop(found.key)
        if answer.report is not None:
            row = self.store.save(found, answer.report)
            if answer.page_fault:
                self.watch.note(f"{found.file}: the feedback cannot be made: {answer.page_fault}")
            self._write(row, answer.report, answer.page)
            self.watch.done(row, again=False)
        elif answer.unreadable:
            self._reject(found, sha256, State.UNREADABLE, answer.unreadable)
        else:
            self._reject(found, sha256, State.NEEDS_PERSON, answer.fault)

    def _reject(self, found: Found, sha256: str, state: State, reason: str) -> None:
        """Save why a submission has no report, and remove the files of an earlier attempt at another one."""
        row = self.store.save_reason(found, sha256, self.batch.assignment.digest, state, reason)
        self._write(row, None, None)
        self.watch.done(row, again=False)

    def _reuse(self, found: Found, attempt: int) -> None:
        """List a finished attempt, and write its files if they are missing or those of another one."""
        row = self.store.reuse(found, attempt)
        if not row.written or any(row.has_report != path.is_file() for path in _files(self.batch.out, row.key)):
            report = self.store.report(attempt)
            moved = None if report is None else _moved(report, found)
            self._write(row, moved, None if moved is None else self._render(moved))
        self.again += 1
        self.watch.done(row, again=True)

    def _render(self, report: Report) -> str | None:
        try:
            return render_report(report)
        except Exception as error:  # noqa: BLE001 -- a page that cannot be made must not stop the class
            self.watch.note(
                f"{report.submission['file']}: the feedback cannot be made: {type(error).__name__}: {error}"
            )
            return None

    def _write(self, row: Row, report: Report | None, page: str | None) -> None:
        """Bring the files of a submission in line with its attempt; those that it does not have are removed."""
        html, data = _files(self.batch.out, row.key)
        for path, text in ((data, None if report is None else render_json(report)), (html, page)):
            if text is None:
                _remove(path)
            else:
                write_atomically(path, text)
        self.store.mark_written(row)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed: {error.strerror}.", "Check the permissions.") from error


def one_line(error: UserError) -> str:
    """Return what an error says as the reason of a row."""
    return f"{error.what} {error.todo}".strip()


def _tell_start(watch: Watch, job: Job) -> None:
    assert isinstance(job.source, Found)
    watch.start(job.source)


def _patience(limits: Limits) -> float:
    """Return the seconds after which a worker must have hung: far more than two tries at everything can take."""
    return 2 * (START_SECONDS + limits.seconds + CHECKS_ASSUMED * limits.check_seconds)


def _files(out: Path, key: str) -> tuple[Path, Path]:
    return out / FEEDBACK / f"{key}.html", out / REPORTS / f"{key}.json"


def _moved(report: Report, found: Found) -> Report:
    """Return a report of the same file, with the place and time at which it was found now."""
    place = {"file": found.file, "submitted": found.submitted, "late": found.late}
    return replace(report, submission={**report.submission, **place})


def _index_row(row: Row, out: Path) -> IndexRow:
    return IndexRow(
        student=row.student,
        file=row.file,
        earned=row.earned,
        possible=row.possible,
        state=row.state.value,
        reason=row.reason,
        late=row.late,
        counts=row.counts,
        href=f"{FEEDBACK}/{row.key}.html" if _files(out, row.key)[0].is_file() else None,
        seconds=row.seconds,
    )


@contextmanager
def _interruption() -> Iterator[tuple[int, ...]]:
    """Make Ctrl-C something that is noticed between two steps, never within one; a second one ends at once.

    Yields file descriptors that are readable after Ctrl-C; none outside the main thread, which alone gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield ()
        return
    reader, writer = os.pipe()
    before = signal.getsignal(signal.SIGINT)

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        os.write(writer, b"!")

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield (reader,)
    finally:
        signal.signal(signal.SIGINT, before)
        os.close(reader)
        os.close(writer)
