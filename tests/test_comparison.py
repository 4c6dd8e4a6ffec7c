"""Comparing: type, shape, dtype, device, then values, and messages that give nothing away."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from grader.comparison import Rules, compare
from grader.errors import Failed


def difference(actual, expected, **rules):
    """Return what `compare` says, None when it says nothing."""
    try:
        compare(actual, expected, Rules(**rules))
    except Failed as failed:
        return failed
    return None


EQUAL = [
    (torch.ones(2, 3), torch.ones(2, 3), {}),
    (torch.tensor([1.0, float("nan"), float("inf")]), torch.tensor([1.0, float("nan"), float("inf")]), {}),
    (torch.tensor(3.0), 3.0, {}),
    (3, 3.0, {}),
    (np.float32(3), 3, {}),
    (torch.tensor([[3.0]]), 3.0, {"shape": False}),
    ([1.0, 2.0], torch.tensor([1.0, 2.0]), {"dtype": False}),
    (np.ones(2), torch.ones(2), {"dtype": False}),
    ([torch.tensor(1.0), torch.tensor(2.0)], [1.0, 2.0], {"dtype": False}),
    ({"a": torch.ones(1)}, {"a": torch.ones(1)}, {}),
    ((1, "x", None), (1, "x", None), {}),
    (torch.ones(4, 1), torch.ones(4), {"shape": False}),
    (torch.zeros(0, 3), torch.zeros(0, 3), {}),
    (torch.tensor([1 + 2j]), torch.tensor([1 + 2j]), {}),
]


@pytest.mark.parametrize(("actual", "expected", "rules"), EQUAL)
def test_what_is_close_holds(actual, expected, rules):
    """Equal values of the kinds that the rules allow end nothing."""
    assert difference(actual, expected, **rules) is None


DIFFERENT = [
    (np.ones(2), torch.ones(2), {}, "wrong_type"),
    ([1.0], torch.ones(1), {}, "wrong_type"),
    (None, torch.ones(1), {}, "no_value"),
    ("1", 1, {}, "no_value"),
    (torch.ones(3), torch.ones(2), {}, "wrong_shape"),
    (torch.ones(2, 1), torch.ones(2), {}, "wrong_shape"),
    (torch.ones(2), torch.ones(2, dtype=torch.float64), {}, "wrong_dtype"),
    (torch.ones(2), torch.tensor([1.0, 1.1]), {}, "values_differ"),
    (torch.tensor([float("nan")]), torch.ones(1), {}, "values_differ"),
    (torch.tensor([2**60 + 1]), torch.tensor([2**60]), {}, "values_differ"),
    (torch.tensor([1.0 + 1e-6]), torch.tensor([1.0]), {"exact": True}, "values_differ"),
    ([1, 2], [1, 2, 3], {}, "wrong_length"),
    ({"a": 1}, {"b": 1}, {}, "wrong_keys"),
    ("a", "b", {}, "not_equal"),
    (1, "b", {}, "wrong_type"),
]


@pytest.mark.parametrize(("actual", "expected", "rules", "key"), DIFFERENT)
def test_the_first_difference_is_named(actual, expected, rules, key):
    """Each kind of difference has its key."""
    assert difference(actual, expected, **rules).message["key"] == key


def test_a_wrong_value_is_told_by_share_size_place_and_tolerance():
    """The message says how many differ, the worst difference and its index."""
    expected = torch.zeros(2, 5)
    actual = expected.clone()
    actual[1, 3] = 0.5
    actual[0, 0] = 0.25

    message = difference(actual, expected).message

    assert (message["wrong"], message["total"], message["share"]) == (2, 10, 0.2)
    assert message["worst_absolute"] == 0.5
    assert message["index"] == [1, 3]


def test_nothing_expected_is_in_a_message():
    """Expected values and shapes are in `hidden`, never in the message."""
    for actual in (torch.zeros(3), torch.zeros(2)):
        failed = difference(actual, torch.tensor([123.456, 654.321]))

        assert "123.456" not in str(failed.message)
        assert "(2,)" not in str(failed.message) or failed.message["key"] != "wrong_shape"
        assert failed.hidden


def test_the_place_inside_a_container_is_told():
    """A difference deep inside lists and dicts says where."""
    failed = difference({"w": [torch.ones(1), torch.zeros(1)]}, {"w": [torch.ones(1), torch.ones(1)]})

    assert failed.message["where"] == "['w'][1]"


def test_another_device_is_a_difference():
    """A tensor that was on CUDA is not where one on the CPU is expected."""
    actual = torch.ones(1)
    actual.origin = "cuda:0"

    assert difference(actual, torch.ones(1)).message["key"] == "wrong_device"


def test_the_size_of_a_difference_can_be_kept_back():
    """With size=False a message holds nothing from which the right value could be computed."""
    message = difference(torch.tensor(1.0), 3.0, size=False).message

    assert set(message) == {"key", "where", "wrong", "total", "share", "not_finite"}


@pytest.mark.parametrize("expected", [0.0, float("inf"), float("nan")])
def test_a_message_is_valid_json(expected):
    """No infinity or NaN gets into a message, whatever the values: JSON has no words for them."""
    message = difference(torch.tensor([1.0, float("inf")]), torch.tensor([expected, 2.0])).message

    assert json.loads(json.dumps(message, allow_nan=False)) == message
