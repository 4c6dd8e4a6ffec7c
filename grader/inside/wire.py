"""The frames between a check and a kernel, one definition for both ends.

This is the one file of `grader/inside/` that the trusted half imports too, so that the format is written once. It
imports nothing of the package. A student may replace the copy in their own process; the decoder of the trusted half
is never theirs, and it believes nothing: not a length, not a depth, not a type.

A frame::

    4 bytes    length of the header, big-endian unsigned
    8 bytes    length of the body, big-endian unsigned
    header     JSON (UTF-8): a request or a reply
    body       safetensors: the tensors, arrays and bytes that the header refers to by number; empty without any

    tensor               {"t": "tensor", "n": number, "device": "cuda:0"}; also "requires_grad": true, "grad": tree
beside this file lists the operations. A tree is a JSON scalar or an object whose `"t"` names its kind::

    list, tuple, dict    {"t": "list", "v": [tree...]}; a dict holds pairs
    tensor               {"t": "tensor", "n": number, "device": "cuda:0"}; "requires_grad": true, "grad": tree if so
    array                {"t": "array", "n": number, "dtype": ">i4"}, a NumPy scalar with "scalar": true
    bytes                {"t": "bytes", "n": number}
    dtype, device, size  {"t": "dtype", "v": "float32"}
    npdtype, slice, ...  likewise
    handle               {"t": "handle", "id": n, "type": "LeNet"}: an object that stays in the kernel

Nothing is pickled.
"""

from __future__ import annotations

import json
import struct
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import safetensors
import safetensors.torch
import torch

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

PREFIX = struct.Struct("!IQ")
MAX_HEADER_BYTES = 16 * 2**20
MAX_BODY_BYTES = 256 * 2**20
MAX_DEPTH = 24
MAX_ITEMS = 200_000
CHUNK_BYTES = 2**20
NO_PLAIN_VALUE = object()

INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
DTYPES = frozenset(("bool", "float16", "bfloat16", "float32", "float64", *INTEGERS))


class WireError(Exception):
    """What arrived is not a frame of this format, or is larger than its caps."""


class ValueTooLarge(Exception):
    """A value has more bytes, items or depth than may cross."""


class Frame(NamedTuple):
    """A decoded header with the raw tensors that it refers to."""

    header: dict[str, Any]
    body: dict[str, torch.Tensor]


class Encoder:
    """Turns one message's values into trees and collects their tensors."""

    def __init__(self, keep: Callable[[Any], dict[str, Any]]) -> None:
        """`keep` returns the handle of an object that is no plain value."""
        self.keep = keep
        self.tensors: dict[str, torch.Tensor] = {}
        self.items = 0
        self.size = 0
        self._encoders = self._table()

    def encode(self, value: Any, depth: int = 0) -> Any:
        """Return the tree of `value`.

        Raises:
            ValueTooLarge: too deep (a cycle, too), too many items or bytes.
        """
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise ValueTooLarge("nested too deep or with too many items")
        for types, encode in self._encoders:
            if isinstance(value, types):
                tree = encode(value, depth)
                return self.keep(value) if tree is NO_PLAIN_VALUE else tree
        return self.keep(value)

    def _table(self) -> tuple[tuple[Any, Callable[[Any, int], Any]], ...]:
        """Return what encodes which types; NumPy's float64 is a float, torch's Size a tuple: the order matters."""
        return (
            (torch.Tensor, self._tensor),
            ((np.ndarray, np.generic), self._array),
            ((type(None), bool, int, float, str), lambda value, _: value),
            (torch.Size, lambda value, _: {"t": "size", "v": [int(n) for n in value]}),
            (list, lambda value, depth: self._items("list", value, depth)),
            (tuple, lambda value, depth: self._items("tuple", value, depth)),
            (dict, lambda value, depth: self._items("dict", value.items(), depth)),
            ((bytes, bytearray), lambda value, _: self._bytes(bytes(value))),
            (torch.dtype, lambda value, _: {"t": "dtype", "v": _name(value)}),
            (torch.device, lambda value, _: {"t": "device", "v": str(value)}),
            (np.dtype, lambda value, _: {"t": "npdtype", "v": value.str}),
            (slice, lambda value, depth: self._items("slice", (value.start, value.stop, value.step), depth)),
            (type(Ellipsis), lambda _value, _: {"t": "ellipsis"}),
        )

    def _items(self, kind: str, values: Iterable[Any], depth: int) -> dict[str, Any]:
        if kind == "dict":
            return {"t": kind, "v": [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in values]}
        return {"t": kind, "v": [self.encode(value, depth + 1) for value in values]}

    def _tensor(self, value: torch.Tensor, depth: int) -> Any:
        if value.layout is not torch.strided or _name(value.dtype) not in DTYPES:
            return NO_PLAIN_VALUE
        self._count(value.numel() * value.element_size())
        with torch.no_grad():
            plain = value.detach().as_subclass(torch.Tensor).cpu().contiguous().clone()
        tree: dict[str, Any] = {"t": "tensor", "n": self._store(plain), "device": str(value.device)}
        if value.requires_grad:
            tree["requires_grad"] = True
            if value.is_leaf and isinstance(value.grad, torch.Tensor):
                tree["grad"] = self.encode(value.grad.detach(), depth + 1)
        return tree

    def _array(self, value: np.ndarray[Any, Any] | np.generic, _depth: int) -> Any:
        if value.dtype.newbyteorder("=").name not in DTYPES:
            return NO_PLAIN_VALUE
        self._count(value.nbytes)
        native = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        tree = {"t": "array", "n": self._store(torch.from_numpy(native)), "dtype": value.dtype.str}
        return {**tree, "scalar": True} if isinstance(value, np.generic) else tree

    def _bytes(self, value: bytes) -> dict[str, Any]:
        self._count(len(value))
        flat = torch.frombuffer(bytearray(value), dtype=torch.uint8) if value else torch.empty(0, dtype=torch.uint8)
        return {"t": "bytes", "n": self._store(flat)}

    def _count(self, size: int) -> None:
        self.size += size
        if self.size > MAX_BODY_BYTES // 2:
            raise ValueTooLarge(f"more than {MAX_BODY_BYTES // 2**21} MB")

    def _store(self, tensor: torch.Tensor) -> int:
        number = len(self.tensors)
        self.tensors[str(number)] = tensor
        return number


class Decoder:
    """Turns the trees of one frame back into values. Believes nothing."""

    def __init__(self, frame: Frame, find: Callable[[int, str], Any], *, keep_gradients: bool = False) -> None:
        """`find` returns the value for a handle; `keep_gradients` lets tensors require a gradient again."""
        self.body = frame.body
        self.find = find
        self.keep_gradients = keep_gradients
        self.items = 0

    def decode(self, tree: Any, depth: int = 0) -> Any:
        """Return the value of a tree.

        Raises:
            WireError: the tree is not of the format.
        """
        self.items += 1
        if depth > MAX_DEPTH + 2 or self.items > 4 * MAX_ITEMS:
            raise WireError("nested too deep or with too many items")
        if not isinstance(tree, dict):
            if tree is None or isinstance(tree, (bool, int, float, str)):
                return tree
            raise WireError("a bare list is no value")
        try:
            return self._tagged(tree, depth)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError) as error:
            raise WireError(f"malformed {str(tree.get('t'))[:20]}: {type(error).__name__}") from error

    def _tagged(self, tree: dict[str, Any], depth: int) -> Any:
        kind, content = tree["t"], tree.get("v")
        if kind in ("list", "tuple", "dict", "slice"):
            return self._container(kind, _expect_list(content), depth)
        if kind == "tensor":
            return self._tensor(tree, depth)
        if kind == "array":
            return self._array(tree)
        if kind == "bytes":
            return self._raw(tree["n"]).numpy().tobytes()
        if kind == "handle":
            return self.find(_expect_int(tree["id"]), str(tree["type"])[:200])
        if kind in DECODE_SMALL:
            return DECODE_SMALL[kind](content)
        raise WireError("unknown kind of value")

    def _container(self, kind: str, content: list[Any], depth: int) -> Any:
        if kind == "dict":
            return {self.decode(k, depth + 1): self.decode(v, depth + 1) for k, v in content}
        items = [self.decode(item, depth + 1) for item in content]
        if kind == "slice":
            return slice(*items)
        return items if kind == "list" else tuple(items)

    def _raw(self, number: Any) -> torch.Tensor:
        return self.body[str(_expect_int(number))]

    def _tensor(self, tree: dict[str, Any], depth: int) -> torch.Tensor:
        # a copy, so that no two values share memory and every one can be written to
        value = self._raw(tree["n"]).clone()
        value.origin = str(tree.get("device", "cpu"))[:20]  # type: ignore[attr-defined]
        if "grad" in tree:
            grad = self.decode(tree["grad"], depth + 1)
            value.grad = grad if isinstance(grad, torch.Tensor) else None
        if self.keep_gradients and tree.get("requires_grad") is True:
            value.requires_grad_(True)  # noqa: FBT003 -- torch's own signature
        return value

    def _array(self, tree: dict[str, Any]) -> Any:
        native = self._raw(tree["n"]).numpy()
        dtype = np.dtype(str(tree["dtype"])[:8])
        if dtype.newbyteorder("=") != native.dtype:
            raise WireError("an array of another dtype than its body")
        value = native.astype(dtype)
        return value[()] if tree.get("scalar") is True else value


def _device(text: Any) -> torch.device:
    return torch.device(str(text)[:20])


def _dtype(text: Any) -> torch.dtype:
    dtype = getattr(torch, str(text))
    if not isinstance(dtype, torch.dtype):
        raise WireError("no dtype")
    return dtype


DECODE_SMALL: dict[str, Callable[[Any], Any]] = {
    "dtype": _dtype,
    "device": _device,
    "npdtype": lambda text: np.dtype(str(text)[:8]),
    "size": lambda sizes: torch.Size([_expect_int(n) for n in _expect_list(sizes)]),
    "ellipsis": lambda _: ...,
}


def write_frame(connection: socket.socket, header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    """Send one frame.

    Raises:
        ValueTooLarge: the header or body is larger than its cap; nothing was sent.
        OSError: the connection is gone.
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    body = safetensors.torch.save(tensors) if tensors else b""
    if len(text) > MAX_HEADER_BYTES or len(body) > MAX_BODY_BYTES:
        raise ValueTooLarge("more bytes than may cross at once")
    connection.sendall(PREFIX.pack(len(text), len(body)) + text + body)


def read_frame(connection: socket.socket, deadline: float | None = None) -> Frame:
    """Receive one frame, all of it before `deadline` (`time.monotonic`).

    Raises:
        WireError: not a frame, or one over its caps.
        TimeoutError: the deadline passed.
        EOFError: the other end closed.
    """
    header_bytes, body_bytes = PREFIX.unpack(_read(connection, PREFIX.size, deadline))
    if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise WireError("a frame larger than its cap")
    text = _read(connection, header_bytes, deadline)
    body = _read(connection, body_bytes, deadline)
    return parse_frame(text, body)


def parse_frame(text: bytes, body: bytes) -> Frame:
    """Return the frame of a header's and a body's bytes.

    Raises:
        WireError: they are not of the format.
    """
    try:
        header = json.loads(text)
        tensors = safetensors.torch.load(body) if body else {}
    except (ValueError, RecursionError, safetensors.SafetensorError) as error:
        raise WireError(f"not a frame: {type(error).__name__}") from error
    if not isinstance(header, dict):
        raise WireError("a header that is no object")
    return Frame(header, tensors)


def _read(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        part = connection.recv(min(CHUNK_BYTES, size - len(parts)))
        if not part:
            raise EOFError("the other end closed")
        parts += part
    return bytes(parts)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _expect_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WireError("not a list")
    return value


def _expect_int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise WireError("not an integer")
    return value
