"""What a command uses: wall seconds, CPU seconds of all its processes, and their peak memory."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE_SECONDS = 0.2
PR_SET_CHILD_SUBREAPER = 36


class CommandError(RuntimeError):
    """A command ended with an exit code that was not expected; carries the end of its log."""


@dataclass(frozen=True)
class Usage:
    """What one command used."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    """Highest sum of proportional set sizes, so that memory shared by forked processes counts once."""


def adopt_orphans() -> None:
    """Make this process the parent of orphans below it, so that the CPU time of each is counted."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot become a subreaper")


def measure(commands: Sequence[Sequence[str | Path]], folder: Path, *, at_once: int = 1) -> Usage:
    """Run all commands in `folder`, `at_once` of them at a time, and return what they used together.

    What they print goes to `log.txt` there.

    Raises:
        CommandError: a command ended with another exit code than 0 or 1. Graders use 1 to say that there was
            something about a submission, which is a result too.
    """
    before = _cpu_seconds()
    peak = PeakMemory()
    started = time.perf_counter()
    log = folder / "log.txt"
    with log.open("ab") as output, peak:
        codes = _run_all(commands, at_once, folder, output.fileno())
    seconds = time.perf_counter() - started
    _reap_orphans()
    if not set(codes) <= {0, 1}:
        raise CommandError(f"exit codes {codes} of {commands[0][0]}:\n{_last_lines(log)}")
    return Usage(seconds, _cpu_seconds() - before, peak.megabytes)


def _run_all(commands: Sequence[Sequence[str | Path]], at_once: int, folder: Path, output: int) -> list[int]:
    """Return the exit codes of the commands, in the order in which they ended."""
    waiting, running, codes = list(commands), list[subprocess.Popen[bytes]](), list[int]()
    while waiting or running:
        while waiting and len(running) < at_once:
            running.append(_start(waiting.pop(0), folder, output))
        _wait_for_one(running)
        codes += [process.returncode for process in running if process.returncode is not None]
        running = [process for process in running if process.returncode is None]
    return codes


def _start(command: Sequence[str | Path], folder: Path, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=activated(command[0]),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


def activated(tool: str | Path) -> dict[str, str]:
    """Return the environment variables of the virtual environment that a command lies in, one thread for arithmetic."""
    path = f"{Path(tool).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _wait_for_one(running: list[subprocess.Popen[bytes]]) -> None:
    """Return when at least one of the processes has ended."""
    if len(running) == 1:
        running[0].wait()
        return
    while all(process.poll() is None for process in running):
        time.sleep(0.01)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap_orphans() -> None:
    """End what a command left running, and wait for it, so that it is counted and disturbs no later run."""
    for process in psutil.Process().children(recursive=True):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _last_lines(log: Path, count: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


class PeakMemory:
    """Samples the memory of all processes below this one while it is entered."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(SAMPLE_SECONDS):
            used = sum(_proportional_bytes(process) for process in me.children(recursive=True))
            self.megabytes = max(self.megabytes, used / 2**20)


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0
    except psutil.AccessDenied:
        return _resident_bytes(process)


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
