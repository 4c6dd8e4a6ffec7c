"""One kernel from start to end: a workplace, a process, its cells, its channel."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from grader.errors import KernelDied, KernelFault, OutOfMemory, TimedOut
from grader.kernel.cells import run_cells
from grader.kernel.channel import Channel, accept, listen
from grader.kernel.frames import CellMap
from grader.kernel.remote import Namespace
from grader.kernel.starting import close
from grader.kernel.workplace import open_workplace
from grader.model import CellResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from grader.kernel.starting import KernelStarter
    from grader.model import Cell, Limits


class Session:
    """A running kernel; leaving the `with` block kills it and removes its folders.

    Everything here runs in the calling thread: nbclient's coroutines on a loop of the session's own, requests over a
    blocking socket.
    """

    def __init__(
        self, starter: KernelStarter, limits: Limits, files: Mapping[str, Path], *, seed: int, device: str
    ) -> None:
        self._starter = starter
        self._limits = limits
        self._files = files
        self._seed = seed
        self._device = device
        self._places = CellMap()
        self._stack = ExitStack()
        self.cells: tuple[CellResult, ...] = ()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._workplace = stack.enter_context(open_workplace(self._files))
            self._runner = stack.enter_context(asyncio.Runner())
            start = self._starter.start(self._workplace, self._limits, seed=self._seed, device=self._device)
            self._process = self._runner.run(start)
            stack.callback(lambda: self._runner.run(close(self._process)))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, cells: Sequence[Cell]) -> tuple[CellResult, ...]:
        """Run a notebook's cells from top to bottom and return what became of each."""
        self.cells = self._runner.run(run_cells(self._process, cells, self._limits, self._places))
        return self.cells

    def serve(self, *, trusted: bool = False) -> tuple[Channel, Namespace]:
        """Return the channel and the names of the kernel, for checks; `trusted` for the reference.

        Raises:
            KernelDied, TimedOut, OutOfMemory: the kernel is gone.
        """
        path = self._workplace.run / "checks"
        with listen(path) as listener:
            if self._process.exit_status() is None:
                self._runner.run(self._ask_to_serve(str(path)))
            connection = accept(listener, self._process)
        if connection is None:
            raise self._what_ended_it()
        self._stack.callback(connection.close)
        channel = Channel(self._process, connection, self._places, trusted=trusted)
        return channel, Namespace(channel)

    async def _ask_to_serve(self, path: str) -> None:
        client = self._process.client
        client.shell_channel.send(client.session.msg("grader_serve_request", {"socket": path}))

    def _what_ended_it(self) -> Exception:
        """Return the end that the cells had, as the end that every check has."""
        for cell in self.cells:
            if cell.outcome is Outcome.TIMED_OUT:
                return TimedOut({"key": "timed_out", "seconds": self._limits.cell_seconds, "cell": cell.index})
            if cell.outcome is Outcome.OUT_OF_MEMORY:
                message = {"key": "out_of_memory", "megabytes": self._limits.memory_mb, "cell": cell.index}
                return OutOfMemory(message)
            if cell.outcome is Outcome.KERNEL_DIED:
                return KernelDied({"key": "kernel_died", "cell": cell.index})
        if not self.cells:
            return KernelFault("a new kernel does not serve")
        return KernelDied({"key": "kernel_died"})
