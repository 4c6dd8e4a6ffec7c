"""Requests to a kernel over its private socket, each with its reply before a deadline, or a named end of the check."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Any

from grader.errors import (
    CheckEnded,
    CheckFault,
    Failed,
    KernelDied,
    MissingName,
    NotReached,
    OutOfMemory,
    ReferenceFault,
    StudentRaised,
    TimedOut,
)
from grader.inside.wire import Decoder, Encoder, Frame, ValueTooLarge, WireError, read_frame, write_frame
from grader.kernel.cells import OUT_OF_MEMORY
from grader.kernel.frames import MAX_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.kernel.frames import CellMap
    from grader.kernel.starting import Process

CONNECT_SECONDS = 10.0
GRACE_SECONDS = 2.0
MAX_STALE_REPLIES = 100
PLAIN_FIELDS = ("of", "name", "path")


class Channel:
    """The trusted end of one kernel's socket.

    `start_check` sets the seconds that all requests of a check together may take; what the check itself or another
    kernel takes is not counted.
    """

    def __init__(self, process: Process, connection: socket.socket, places: CellMap, *, trusted: bool = False) -> None:
        """`trusted` is for the reference: what goes wrong there is never the student's doing."""
        self._trusted = trusted
        self._process = process
        self._connection = connection
        self._places = places
        self._number = 0
        self._end: KernelDied | TimedOut | None = None
        self._seconds = self._left = CONNECT_SECONDS
        self._deadline = 0.0

    @contextlib.contextmanager
    def in_the_students_place(self) -> Iterator[None]:
        """Treat this kernel as a student's meanwhile: what goes wrong there is an end of the check, not our fault."""
        before, self._trusted = self._trusted, False
        try:
            yield
        finally:
            self._trusted = before

    def start_check(self, seconds: float, seed: int) -> None:
        """Give the next check its time, seed the kernel, and forget the objects of the check before."""
        self._seconds = self._left = seconds
        self.request("release")
        self.request("seed", value=seed)

    @property
    def ended(self) -> KernelDied | TimedOut | None:
        """What ended the kernel, None while it lives."""
        return self._end

    def request(
        self, operation: str, make: Callable[[int, str], Any] | None = None, *, keep: bool = False, **fields: Any
    ) -> Any:
        """Return the answer to one request; `make` turns a handle's number and type into a value.

        Raises:
            CheckEnded: the student's code raised, was too slow, or is gone; what it sent is no value.
            ReferenceFault: the same of the reference.
            CheckFault: an argument cannot travel to this kernel.
        """
        try:
            return self._exchange(operation, make, fields, keep=keep)
        except CheckEnded as error:
            if self._trusted:
                raise ReferenceFault(f"the reference at {operation}: {error.message}") from error
            raise

    def _exchange(
        self, operation: str, make: Callable[[int, str], Any] | None, fields: dict[str, Any], *, keep: bool
    ) -> Any:
        if self._end is not None:
            raise NotReached({"key": "not_reached"})
        self._number += 1
        started = time.monotonic()
        self._deadline = started + max(0.0, self._left)
        self._send(operation, fields, keep=keep)
        frame = self._receive()
        self._left -= time.monotonic() - started
        if "error" in frame.header:
            raise self._error(frame.header["error"])
        try:
            return Decoder(frame, make or _no_handle).decode(frame.header.get("value"))
        except WireError as error:
            raise self._broken() from error

    def close(self) -> None:
        """Close the socket; the agent returns to its kernel."""
        self._connection.close()

    def _send(self, operation: str, fields: dict[str, Any], *, keep: bool) -> None:
        encoder = Encoder(self._own_handle)
        header: dict[str, Any] = {"id": self._number, "op": operation, "keep": keep}
        try:
            for name, value in fields.items():
                header[name] = value if name in PLAIN_FIELDS else encoder.encode(value)
            self._connection.settimeout(max(0.001, self._deadline - time.monotonic()))
            write_frame(self._connection, header, encoder.tensors)
        except ValueTooLarge as error:
            raise CheckFault(f"an argument of {operation} is too large: {error}") from error
        except TimeoutError as error:
            raise self._stop() from error
        except OSError as error:
            raise self._died() from error

    def _own_handle(self, value: Any) -> dict[str, Any]:
        handle = getattr(value, "_grader_handle", None)
        if handle is None or handle[0] is not self:
            raise CheckFault(f"a {type(value).__name__} cannot be passed to this kernel")
        return {"t": "handle", "id": handle[1], "type": ""}

    def _receive(self) -> Frame:
        """Return the reply to the latest request, past replies to earlier ones that came too late."""
        try:
            for _ in range(MAX_STALE_REPLIES):
                frame = read_frame(self._connection, self._deadline)
                if frame.header.get("id") == self._number:
                    return frame
        except TimeoutError as error:
            raise self._stop() from error
        except (EOFError, OSError) as error:
            raise self._died() from error
        except WireError as error:
            raise self._broken() from error
        raise self._broken()

    def _stop(self) -> TimedOut:
        """Interrupt the student's code; kill its kernel if it does not come back."""
        message = {"key": "timed_out", "seconds": self._seconds}
        self._process.interrupt()
        deadline = time.monotonic() + GRACE_SECONDS
        try:
            while read_frame(self._connection, deadline).header.get("id") != self._number:
                continue
        except (OSError, EOFError, WireError):
            self._process.kill()
            self._end = TimedOut(message)
        return TimedOut(message)

    def _died(self) -> KernelDied:
        self._end = KernelDied({"key": "kernel_died"})
        self._process.kill()
        return self._end

    def _broken(self) -> KernelDied:
        self._end = KernelDied({"key": "no_reply"})
        self._process.kill()
        return self._end

    def _error(self, error: Any) -> Exception:
        """Return the end of the check that an error reply means. Its texts are the student's."""
        if not isinstance(error, dict):
            return self._broken()
        kind = error.get("kind")
        if kind == "missing":
            return MissingName({"key": "missing_name", "name": str(error.get("name"))[:200]})
        if kind == "interrupted":
            return TimedOut({"key": "timed_out", "seconds": self._seconds})
        if kind == "too_large":
            return Failed({"key": "value_too_large", "reason": str(error.get("reason"))[:200]})
        return self._raised(error)

    def _raised(self, error: dict[str, Any]) -> Exception:
        name, text = str(error.get("type"))[:200], str(error.get("text"))[:4000]
        frames = error.get("frames")
        message = {
            "key": "raised",
            "type": name,
            "text": text,
            "frames": [self._frame(frame) for frame in frames[-MAX_FRAMES:]] if isinstance(frames, list) else [],
        }
        if OUT_OF_MEMORY.search(f"{name}: {text}"):
            return OutOfMemory(message)
        mro = error.get("mro")
        return StudentRaised(message, [str(parent) for parent in mro] if isinstance(mro, list) else ())

    def _frame(self, frame: Any) -> dict[str, Any]:
        fields = frame if isinstance(frame, dict) else {}
        return self._places.frame(fields.get("count"), fields.get("line"), fields.get("function"))


@contextlib.contextmanager
def listen(path: Path) -> Any:
    """Listen on a socket at `path` while the agent is told to connect to it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(0.1)
        yield listener


def accept(listener: socket.socket, process: Process) -> socket.socket | None:
    """Return the agent's connection, None when the kernel ends or never connects."""
    deadline = time.monotonic() + CONNECT_SECONDS
    while time.monotonic() < deadline and process.exit_status() is None:
        with contextlib.suppress(TimeoutError):
            return listener.accept()[0]
    return None


def _no_handle(_number: int, _type: str) -> Any:
    raise WireError("a handle where a value was asked for")
