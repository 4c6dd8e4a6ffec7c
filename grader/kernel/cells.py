"""Running a notebook's cells from top to bottom, each to its outcome, whatever it does."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode

from grader.kernel.frames import MAX_FRAMES
from grader.model import CellResult, Outcome, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.kernel.frames import CellMap
    from grader.kernel.starting import Process
    from grader.model import Cell, Limits

GRACE_SECONDS = 3.0
"""How long a cell may take to end after it was interrupted, before its kernel is killed."""
OUTPUT_SECONDS = 1.0
"""How long to wait for output after a cell's reply; below the grace, so that lost output does not cost the kernel."""
OUT_OF_MEMORY = re.compile(r"MemoryError|can't allocate memory|CUDA out of memory|Cannot allocate memory")
SHOWN_MESSAGES = frozenset({"stream", "display_data", "execute_result", "error", "update_display_data"})
OTHER_MESSAGES = frozenset({"status", "clear_output", "execute_input"})
MESSAGE_BYTES = 200
"""What one message costs of the output limit beside its content."""
ANSI = re.compile(r"\x1b\[[0-9;]*m")
FRAME = re.compile(r"Cell In\[(\d{1,9})\], line (\d{1,9})(?:, in ([^\n(]{1,80}))?")
MAX_TRACEBACK = 20_000


@dataclass
class Clock:
    """The time that is left for all cells of a notebook."""

    limits: Limits
    ends: float

    def for_cell(self) -> float:
        """Return the seconds that the next cell may take, not above zero when the notebook's time is over."""
        return min(self.limits.cell_seconds, self.ends - time.monotonic())


class Runner(NotebookClient):
    """nbclient's client of one kernel, with a limit on output and an eye on the process."""

    def __init__(self, process: Process, cells: Sequence[Cell], limits: Limits) -> None:
        # Cells are made anew from their sources: no tag or metadata of the student's reaches nbclient.
        super().__init__(
            NotebookNode(metadata={}, cells=[_node(cell) for cell in cells]),
            km=process.manager,
            allow_errors=True,
            timeout=None,
            record_timing=False,
            store_widget_state=False,
            iopub_timeout=OUTPUT_SECONDS,
        )
        self.kc = process.client
        self.process = process
        self.bytes_left = limits.output_kb * 1024
        self.cut = False
        self.complete = False
        self.reply: dict[str, Any] = {}
        self.on_cell_executed = self.remember

    def remember(self, execute_reply: dict[str, Any], **_: Any) -> None:
        """Keep the reply to the cell that has just run."""
        content = execute_reply.get("content")
        self.reply = content if isinstance(content, dict) else {}

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Take one message of the kernel; a malformed one, one of no use, or one over the limit is dropped."""
        kind = msg.get("msg_type")
        if kind in SHOWN_MESSAGES:
            self.bytes_left -= MESSAGE_BYTES + _size(msg.get("content"))
            if self.bytes_left < 0:
                self.cut = True
                return None
        elif kind not in OTHER_MESSAGES:
            return None
        try:
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            self.complete = True
            raise
        except Exception:  # noqa: BLE001 -- a student's kernel can send anything; nothing of it is evidence
            return None


async def run_cells(process: Process, cells: Sequence[Cell], limits: Limits, places: CellMap) -> tuple[CellResult, ...]:
    """Run the code cells in order and return one result per cell of the notebook.

    `places` learns the execution count of every cell, so that frames can be mapped to cells.
    """
    runner = Runner(process, cells, limits)
    clock = Clock(limits, time.monotonic() + limits.seconds)
    results = []
    for position, cell in enumerate(cells):
        if cell.kind != "code" or not cell.source.strip():
            results.append(CellResult(cell.index, cell.kind, cell.source, outcome=None))
        elif process.exit_status() is not None or clock.for_cell() <= 0:
            results.append(CellResult(cell.index, cell.kind, cell.source, Outcome.NOT_REACHED))
        else:
            results.append(await _run_cell(runner, position, cell, clock, places))
    return tuple(results)


async def _run_cell(runner: Runner, position: int, cell: Cell, clock: Clock, places: CellMap) -> CellResult:
    runner.reply, runner.cut, runner.complete = {}, False, False
    started = time.monotonic()
    outcome = await _await_end(runner, position, clock.for_cell())
    seconds = time.monotonic() - started
    node = runner.nb.cells[position]
    places.add(runner.reply.get("execution_count"), cell)
    error = _error(runner.reply, places) if outcome is Outcome.PASSED else None
    if error is not None:
        outcome = Outcome.OUT_OF_MEMORY if _ran_out_of_memory(error) else Outcome.ERROR
    outputs = tuple(plain(output) for output in node.outputs)
    lost = bool(runner.reply) and not runner.complete  # the last message is missing, and what else?
    if lost:
        await runner.process.reconnect_output()
    return CellResult(cell.index, cell.kind, cell.source, outcome, seconds, error, outputs, runner.cut or lost)


async def _await_end(runner: Runner, position: int, seconds: float) -> Outcome:
    """Wait for the end of a cell: its reply, its time limit, or the death of its kernel."""
    running = asyncio.ensure_future(runner.async_execute_cell(runner.nb.cells[position], position))
    watching = asyncio.ensure_future(_death(runner.process))
    both = {running, watching}
    try:
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not running.done() and not watching.done():
            runner.process.interrupt()
            await asyncio.wait(both, timeout=GRACE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                runner.process.kill()
            return Outcome.TIMED_OUT
        return Outcome.KERNEL_DIED if watching.done() or _failed(running) else Outcome.PASSED
    finally:
        await _end(running)
        await _end(watching)


def _failed(running: asyncio.Future[Any]) -> bool:
    return running.done() and running.exception() is not None


async def _death(process: Process) -> None:
    while process.exit_status() is None:  # noqa: ASYNC110 -- jupyter_client's process gives no event
        await asyncio.sleep(0.05)


async def _end(task: asyncio.Future[Any]) -> None:
    task.cancel()
    try:
        await task
    except (asyncio.CancelledError, DeadKernelError):
        return
    except Exception:  # noqa: BLE001 -- whatever a malformed message made nbclient raise has been counted already
        return


def _error(reply: dict[str, Any], places: CellMap) -> dict[str, Any] | None:
    """Return type, text and frames of the exception that ended a cell."""
    if reply.get("status") != "error":
        return None
    lines = reply.get("traceback")
    traceback = "\n".join(str(line) for line in lines) if isinstance(lines, list) else ""
    traceback = ANSI.sub("", traceback)[-MAX_TRACEBACK:]
    frames = [
        places.frame(int(count), int(line), function.strip()) for count, line, function in FRAME.findall(traceback)
    ]
    return {
        "type": str(reply.get("ename", ""))[:200],
        "message": ANSI.sub("", str(reply.get("evalue", "")))[:4000],
        "frames": frames[-MAX_FRAMES:],
    }


def _ran_out_of_memory(error: dict[str, Any]) -> bool:
    return bool(OUT_OF_MEMORY.search(f"{error['type']}: {error['message']}"))


def _node(cell: Cell) -> NotebookNode:
    return NotebookNode(cell_type="code", source=cell.source, metadata={}, outputs=[], execution_count=None)


def _size(content: Any) -> int:
    """Return about how many bytes the content of an output message holds."""
    if isinstance(content, dict):
        return sum(_size(value) for value in content.values())
    if isinstance(content, list):
        return sum(_size(value) for value in content)
    return len(content) if isinstance(content, str) else 8
