"""Checks of save_load. No file of a student's is ever unpickled here: that happens in a kernel."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import torch

from grader import check, expect
from grader.errors import StudentRaised

NO_STATE_DICT = "Another process cannot read your file with `torch.load(path, weights_only=True)`."


@check(task="tensors", points=1)
def tensors_come_back(student: Any) -> None:
    """`load_tensors` returns the two tensors that `save_tensors` wrote to that path: values, shapes and dtypes."""
    pairs = {
        "first.pt": (torch.randn(4), torch.randn(2, 3)),
        "second.pt": (torch.randint(0, 100, (5,)), torch.randn(5, dtype=torch.float64)),
    }
    for path, (x, y) in pairs.items():
        student.save_tensors(path, x, y)
    for path, pair in pairs.items():
        expect.equal(student.load_tensors(_copy(student, path)), pair)


@check(task="tensors", points=1)
def missing_file_raises(student: Any, seed: int) -> None:
    """Loading a file that does not exist raises an error."""
    load_tensors = student.load_tensors
    expect.that(callable(load_tensors), "`load_tensors` is no function.")
    expect.raises("OSError", load_tensors, f"no-such-file-{seed}.pt")


@check(task="dicts", points=2)
def dict_comes_back(student: Any) -> None:
    """`load_dict` returns the dictionary that `save_dict` wrote: the same keys with the same tensors."""
    some = {"weight": torch.randn(3, 4), "bias": torch.randn(3), "steps": torch.randint(0, 100, ())}
    one = {"scale": torch.randn(2, dtype=torch.float64)}
    student.save_dict("some.pt", some)
    student.save_dict("one.pt", one)
    expect.equal(student.load_dict(_copy(student, "some.pt")), some)
    expect.equal(student.load_dict(_copy(student, "one.pt")), one)


@check(task="model", points=1)
def mlp_computes_two_layers(student: Any, reference: Any) -> None:
    """With the reference's parameters, `MLP` computes the reference's outputs."""
    net = student.MLP()
    expect.that(callable(net), "`MLP()` makes no network.")
    expect.same_network(net, reference.MLP(), torch.randn(8, 20))


@check(task="model", points=2)
def restored_network_is_the_same(student: Any) -> None:
    """The network that `load_model` returns computes what the saved one did."""
    nets = {"one.pt": student.MLP(), "two.pt": student.MLP()}
    for path, net in nets.items():
        student.save_model(net, path)
    x = torch.randn(8, 20)
    expected = [net(x) for net in nets.values()]
    expect.differs(expected[0], expected[1])
    expect.close([student.load_model(_copy(student, path))(x) for path in nets], expected)


@check(task="model", points=1)
def restored_network_is_in_eval_mode(student: Any) -> None:
    """The network that `load_model` returns is in evaluation mode."""
    student.save_model(student.MLP(), "eval.pt")
    restored = student.load_model(_copy(student, "eval.pt"))
    modes = [module.training for module in restored.modules()]
    expect.that(set(modes) == {False}, "The restored network, or a layer of it, is in training mode.")


@check(task="model", points=1)
def file_is_a_state_dict(student: Any, fresh: Any) -> None:
    """Another process reads the file with `weights_only=True` and finds the names and values of the parameters."""
    net = student.MLP()
    student.save_model(net, "net.pt")
    fresh.write_file("net.pt", student.read_file("net.pt"))
    try:
        found = fresh.module("torch").load("net.pt", map_location="cpu", weights_only=True)
    except StudentRaised:  # what is in the file is the student's doing, but not code of theirs that raised
        found = None
    expect.that(isinstance(found, dict) and len(found) > 0, NO_STATE_DICT)
    expect.close(found, net.state_dict())


@check(task="model", points=1)
def file_from_a_gpu_loads(student: Any) -> None:
    """`load_model` reads a file that was written on a GPU, on a machine without one."""
    net = student.MLP()
    state = net.state_dict()
    is_state = isinstance(state, dict) and all(isinstance(value, torch.Tensor) for value in state.values())
    expect.that(is_state and len(state) > 0, "`MLP` has no parameters.")
    student.write_file("from-gpu.pt", _checkpoint_from_gpu(state))
    x = torch.randn(4, 20)
    expect.close(student.load_model("from-gpu.pt")(x), net(x))


def _copy(student: Any, path: str) -> str:
    """Copy a file that the student wrote and return the copy's path: what counts is in the file, not in memory."""
    student.write_file(f"copy-of-{path}", student.read_file(path))
    return f"copy-of-{path}"


def _checkpoint_from_gpu(state: dict[str, torch.Tensor]) -> bytes:
    """Return the file that `torch.save(state, path)` writes when all tensors are on `cuda:0`.

    The archive names the device of each storage as a string of the pickle in `data.pkl`: the letter X, the length as
    four bytes, the text.
    """
    buffer = io.BytesIO()
    torch.save({str(name): value.detach().clone() for name, value in state.items()}, buffer)
    moved = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(moved, "w", zipfile.ZIP_STORED) as target:
        for member in source.namelist():
            content = source.read(member)
            if member.endswith("/data.pkl"):
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            target.writestr(member, content)
    return moved.getvalue()
