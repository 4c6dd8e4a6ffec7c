"""What runs inside a student's process: an ordinary ipykernel that answers a check's requests afterwards.

Started by path (`python agent.py -f connection.json`); imports nothing of the package but the frame format beside it,
and nothing outside imports it. It guards nothing: everything here is within the student's reach, so the trusted half
treats whatever comes back as hostile, and no message from here is ever a verdict.

After the cells have run, the trusted half sends one `grader_serve_request` (`{"socket": path}`) on the shell channel.
The agent connects to that socket and answers requests in the kernel's main thread until the other end closes.

========== ==================================== ================================================================
operation  fields                               answers
========== ==================================== ================================================================
names                                           the names that the notebook defines
get        name                                 a variable, function or class of the notebook
module     name                                 an imported module
attribute  of, name                             an attribute of a kept object
assign     of, name, value                      nothing; sets an attribute
item       of, key                              `object[key]`
call       of, args, kwargs                     the result
length     of                                   `len(object)`, None for an object without a length
items      of                                   a list of what iterating gives
value      of                                   the kept object itself, by value
read       path                                 a file of the working folder, as bytes
write      path, value                          nothing; writes a file of the working folder
seed       value                                nothing; seeds torch, NumPy and random
release                                         nothing; forgets all kept objects
gradients  of, args, weights                    d(sum(weights * result)) for each floating argument
========== ==================================== ================================================================

`of` is the number of a kept object. With `"keep": true` the answer stays here, as a handle, unless it is a scalar.
An error is one of::

    {"kind": "missing", "name": ...}
    {"kind": "raised", "type": ..., "mro": [...], "text": ..., "frames": [{"count", "line", "function"}]}
    {"kind": "interrupted"}, {"kind": "too_large", "reason": ...}, {"kind": "no_handle"}
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import os
import random
import resource
import signal
import socket
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from grader.inside import wire
else:
    # The folder of this file is on sys.path only until the frame format is imported: a student's `wire` is theirs.
    sys.path.insert(0, str(Path(__file__).parent))
    import wire

    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]

import numpy as np
import torch
import tqdm.std
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Type

SCALARS = (type(None), bool, int, float, str, torch.dtype, torch.device, torch.Size)
MAX_NAMES = 2_000
MAX_TEXT = 4_000
MAX_FRAMES = 20


class Interrupted(BaseException):
    """The trusted half's time limit, raised in the main thread while a request is being answered."""


class Answerer:
    """Answers requests about one notebook's names, and keeps the objects that stay here."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.kept: dict[int, Any] = {}
        self.next_id = 1
        self.busy = False
        self.operations: dict[str, Callable[[dict[str, Any]], Any]] = {
            name.removeprefix("op_"): getattr(self, name) for name in dir(self) if name.startswith("op_")
        }

    def serve(self, path: str) -> None:
        """Answer the requests that come over the socket at `path` until it is closed."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        with connection, quiet(), self.interruptible():
            while True:
                try:
                    frame = wire.read_frame(connection)
                except (EOFError, OSError):
                    return
                header, tensors = self.answer(frame)
                wire.write_frame(connection, header, tensors)

    def answer(self, frame: wire.Frame) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the reply to a request; whatever the student's code does becomes an error of the reply."""
        number = frame.header.get("id")
        encoder = wire.Encoder(self.keep)
        try:
            self.busy = True
            tree = self.perform(frame, encoder)
            self.busy = False
        except (Interrupted, KeyboardInterrupt):
            return {"id": number, "error": {"kind": "interrupted"}}, {}
        except wire.ValueTooLarge as error:
            return {"id": number, "error": {"kind": "too_large", "reason": str(error)}}, {}
        except MissingError as error:
            return {"id": number, "error": {"kind": "missing", "name": str(error)}}, {}
        except BaseException as error:
            return {"id": number, "error": self.describe(error)}, {}
        finally:
            self.busy = False
        return {"id": number, "value": tree}, encoder.tensors

    def perform(self, frame: wire.Frame, encoder: wire.Encoder) -> Any:
        """Return the tree of a request's result."""
        header = dict(frame.header)
        decoder = wire.Decoder(frame, self.find, keep_gradients=True)
        for field in ("value", "key", "args", "kwargs", "weights"):
            if field in header:
                header[field] = decoder.decode(header[field])
        value = self.operations[header["op"]](header)
        if header.get("keep") and not isinstance(value, SCALARS):
            return self.keep(value)
        return encoder.encode(value)

    def keep(self, value: Any) -> dict[str, Any]:
        """Keep an object here and return its handle."""
        number, self.next_id = self.next_id, self.next_id + 1
        self.kept[number] = value
        return {"t": "handle", "id": number, "type": type(value).__name__[:200]}

    def find(self, number: int, _type: str) -> Any:
        """Return a kept object."""
        return self.kept[number]

    def describe(self, error: BaseException) -> dict[str, Any]:
        """Return type, text and frames of an exception of the student's code."""
        try:
            text = str(error)[:MAX_TEXT]
        except BaseException:
            text = ""
        return {
            "kind": "raised",
            "type": type(error).__name__[:200],
            "mro": [parent.__name__[:200] for parent in type(error).__mro__[:MAX_FRAMES]],
            "text": text,
            "frames": self.frames(error)[-MAX_FRAMES:],
        }

    def frames(self, error: BaseException) -> list[dict[str, Any]]:
        """Return the frames that are cells of the notebook, by the cell's execution count."""
        counts = getattr(self.shell.compile, "_filename_map", {})
        found = []
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            if code.co_filename in counts:
                frame = {"count": counts[code.co_filename], "line": step.tb_lineno, "function": code.co_name}
                found.append(frame)
            step = step.tb_next
        return found

    def op_names(self, _: dict[str, Any]) -> list[str]:
        """Return the public names of the notebook."""
        hidden = self.shell.user_ns_hidden
        names = [name for name in list(self.shell.user_ns) if isinstance(name, str)]
        return [name for name in names if name not in hidden and not name.startswith("_")][:MAX_NAMES]

    def op_get(self, request: dict[str, Any]) -> Any:
        """Return a variable of the notebook."""
        name = request["name"]
        if name not in self.shell.user_ns or name in self.shell.user_ns_hidden:
            raise MissingError(name)
        return self.shell.user_ns[name]

    def op_module(self, request: dict[str, Any]) -> Any:
        """Return a module."""
        return importlib.import_module(request["name"])

    def op_attribute(self, request: dict[str, Any]) -> Any:
        """Return an attribute of a kept object."""
        owner = self.kept[request["of"]]
        try:
            return getattr(owner, request["name"])
        except AttributeError as error:
            if error.name != request["name"]:
                raise
            raise MissingError(f"{type(owner).__name__}.{request['name']}") from error

    def op_assign(self, request: dict[str, Any]) -> None:
        """Set an attribute of a kept object."""
        setattr(self.kept[request["of"]], request["name"], request["value"])

    def op_item(self, request: dict[str, Any]) -> Any:
        """Return an item of a kept object."""
        return self.kept[request["of"]][request["key"]]

    def op_call(self, request: dict[str, Any]) -> Any:
        """Call a kept object."""
        return self.kept[request["of"]](*request["args"], **request["kwargs"])

    def op_length(self, request: dict[str, Any]) -> int | None:
        """Return the length of a kept object, None if it has none."""
        value = self.kept[request["of"]]
        return len(value) if hasattr(value, "__len__") else None

    def op_items(self, request: dict[str, Any]) -> list[Any]:
        """Return what iterating over a kept object gives."""
        found = []
        for item in self.kept[request["of"]]:
            found.append(item)
            if len(found) > wire.MAX_ITEMS:
                raise wire.ValueTooLarge("more items than may cross")
        return found

    def op_value(self, request: dict[str, Any]) -> Any:
        """Return a kept object by value."""
        return self.kept[request["of"]]

    def op_read(self, request: dict[str, Any]) -> bytes:
        """Return the bytes of a file."""
        path = Path(request["path"])
        if path.stat().st_size > wire.MAX_BODY_BYTES // 2:
            raise wire.ValueTooLarge("a file larger than may cross")
        return path.read_bytes()

    def op_write(self, request: dict[str, Any]) -> None:
        """Write a file."""
        path = Path(request["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(request["value"])

    def op_seed(self, request: dict[str, Any]) -> None:
        """Seed every source of random numbers that a notebook usually draws from."""
        seed_everything(request["value"])

    def op_release(self, _: dict[str, Any]) -> None:
        """Forget all kept objects."""
        self.kept.clear()

    def op_gradients(self, request: dict[str, Any]) -> list[Any]:
        """Return autograd's gradients of a kept function with respect to its floating arguments."""
        arguments = [
            value.detach().requires_grad_() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
            for value in request["args"]
        ]
        wanted = [value for value in arguments if isinstance(value, torch.Tensor) and value.requires_grad]
        with torch.enable_grad():
            result = self.kept[request["of"]](*arguments)
            total = (result * request["weights"].reshape(result.shape)).sum()
        if not total.requires_grad:
            return [None for _ in wanted]
        return list(torch.autograd.grad(total, wanted, allow_unused=True))

    @contextlib.contextmanager
    def interruptible(self) -> Any:
        """Let SIGINT end the student's code, but never the reading of a request."""

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            if self.busy:
                raise Interrupted

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class MissingError(Exception):
    """The notebook does not define what was asked for."""


class Nowhere(io.TextIOBase):
    """Takes what is printed while checks run, and forgets it."""

    def write(self, text: str) -> int:
        """Forget `text`."""
        return len(text)


@contextlib.contextmanager
def quiet() -> Any:
    """Send what the student's functions print during checks nowhere."""
    with contextlib.redirect_stdout(Nowhere()), contextlib.redirect_stderr(Nowhere()):
        yield


class Shell(ZMQInteractiveShell):
    """An ordinary shell in which `exit()` ends nothing: the kernel keeps what the notebook defined."""

    def ask_exit(self) -> None:
        """Ignore `exit` and `quit`."""


class Kernel(IPythonKernel):
    """An ordinary ipykernel with one message more: to serve a check's requests."""

    shell_class = Type(Shell)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.shell_handlers["grader_serve_request"] = self.grader_serve_request
        shell: Any = self.shell
        self.answerer = Answerer(shell)
        self.seed = int(os.environ.pop("GRADER_SEED", "0"))
        shell.events.register("pre_run_cell", self.seed_first_cell)

    def seed_first_cell(self, _info: Any) -> None:
        """Seed when the notebook begins, as starting a kernel draws numbers of its own."""
        self.answerer.shell.events.unregister("pre_run_cell", self.seed_first_cell)
        seed_everything(self.seed)

    def grader_serve_request(self, _stream: Any, _ident: Any, parent: dict[str, Any]) -> None:
        """Serve the socket that the message names until the trusted half closes it."""
        self.answerer.serve(parent["content"]["socket"])


def seed_everything(seed: int) -> None:
    """Seed torch, NumPy and random."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 -- what students' notebooks draw from
    random.seed(seed)


def plain_progress_bars() -> None:
    """Let `tqdm.notebook` draw its bars as text: there is no browser that could show its widgets."""
    module: Any = types.ModuleType("tqdm.notebook")
    module.tqdm = module.tqdm_notebook = tqdm.std.tqdm
    module.trange = module.tnrange = tqdm.std.trange
    sys.modules["tqdm.notebook"] = tqdm.notebook = module


def die_with_parent() -> None:
    """Ask Linux to kill this process when its starter is gone, whatever ends the starter."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != int(os.environ.pop("GRADER_PARENT", os.getppid())):
            os._exit(1)


def limit_resources() -> None:
    """Set the limits that the starter passed: memory, size of a file, no core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, limit in (("GRADER_MEMORY_MB", resource.RLIMIT_DATA), ("GRADER_DISK_MB", resource.RLIMIT_FSIZE)):
        size = int(os.environ.pop(name, "0")) * 2**20
        if size:
            resource.setrlimit(limit, (size, size))


def main() -> None:
    """Become a kernel."""
    die_with_parent()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    limit_resources()
    plain_progress_bars()
    IPKernelApp.launch_instance(kernel_class=Kernel)


if __name__ == "__main__":
    main()
