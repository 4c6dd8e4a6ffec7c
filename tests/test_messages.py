"""Sentences: one for each key, whatever the parameters hold."""

from __future__ import annotations

import ast
from pathlib import Path

import grader
from grader.messages import SENTENCES, sentence


def keys_in_source():
    """Return every `{"key": "..."}` that stands in the package."""
    for path in Path(grader.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "key" and isinstance(value, ast.Constant):
                        yield value.value


def test_every_key_has_a_sentence():
    """No check can end with a message that has no words."""
    assert set(keys_in_source()) <= set(SENTENCES)


def test_a_message_without_parameters_still_gives_words():
    """A message whose parameters are missing or odd gives its key instead of an exception."""
    odd = {"actual": {}, "seconds": "x", "total": [], "worst_absolute": "y", "worst_relative": {}, "not_finite": None}
    for key in SENTENCES:
        assert sentence({"key": key})
        assert sentence({"key": key, **odd})
    assert sentence({}) == ""
    assert sentence({"key": "new in a later version"}) == "new in a later version"


def test_braces_of_a_student_are_not_filled_in():
    """Text of the student's that looks like a placeholder stays as it is."""
    message = {"key": "raised", "type": "{name}", "text": "{0} {wrong.__class__}"}

    assert sentence(message) == "Your code raised {name}: {0} {wrong.__class__}"


def test_a_part_that_the_handout_left_open_is_said_as_such():
    """The handout's NotImplementedError reads as not written; other silent exceptions give their type."""
    assert sentence({"key": "raised", "type": "NotImplementedError", "text": ""}) == "This part is not written yet."
    assert sentence({"key": "raised", "type": "KeyError", "text": ""}) == "Your code raised KeyError."


def test_a_difference_is_told_by_size_place_and_tolerance():
    """Many values are told by share and worst index, one value by how far it is off."""
    sizes = {"worst_absolute": 0.5, "worst_relative": 0.25, "atol": 0.0, "rtol": 1e-5}
    many = {"key": "values_differ", "wrong": 2, "total": 4, "share": 0.5, "index": [1, 0], **sizes}
    one = {"key": "values_differ", "wrong": 1, "total": 1, "share": 1.0, "index": [0], "not_finite": 1, **sizes}

    assert sentence(many) == (
        "2 of 4 values differ (50%). Largest difference: 0.5 (25.00%) at index (1, 0); tolerated: relative 1e-05."
    )
    assert sentence(one) == (
        "Your value is not right. It is off by 0.5 (25.00%); tolerated: relative 1e-05. "
        "Values that are NaN or infinite: 1."
    )


def test_whole_numbers_are_told_without_shares_and_tolerances():
    """A difference of classes or counts is a number and a place, nothing relative."""
    sizes = {"worst_absolute": 7.0, "worst_relative": 7.0, "atol": 0.0, "rtol": 0.0}
    message = {"key": "values_differ", "wrong": 1, "total": 2, "share": 0.5, "index": [1], **sizes}

    assert sentence(message) == "1 of 2 values differ (50%). Largest difference: 7 at index (1,)."
