"""A kernel from start to end, with real processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import torch
from conftest import SOLUTION, make_cells, open_session

from grader.errors import KernelDied, MissingName, NotReached, StudentRaised, TimedOut
from grader.kernel.remote import Handle
from grader.model import Limits, Outcome

NAMES = """
def double(x):
    return 2 * x

def stubborn():
    import time
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

def slow():
    import time
    time.sleep(60)

def fails():
    raise ValueError("<b>no</b>")

def leave():
    import os
    os._exit(3)

def flood():
    print("x" * 100_000_000)
    return 1

class Counter:
    def __init__(self):
        self.count = 0
    def up(self):
        self.count += 1
        return self

losses = [torch.tensor(1.0), torch.tensor(0.5)]
weights = {"w": torch.ones(2)}
counter = Counter()
x = torch.ones(3, requires_grad=True)
huge = torch.zeros(1).expand(2**33)
"""


@pytest.fixture(scope="module")
def serving():
    """Channel and names of one kernel in which SOLUTION and NAMES have run."""
    with open_session() as session:
        results = session.run(make_cells(SOLUTION, NAMES))
        assert [cell.outcome for cell in results] == [Outcome.PASSED, Outcome.PASSED]
        yield session.serve()


@pytest.fixture
def student(serving):
    """The names of that kernel, at the start of a check."""
    channel, names = serving
    channel.start_check(5, seed=3)
    return names


def test_variables_arrive_by_value(student):
    """Tensors, lists and dicts of them are copies of the notebook's."""
    assert torch.equal(student.w, torch.ones(3))
    assert student.losses == [torch.tensor(1.0), torch.tensor(0.5)]
    assert torch.equal(student.weights["w"], torch.ones(2))


def test_functions_are_called_with_values(student):
    """A function of the notebook is called in its kernel and its result comes back."""
    x = torch.randn(4)

    assert torch.equal(student.double(x), 2 * x)


def test_an_object_stays_in_its_kernel(student):
    """An object is a handle: its attributes are read and set, its methods called, itself passed on."""
    counter = student.Counter()

    assert isinstance(counter.up(), Handle)
    assert counter.count == 1
    counter.count = 41
    assert counter.up().count == 42


def test_a_module_is_used_like_an_ordinary_one(student):
    """A network of the notebook is called, indexed, iterated and measured as in PyTorch."""
    both = student.module("torch.nn").Sequential(student.Net(), student.Net())

    assert len(both) == 2
    assert both[0].layer.weight.shape == (2, 3)
    assert [name for name, _ in both[0].named_parameters()] == ["layer.weight", "layer.bias"]


def test_a_ref_keeps_the_graph_inside(student):
    """What is reached through a ref stays inside, so that backward finds its graph."""
    net = student.Net()

    net.ref()(torch.ones(2, 3)).sum().backward()

    assert torch.equal(net.layer.bias.grad, torch.full((2,), 2.0))
    assert student.ref("x").requires_grad is True
    assert torch.equal(student.ref("x").value(), torch.ones(3))


def test_a_missing_name_is_told_with_the_nearest_one(student):
    """A name that is not defined ends the check as missing, with the most similar name that is."""
    with pytest.raises(MissingName) as caught:
        _ = student.net

    assert caught.value.message == {"key": "missing_name", "name": "net", "nearest": "Net"}
    assert student.defines("Net")
    assert not student.defines("net")
    assert student.first("loses", "losses") is not None


def test_an_exception_is_mapped_to_its_cell(student):
    """An exception of the notebook's code carries its type, text and the cell and line where it happened."""
    with pytest.raises(StudentRaised) as caught:
        student.fails()

    assert caught.value.message["type"] == "ValueError"
    assert caught.value.message["text"] == "<b>no</b>"
    assert caught.value.message["frames"][-1] == {"cell": 1, "line": 18, "function": "fails"}
    assert "Exception" in caught.value.mro


def test_equal_seeds_give_equal_numbers(serving):
    """The kernel draws the same numbers as a check that was seeded alike."""
    channel, names = serving
    channel.start_check(5, seed=11)
    torch.manual_seed(11)

    assert torch.equal(names.module("torch").randn(3), torch.randn(3))


def test_a_slow_call_is_interrupted_and_the_kernel_lives(serving):
    """A call over its check's time ends as timed out, and the next check can go on."""
    channel, names = serving
    channel.start_check(0.5, seed=1)
    with pytest.raises(TimedOut):
        names.slow()

    channel.start_check(5, seed=1)

    assert names.double(2) == 4


def test_a_huge_value_is_refused_inside(student):
    """A variable of 32 GiB ends the check instead of the grader's memory."""
    with pytest.raises(Exception, match="value_too_large"):
        _ = student.huge


def test_prints_during_checks_go_nowhere(student):
    """A function that prints 100 MB during a check answers as if it did not."""
    assert student.flood() == 1


def test_files_are_read_and_written_in_the_working_folder(student):
    """Bytes travel both ways; a missing file is missing."""
    student.write_file("net.pt", b"\x00weights")

    assert student.read_file("net.pt") == b"\x00weights"
    with pytest.raises(MissingName):
        student.read_file("other.pt")


def test_a_dead_kernel_ends_every_later_check():
    """A call that ends the process is kernel_died; checks after it are not reached."""
    with open_session() as session:
        session.run(make_cells("import torch", NAMES))
        channel, names = session.serve()
        channel.start_check(5, seed=1)
        with pytest.raises(KernelDied):
            names.leave()

        with pytest.raises(NotReached):
            channel.start_check(5, seed=1)


def test_a_stubborn_call_is_killed():
    """A function that swallows the interrupt is ended with its kernel, soon after its time."""
    with open_session() as session:
        session.run(make_cells("import torch", NAMES))
        channel, names = session.serve()
        channel.start_check(0.5, seed=1)
        started = time.monotonic()
        with pytest.raises(TimedOut):
            names.stubborn()

        assert time.monotonic() - started < 8
        with pytest.raises(NotReached):
            channel.start_check(5, seed=1)


def test_a_kernel_has_its_files_and_nothing_of_the_graders_environment(tmp_path, monkeypatch):
    """The working folder holds the data files, HOME is the working folder, and secrets of the grader are not passed."""
    monkeypatch.setenv("GRADE_SECRET", "do not tell")
    (tmp_path / "data.txt").write_text("1 2 3")
    source = "import os\nlisted = os.listdir()\nenvironment = dict(os.environ)\n"
    source += "home = os.path.samefile(os.environ['HOME'], '.')"
    with open_session(**{"data.txt": tmp_path / "data.txt"}) as session:
        session.run(make_cells(source))
        channel, names = session.serve()
        channel.start_check(5, seed=1)

        assert names.listed == ["data.txt"]
        assert names.home is True
        assert "do not tell" not in names.environment.values()


def test_leaving_a_session_ends_its_process_and_folders():
    """After a session neither the kernel nor its temporary folder is there."""
    with open_session() as session:
        session.run(make_cells("import os\npid = os.getpid()\nfolder = os.getcwd()"))
        channel, names = session.serve()
        channel.start_check(5, seed=1)
        pid, folder = names.pid, names.folder

    assert not Path(folder).parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_kernel_that_closes_its_end_is_no_crash():
    """A student who closes every socket of the process ends as kernel_died, not as an error of the grader."""
    attack = "import os\ndef close_all():\n    os.closerange(3, 256)\n"
    with open_session(Limits(cell_seconds=5, check_seconds=2)) as session:
        session.run(make_cells(attack))
        channel, names = session.serve()
        channel.start_check(2, seed=1)

        with pytest.raises((KernelDied, TimedOut)):
            names.close_all()


FORGERY = """
import socket, gc, struct, json
def forge():
    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.family == socket.AF_UNIX:
            header = json.dumps({"id": REPLY, "value": True, "verdict": "passed"}).encode()
            try:
                found.sendall(struct.pack("!IQ", len(header), 0) + header)
            except OSError:
                pass
    return False
"""


def test_a_forged_reply_is_only_a_value():
    """A reply sent by the student's own code counts as their answer at most, and one to another request is skipped."""
    with open_session() as session:
        session.run(make_cells(FORGERY.replace("REPLY", "1")))
        channel, names = session.serve()
        channel.start_check(5, seed=1)

        assert names.forge() is False
