"""Declaring and loading checks: every problem is told, with file and check."""

from __future__ import annotations

import pytest

from grader.checks import load_checks
from grader.errors import CourseError


def problems_of(tiny_assignment, checks, points=1):
    with pytest.raises(CourseError) as caught:
        load_checks(tiny_assignment(checks, points=points))
    return "\n".join(caught.value.problems)


def test_checks_are_loaded_in_order_with_their_sentences(tiny_assignment):
    """Name, sentence, points and arguments are read from the function, in the order of the file."""
    text = '''
@check(task="all", points=1.5)
def zebra(student, reference):
    """First
    sentence."""

@check(task="all", points=0.5, reveal=True)
def ant(notebook):
    """Second."""

def no_check(anything):
    pass
'''
    zebra, ant = load_checks(tiny_assignment(text, points=2))

    assert (zebra.name, zebra.sentence, zebra.points) == ("zebra", "First sentence.", 1.5)
    assert zebra.arguments == ("student", "reference")
    assert ant.reveal
    assert not zebra.reveal


def test_all_problems_are_told_at_once(tiny_assignment):
    """A wrong argument, task, docstring and points sum are all named, each with the check."""
    text = '''
@check(task="al", points=1)
def first(studnet):
    """Says something."""

@check(task="all", points=-1)
def second():
    pass
'''
    told = problems_of(tiny_assignment, text, points=5)

    assert "check first: unknown argument 'studnet'" in told
    assert "check first: unknown task 'al'" in told
    assert "check second: has no docstring" in told
    assert "check second: points must be" in told
    assert "worth -1 points, assignment.toml says 5" in told


def test_a_file_that_does_not_import_is_told_with_its_line(tiny_assignment):
    """An exception or a syntax error in checks.py names the file and the line."""
    assert "checks.py:5: ZeroDivisionError" in problems_of(tiny_assignment, "\n1 / 0\n")
    assert "checks.py:4: SyntaxError" in problems_of(tiny_assignment, "def f(:\n")


def test_a_file_without_checks_is_a_problem(tiny_assignment):
    """checks.py without any check is told, with how to declare one."""
    assert "declares no check" in problems_of(tiny_assignment, "x = 1\n")
