"""The frame format: what crosses crosses unchanged, and nothing malformed gets past the decoder."""

from __future__ import annotations

import json
import socket
import struct
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.comparison import Rules, compare
from grader.inside.wire import (
    MAX_BODY_BYTES,
    Decoder,
    Encoder,
    Frame,
    ValueTooLarge,
    WireError,
    parse_frame,
    read_frame,
    write_frame,
)


def refuse(*_):
    raise WireError("no handles here")


def send(value, **decoding):
    """Return what arrives when `value` is sent through a real socket."""
    here, there = socket.socketpair()
    with here, there:
        encoder = Encoder(refuse)
        tree = encoder.encode(value)
        write_frame(here, {"value": tree}, encoder.tensors)
        frame = read_frame(there, time.monotonic() + 5)
    return Decoder(frame, refuse, **decoding).decode(frame.header["value"])


PLAIN = [
    None,
    True,
    -3,
    2**80,
    1.5,
    float("inf"),
    "héllo 世界 \ud800",
    b"bytes\x00",
    [1, [2, (3, "x")]],
    {"a": 1, 2: [None]},
    torch.arange(6).reshape(2, 3),
    torch.tensor(2.5, dtype=torch.float64),
    torch.zeros(0, 4, dtype=torch.bool),
    torch.ones(2, dtype=torch.bfloat16),
    np.arange(4, dtype=">i2"),
    np.zeros((2, 0), np.uint16),
    np.float32(1.25),
    torch.float16,
    torch.Size([1, 2]),
    torch.device("cpu"),
    np.dtype("<f8"),
    slice(1, None, 2),
    ...,
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_a_plain_value_arrives_as_it_was_sent(value):
    """Every plain value arrives with its type, shape, dtype and values."""
    arrived = send(value)

    assert type(arrived) is type(value)
    if isinstance(value, (torch.Tensor, np.ndarray)):
        assert arrived.dtype == value.dtype
        compare(arrived, value, Rules(exact=True))
    else:
        assert arrived == value


def test_a_strided_view_arrives_by_its_values():
    """A transposed, negatively strided or expanded view arrives as its values, not as its memory."""
    array = np.arange(6).reshape(2, 3)[:, ::-1]
    tensor = torch.arange(3).expand(2, 3).T

    assert np.array_equal(send(array), array)
    assert torch.equal(send(tensor), tensor)


def test_a_tensor_arrives_detached_with_its_gradient():
    """A leaf that requires a gradient arrives detached, and its `.grad` comes along."""
    w = torch.ones(3, requires_grad=True)
    (w * 2).sum().backward()

    arrived = send(w)

    assert not arrived.requires_grad
    assert torch.equal(arrived.grad, torch.full((3,), 2.0))


def test_a_tensor_sent_inwards_requires_its_gradient_again():
    """With keep_gradients, as in a kernel, a tensor that required a gradient still does."""
    assert send(torch.ones(2, requires_grad=True), keep_gradients=True).requires_grad


def test_two_names_of_one_tensor_arrive_apart():
    """Nothing that arrives shares memory, so a check may write to it."""
    tensor = torch.zeros(2)

    first, second = send([tensor, tensor])
    first += 1

    assert torch.equal(second, torch.zeros(2))


def test_a_cyclic_list_is_too_large():
    """A list that holds itself is refused instead of recursing for ever."""
    cyclic = []
    cyclic.append(cyclic)

    with pytest.raises(ValueTooLarge):
        Encoder(refuse).encode(cyclic)


def test_a_huge_tensor_is_refused_before_it_is_copied():
    """An expanded tensor of terabytes is refused by its size, without taking memory."""
    with pytest.raises(ValueTooLarge):
        Encoder(refuse).encode(torch.zeros(1).expand(2**40))


def test_an_announced_length_is_checked_before_anything_is_read():
    """A frame that announces more than its cap is refused at once."""
    here, there = socket.socketpair()
    with here, there:
        here.sendall(struct.pack("!IQ", 2, MAX_BODY_BYTES + 1))

        with pytest.raises(WireError, match="cap"):
            read_frame(there, time.monotonic() + 5)


def test_a_frame_that_trickles_ends_at_the_deadline():
    """Half a frame does not hold the reader beyond its deadline."""
    here, there = socket.socketpair()
    with here, there:
        here.sendall(b"\x00\x00")
        started = time.monotonic()

        with pytest.raises(TimeoutError):
            read_frame(there, time.monotonic() + 0.2)
        assert time.monotonic() - started < 2


MALFORMED = [
    [1],
    {"t": "tensor", "n": "0"},
    {"t": "tensor", "n": 9},
    {"t": "tensor", "n": True},
    {"t": "array", "n": 0, "dtype": "|O8"},
    {"t": "array", "n": 0, "dtype": "<i8"},
    {"t": "list", "v": {}},
    {"t": "dict", "v": [[{"t": "list", "v": []}, 1]]},
    {"t": "dict", "v": [[1]]},
    {"t": "size", "v": ["x"]},
    {"t": "dtype", "v": "nn"},
    {"t": "device", "v": "nowhere"},
    {"t": "slice", "v": []},
    {"t": "handle", "id": "x", "type": "y"},
    {"t": "handle"},
    {"t": ["list"], "v": []},
    {"t": "pickle", "v": "gASV"},
    {},
]


@pytest.mark.parametrize("tree", MALFORMED, ids=json.dumps)
def test_a_malformed_tree_is_a_wire_error(tree):
    """Whatever is wrong with a tree, the decoder says WireError and nothing else."""
    frame = Frame({}, {"0": torch.zeros(2, dtype=torch.float32)})

    with pytest.raises(WireError):
        Decoder(frame, refuse).decode(tree)


def test_a_deep_tree_is_refused():
    """A tree nested deeper than any value that is sent is refused."""
    tree = 1
    for _ in range(200):
        tree = {"t": "list", "v": [tree]}

    with pytest.raises(WireError):
        Decoder(Frame({}, {}), refuse).decode(tree)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_random_bytes_are_no_frame(header, body):
    """Random bytes end as WireError or as a header that is an object."""
    try:
        frame = parse_frame(header, body)
    except WireError:
        return
    assert isinstance(frame.header, dict)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["t", "v", "n", "dtype", "id", "type", "grad", "device"]), inner, max_size=5)
        | st.fixed_dictionaries(
            {"t": st.sampled_from(["tensor", "array", "list", "dict", "bytes", "size", "npdtype", "slice"])},
            optional={"v": inner, "n": st.integers(-1, 2), "dtype": st.sampled_from(["<f4", ">i4", "|O", "x"])},
        )
    ),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None)
@given(JSON)
def test_random_trees_give_a_value_or_a_wire_error(tree):
    """Any JSON is either a value of the format or a WireError."""
    frame = Frame({}, {"0": torch.zeros(2), "1": torch.zeros(0, dtype=torch.uint8)})
    try:
        Decoder(frame, lambda number, name: (number, name)).decode(tree)
    except WireError:
        return
