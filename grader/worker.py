"""The life of one worker process: take a job, grade it, answer; and end in good order whatever happens.

An answer is one JSON object: `{"report", "page", "page_fault"}`, `{"unreadable"}` or `{"fault"}`; a worker also says
`{"ready": true}` when it can grade, and `{"user_error": [what, todo]}` when it will never be able to.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection as pipes
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from grader.course import open_course
from grader.errors import NotebookError, UserError
from grader.feedback import render_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from grader.model import Report, Submission

END_SECONDS = 5.0
"""How long a worker without a parent may take to close its kernels."""


class Source(Protocol):
    """Where a submission comes from; it is pickled, so it should name a place rather than hold the bytes."""

    def load(self) -> Submission:
        """Return the submission.

        Raises:
            NotebookError: it is no notebook that can be graded.
        """
        ...


@dataclass(frozen=True)
class Job:
    """One submission to be graded by a worker."""

    source: Source
    assignment: str
    page: bool = False
    """Whether the answer shall hold the feedback page: workers render in parallel."""
    seconds: float | None = None
    """After this time its worker is taken for hung."""


Grade = Callable[[Job], "Report"]
Opener = Callable[[Path, str], AbstractContextManager[Grade]]
"""Makes what grades, from the course's folder and the device. Picklable."""


@contextmanager
def open_grading(course_folder: Path, device: str) -> Iterator[Grade]:
    """Grade with a real `Grader`."""
    from grader.grading import Grader  # noqa: PLC0415 -- only workers wait for torch

    course = open_course(course_folder)
    with Grader(course, device=choose_device(device)) as grader:
        yield lambda job: grader.grade(job.source.load(), course.assignment(job.assignment))


def choose_device(wanted: str) -> str:
    """Return `cpu` or `cuda` for `auto`, `cpu` or `cuda`.

    Raises:
        UserError: CUDA is asked for and not there.
    """
    if wanted == "cpu":
        return wanted
    import torch  # noqa: PLC0415 -- only workers wait for it

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise UserError("There is no CUDA device that torch can use.", "Use --device cpu, or see `grade doctor`.")
    return "cpu"


def work(connection: Connection, course: Path, device: str, folder: Path, opener: Opener) -> None:
    """Grade what comes over the pipe until it is closed; `folder` takes all temporary files."""
    tempfile.tempdir = str(folder)
    signal.signal(signal.SIGINT, lambda *_: None)  # a handler, as ignoring would be inherited by kernels
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    try:
        with opener(course, device) as grade:
            _send(connection, {"ready": True})
            while (job := _receive(connection)) is not None:
                _send(connection, _answer(grade, job))
    except UserError as error:
        _send(connection, {"user_error": [error.what, error.todo]})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _receive(connection: Connection) -> Job | None:
    """Return the next job, None when the parent wants no more or is gone."""
    try:
        job: Job = connection.recv()
    except (EOFError, OSError):
        return None
    return job


def _send(connection: Connection, message: dict[str, Any]) -> None:
    """Send a message; a parent that is gone is noticed when the next job is awaited."""
    with suppress(OSError):
        connection.send_bytes(json.dumps(message).encode())


def _answer(grade: Grade, job: Job) -> dict[str, Any]:
    """Return what became of a job. Only what concerns the whole course is raised."""
    try:
        report = grade(job)
    except NotebookError as error:
        return {"unreadable": f"{error.what} {error.todo}".strip()}
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 -- one submission must not end the others; a person sees the fault
        return {"fault": _describe(error)}
    answer: dict[str, Any] = {"report": report.to_json()}
    return answer | _page(report) if job.page else answer


def _page(report: Report) -> dict[str, str]:
    try:
        return {"page": render_report(report)}
    except Exception as error:  # noqa: BLE001 -- a page that cannot be made must not cost the report
        return {"page_fault": _describe(error)}


def _describe(error: Exception) -> str:
    """Return an exception and its place on one line, for a person."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"[:500]


def _end(number: int, _: object) -> None:
    """Unwind the attempt, so that its kernels are closed; say nothing about what is left behind."""
    signal.signal(number, signal.SIG_IGN)
    logging.disable()
    raise SystemExit(128 + number)


def _end_with_parent(folder: Path) -> None:
    """Wait for the parent's end, then end this process, within a few seconds even if it is deep in C code."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    pipes.wait([parent.sentinel])
    with suppress(ProcessLookupError):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(END_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
