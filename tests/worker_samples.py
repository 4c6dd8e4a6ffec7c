"""What workers do in tests: a source says what shall happen, and no torch is needed for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from class_samples import make_report

from grader.errors import CourseError, NotebookError
from grader.model import Submission


@dataclass(frozen=True)
class Act:
    """A source whose grading does `what`; `mark` is a file that says how often it was tried."""

    what: str = "pass"
    mark: Path | None = None

    def load(self) -> Submission:
        if self.what == "unreadable":
            raise NotebookError("x.ipynb: the file is empty.", "Save it again.")
        return Submission(Path("x.ipynb"), "a" * 64, ())


@contextmanager
def acting(course: Path, device: str):
    """Open what grades by acting."""
    yield act


def act(job):
    """Do what the job's source says, and report its worker's process id as the seed."""
    job.source.load()
    if job.source.mark:
        with job.source.mark.open("a") as file:
            file.write(f"{os.getpid()}\n")
    what = job.source.what
    if what == "die" or (what == "die once" and len(job.source.mark.read_text().split()) == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "exit":
        os._exit(3)
    if what == "raise":
        raise ZeroDivisionError("in a check")
    if what == "unsound":
        raise CourseError(["checks.py: is not sound."], "Mend it.")
    if what.startswith("sleep"):
        time.sleep(float(what.split()[1]))
    report = make_report()
    return replace(report, attempt=replace(report.attempt, seed=os.getpid()))


@contextmanager
def with_child(course: Path, device: str):
    """Open what grades while a child process, as a kernel, lives until this is closed."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    course.write_text(f"{os.getpid()} {child.pid} {tempfile.gettempdir()}")
    try:
        yield act
    finally:
        child.kill()
        child.wait()


@contextmanager
def unfit(course: Path, device: str):
    """Fail to open, as on a machine without CUDA."""
    raise CourseError(["There is no CUDA device."], "Use --device cpu.")
    yield


@contextmanager
def stillborn(course: Path, device: str):
    """Die before being ready."""
    os._exit(7)
    yield
