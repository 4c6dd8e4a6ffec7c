"""Requests over a socket whose other end may answer anything."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time

import pytest

from grader.errors import CheckEnded, CheckFault, Failed, KernelDied, MissingName, OutOfMemory, ReferenceFault, TimedOut
from grader.inside.wire import PREFIX, read_frame, write_frame
from grader.kernel.channel import Channel
from grader.kernel.frames import CellMap
from grader.kernel.remote import Namespace


class FakeProcess:
    """A process that only remembers what was done to it; the other end of the socket is what these tests are about."""

    def __init__(self):
        self.killed = False

    def interrupt(self):
        pass

    def kill(self):
        self.killed = True


@pytest.fixture
def answered():
    """A function that opens a channel whose agent answers `request number -> bytes or header`."""
    opened = []

    def serve(there, answer):
        while True:
            try:
                number = read_frame(there).header["id"]
                reply = answer(number)
                if isinstance(reply, bytes):
                    there.sendall(reply)
                elif reply is not None:
                    write_frame(there, reply, {})
            except (EOFError, OSError):
                return

    def make(answer, **options):
        here, there = socket.socketpair()
        thread = threading.Thread(target=serve, args=(there, answer), daemon=True)
        thread.start()
        opened.extend([here, there])
        process = FakeProcess()
        return Channel(process, here, CellMap(), **options), process

    yield make
    for each in opened:
        each.close()


def frame(header: bytes, body: bytes = b"") -> bytes:
    return PREFIX.pack(len(header), len(body)) + header + body


GARBAGE = {
    "no JSON": frame(b"{nonsense"),
    "no object": frame(b"[1]"),
    "not UTF-8": frame(b"\xff\xfe"),
    "deep JSON": frame(b'{"id": 1, "value": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "long integer": frame(b'{"id": 1, "value": ' + b"9" * 10_000 + b"}"),
    "huge length": struct.pack("!IQ", 2**32 - 1, 0),
    "impossible safetensors": frame(b'{"id": 1, "value": {"t": "tensor", "n": 0}}', b"\xff" * 64),
    "missing tensor": frame(b'{"id": 1, "value": {"t": "tensor", "n": 0}}'),
    "error of no kind": frame(json.dumps({"id": 1, "error": 7}).encode()),
}


@pytest.mark.parametrize("reply", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_ends_the_check_as_kernel_died(answered, reply):
    """Whatever is no reply ends the check, kills the kernel, and raises nothing else."""
    channel, process = answered(lambda _: reply)

    with pytest.raises(KernelDied):
        channel.request("get", name="w")
    assert process.killed


def test_a_reply_to_another_request_is_skipped(answered):
    """Only the reply with the request's number counts; later and earlier ones are passed over."""

    def answer(number):
        stale = json.dumps({"id": number + 5, "value": "forged"}).encode()
        return frame(stale) + frame(json.dumps({"id": number, "value": "right"}).encode())

    channel, _ = answered(answer)

    assert channel.request("get", name="w") == "right"
    assert channel.request("get", name="w") == "right"


def test_endless_stale_replies_end_the_check(answered):
    """A flood of replies to no request ends as kernel_died."""
    flood = frame(json.dumps({"id": -1, "value": 1}).encode()) * 200
    channel, _ = answered(lambda _: flood)

    with pytest.raises(KernelDied):
        channel.request("get", name="w")


def test_errors_of_the_student_become_ends_of_the_check(answered):
    """Each kind of error reply becomes the end that it means, with its texts cut to size."""
    replies = iter(
        [
            ({"kind": "missing", "name": "n" * 1000}, MissingName),
            ({"kind": "too_large", "reason": "r"}, Failed),
            ({"kind": "raised", "type": "MemoryError", "text": "t" * 100_000}, OutOfMemory),
            ({"kind": "raised", "type": ["x"], "text": {}, "mro": "no", "frames": [1, {"line": "x"}]}, CheckEnded),
        ]
    )
    current = {}
    channel, _ = answered(lambda number: {"id": number, "error": current["error"]})

    for error, expected in replies:
        current["error"] = error
        with pytest.raises(expected) as caught:
            channel.request("get", name="w")
        assert len(json.dumps(caught.value.message)) < 6000


def test_what_goes_wrong_in_the_reference_is_our_fault(answered):
    """The same error of a trusted kernel is a ReferenceFault."""
    channel, _ = answered(lambda number: {"id": number, "error": {"kind": "raised"}}, trusted=True)

    with pytest.raises(ReferenceFault):
        channel.request("get", name="w")


def test_a_handle_of_another_kernel_is_the_checks_fault(answered):
    """Passing the reference's object to the student is a mistake of the check, said as such."""
    handle = {"t": "handle", "id": 1, "type": "Net"}
    student, _ = answered(lambda number: {"id": number, "value": handle})
    reference, _ = answered(lambda number: {"id": number, "value": handle})

    with pytest.raises(CheckFault, match="cannot be passed"):
        Namespace(student).net(Namespace(reference).net)


def test_only_waiting_for_this_kernel_uses_up_the_time(answered):
    """A check's budget is spent by requests to the kernel, not by what the check does between them."""
    channel, _ = answered(lambda number: {"id": number, "value": 1})
    channel.start_check(0.5, seed=1)
    time.sleep(0.8)

    assert channel.request("get", name="w") == 1


def test_a_check_whose_time_is_over_gets_no_more(answered):
    """Slow answers add up: once their sum is over the budget, the next request is timed out."""

    def answer(number):
        time.sleep(0.3)
        return {"id": number, "value": 1}

    channel, _ = answered(answer)
    channel.start_check(1.5, seed=1)  # two of its requests are start_check's own

    channel.request("get", name="w")
    channel.request("get", name="w")

    with pytest.raises(TimedOut):
        channel.request("items")
