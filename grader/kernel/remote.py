"""A notebook's names and objects as a check sees them: `student.LeNet()(images)`.

Plain values arrive by value. Everything else is a `Handle`: an object that stays in its kernel and can be called,
indexed, iterated, read and assigned from here. What comes by value is a copy; nothing of the check's goes the other way
but the arguments that it passes.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from grader.errors import MissingName, StudentRaised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.kernel.channel import Channel


class Handle:
    """An object that stays in its kernel.

    A handle that came through a `ref` hands out handles too, except for scalars; `value()` copies the object out.
    """

    __slots__ = ("_channel", "_keep", "_number", "_type")

    def __init__(self, channel: Channel, number: int, type_name: str, *, keep: bool) -> None:
        object.__setattr__(self, "_channel", channel)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type", type_name)
        object.__setattr__(self, "_keep", keep)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object in its kernel."""
        return self._ask("call", args=list(args), kwargs=kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_grader_handle":
            return self._channel, self._number
        if name.startswith("__"):  # torch and numpy probe for these; the object's own are not meant
            raise AttributeError(name)
        return self._ask("attribute", name=name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("assign", name=name, value=value)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("item", key=key)

    def __len__(self) -> int:
        length = self._ask("length")
        if not isinstance(length, int) or length < 0:  # `list(handle)` asks, too, and goes on without
            raise TypeError(f"a {self._type} has no length")
        return length

    def __iter__(self) -> Iterator[Any]:
        return iter(self._ask("items", keep=False))

    def __repr__(self) -> str:
        return f"<{self._type} in a kernel>"

    def ref(self, name: str | None = None) -> Any:
        """Return this object, or its attribute `name`, in the manner in which results stay inside."""
        if name is None:
            return Handle(self._channel, self._number, self._type, keep=True)
        return self._ask("attribute", keep=True, name=name)

    def value(self) -> Any:
        """Return the object by value, if it is a plain one."""
        return self._ask("value", keep=False)

    def gradients(self, args: tuple[Any, ...], weights: Any) -> Any:
        """Return autograd's gradients of `sum(weights * object(*args))` for each floating tensor of `args`."""
        return self._ask("gradients", keep=False, args=list(args), weights=weights)

    def _ask(self, operation: str, *, keep: bool | None = None, **fields: Any) -> Any:
        keep = self._keep if keep is None else keep

        def make(number: int, type_name: str) -> Handle:
            return Handle(self._channel, number, type_name, keep=bool(keep))

        return self._channel.request(operation, make, keep=bool(keep), of=self._number, **fields)


class Namespace:
    """The names that a notebook defines; what a check calls `student`, `reference` or `fresh`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        return self._get(name, keep=False)

    def ref(self, name: str) -> Any:
        """Return the variable `name` as a handle that keeps results inside, too."""
        return self._get(name, keep=True)

    def defines(self, name: str) -> bool:
        """Return whether the notebook defines `name`."""
        return name in self._names()

    def first(self, *names: str) -> Any:
        """Return the first of `names` that the notebook defines.

        Raises:
            MissingName: it defines none of them.
        """
        defined = self._names()
        for name in names:
            if name in defined:
                return self[name]
        listed = ", ".join(f"`{name}`" for name in names)
        raise MissingName({"key": "missing_first", "names": listed, "nearest": _nearest(names[0], defined)})

    def module(self, name: str) -> Any:
        """Return a module imported in this kernel, such as `torch.nn`."""
        return self._channel.request("module", self._make(keep=False), name=name)

    def read_file(self, path: str) -> bytes:
        """Return the bytes of a file in the kernel's working folder.

        Raises:
            MissingName: there is no such file.
        """
        try:
            content = self._channel.request("read", path=path)
        except StudentRaised as error:
            if "OSError" in error.mro:
                raise MissingName({"key": "missing_file", "name": path}) from error
            raise
        return content if isinstance(content, bytes) else b""

    def write_file(self, path: str, content: bytes) -> None:
        """Write a file in the kernel's working folder."""
        self._channel.request("write", path=path, value=content)

    def _get(self, name: str, *, keep: bool) -> Any:
        try:
            return self._channel.request("get", self._make(keep=keep), keep=keep, name=name)
        except MissingName as error:
            nearest = _nearest(name, self._names())
            raise MissingName({**error.message, "name": name, "nearest": nearest}) from error

    def _names(self) -> list[str]:
        names = self._channel.request("names")
        return [name[:200] for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def _make(self, *, keep: bool) -> Any:
        return lambda number, type_name: Handle(self._channel, number, type_name, keep=keep)


def _nearest(name: str, names: list[str]) -> str | None:
    """Return the defined name that is most like `name`, capital letters aside."""
    lowered = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None
