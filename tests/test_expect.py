"""The vocabulary of checks, with a real kernel where it talks to one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import SOLUTION, make_cells, open_session

from grader import expect
from grader.errors import CheckFault, Failed, MissingName, PartlyEarned, StudentRaised

STUDENT = """
class Other(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(3, 2))
    def forward(self, x):
        return self.body(x)

class Doubled(Other):
    def forward(self, x):
        return 2 * self.body(x)

class Wide(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 2)

class Odd:
    def named_parameters(self):
        return [1, 2]

def cube(x):
    return x ** 3

def cut(x):
    return (x.detach() ** 3)

class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x ** 2
    @staticmethod
    def backward(ctx, g):
        return g

def wrong(x):
    return Wrong.apply(x)

def picky(n):
    if n < 0:
        raise ValueError("negative")
    return n
"""


@pytest.fixture(scope="module")
def serving():
    with open_session() as session:
        session.run(make_cells(SOLUTION, STUDENT))
        yield session.serve()


@pytest.fixture
def student(serving):
    channel, names = serving
    channel.start_check(10, seed=5)
    torch.manual_seed(5)
    return names


def key_of(call, *args, **kwargs):
    with pytest.raises(Failed) as caught:
        call(*args, **kwargs)
    return caught.value.message["key"]


def test_close_takes_plain_values_and_refs(student):
    """close compares what a ref holds as if it had come by value."""
    expect.close(student.ref("w"), torch.ones(3))

    assert key_of(expect.close, student.ref("Net"), torch.ones(3)) == "no_value"


def test_equal_is_exact():
    """equal does not forgive a rounding error that close does."""
    expect.close(torch.tensor(1.0 + 1e-6), torch.tensor(1.0))

    assert key_of(expect.equal, torch.tensor(1.0 + 1e-6), torch.tensor(1.0)) == "values_differ"


def test_shape_and_dtype_look_at_values_and_refs(student):
    """shape and dtype hold for tensors, arrays and refs, and name what has neither."""
    expect.shape(student.ref("w"), (3,))
    expect.shape(np.zeros((2, 1)), (2, 1))
    expect.dtype(torch.ones(1), torch.float32)
    expect.dtype(np.zeros(1), "float64")
    expect.dtype(student.ref("w"), "float32")

    assert key_of(expect.shape, torch.ones(2), (3,)) == "wrong_shape"
    assert key_of(expect.dtype, torch.ones(2), torch.float64) == "wrong_dtype"
    assert key_of(expect.shape, [1, 2], (2,)) == "no_value"
    assert key_of(expect.dtype, None, "float32") == "no_value"


def test_thresholds_take_finite_numbers_only():
    """A number on the right side holds; NaN, infinity, text and lists never do."""
    expect.at_least(0.9, 0.8)
    expect.at_most(torch.tensor([0.1]), 0.2)

    assert key_of(expect.at_least, 0.7, 0.8) == "too_small"
    assert key_of(expect.at_most, 0.3, 0.2) == "too_large"
    assert key_of(expect.at_least, float("nan"), 0.8) == "not_finite"
    assert key_of(expect.at_least, float("inf"), 0.8) == "not_finite"
    assert key_of(expect.at_least, "1.0", 0.8) == "no_value"
    assert key_of(expect.at_least, [1.0, 2.0], 0.8) == "no_value"


def test_tiers_earn_the_best_threshold_reached():
    """The best tier passes, a lower one earns its points, none fails."""
    tiers = {0.8: 1, 0.9: 2, 0.93: 3}
    expect.tiers(0.95, at_least=tiers)
    expect.tiers(1e-4, at_most={1e-2: 1, 1e-3: 2})

    with pytest.raises(PartlyEarned) as caught:
        expect.tiers(0.91, at_least=tiers)
    assert caught.value.points == 2
    assert "0.93" not in str(caught.value.message)
    assert key_of(expect.tiers, 0.5, at_least=tiers) == "tier"
    with pytest.raises(CheckFault):
        expect.tiers(0.5)


def test_differs_wants_a_change():
    """differs holds for changed values and for another shape, not for equal ones."""
    expect.differs(torch.ones(2), torch.zeros(2))
    expect.differs(torch.ones(2), torch.ones(3))

    assert key_of(expect.differs, torch.ones(2), torch.ones(2)) == "unchanged"


def test_raises_wants_that_exception_or_a_child_of_it(student):
    """raises accepts the named class and its children, and nothing else."""
    expect.raises("ValueError", student.picky, -1)
    expect.raises(("KeyError", "Exception"), student.picky, -1)

    assert key_of(expect.raises, "KeyError", student.picky, -1) == "raised_other"
    assert key_of(expect.raises, "ValueError", student.picky, 1) == "did_not_raise"


def test_gradients_agree_with_central_differences(student):
    """A right gradient holds, a cut graph and a wrong backward do not."""
    x = torch.randn(3)
    expect.gradients(student.cube, x)

    assert key_of(expect.gradients, student.cut, x) == "no_gradient"
    assert key_of(expect.gradients, student.wrong, x) == "wrong_gradient"


def test_same_network_does_not_care_for_names(student):
    """Another attribute and a Sequential hold; another computation and other shapes do not."""
    x = torch.randn(5, 3)
    expect.same_network(student.Other(), student.Net(), x)

    assert key_of(expect.same_network, student.Doubled(), student.Net(), x) == "values_differ"
    assert key_of(expect.same_network, student.Wide(), student.Net(), x) == "wrong_parameters"
    assert key_of(expect.same_network, student.Odd(), student.Net(), x) == "wrong_parameters"


def test_that_shows_its_sentence():
    """that ends the check with the sentence given, and takes no odd object for true."""
    expect.that(condition=True, sentence="fine")

    with pytest.raises(Failed) as caught:
        expect.that(condition=False, sentence="Call backward().")
    assert caught.value.message == {"key": "said", "sentence": "Call backward()."}
    assert key_of(expect.that, "yes", "not a bool") == "said"


def test_what_the_student_raises_passes_through(student):
    """An exception of the student's is theirs, whatever vocabulary surrounds it."""
    with pytest.raises(StudentRaised):
        expect.close(student.picky(-1), 1)
    with pytest.raises(MissingName):
        expect.close(student.nothing, 1)
