"""One submission to one report, with real kernels."""

from __future__ import annotations

import json

import pytest
from conftest import SOLUTION, TinyCourse, make_submission

from grader.errors import KernelFault
from grader.grading import Grader
from grader.kernel.starting import ColdKernels
from grader.model import Limits, Outcome, Score, report_from_json

CHECKS = '''
@check(task="all", points=2)
def doubles(student, reference):
    """`double` doubles."""
    x = torch.randn(4)
    expect.close(student.double(x), reference.double(x))

@check(task="all", points=3)
def same_outputs(student, reference):
    """Your network computes what the reference computes."""
    expect.same_network(student.Net(), reference.Net(), torch.randn(2, 3))

@check(task="all", points=1)
def item(student):
    """`double` returns a tensor of one element."""
    student.double(torch.ones(1)).item()
'''


@pytest.fixture(scope="module")
def grader():
    with Grader(TinyCourse()) as grader:
        yield grader


def outcomes(report):
    return {result.check: result.outcome.value for result in report.results}


def test_the_solution_earns_everything(grader, tiny_assignment):
    """The solution as a submission earns all points, and its report survives JSON."""
    report = grader.grade(make_submission(SOLUTION), tiny_assignment(CHECKS, points=6))

    assert report.score == Score(6, 6)
    assert report.submission["student"] == "Ada"
    assert report.attempt.isolation == "none"
    assert report_from_json(json.loads(json.dumps(report.to_json()))) == report


def test_a_wrong_function_loses_its_own_points_only(grader, tiny_assignment):
    """A wrong result fails its check, the others are untouched."""
    wrong = SOLUTION.replace("2 * x", "x + 2")
    report = grader.grade(make_submission(wrong), tiny_assignment(CHECKS, points=6))

    assert outcomes(report) == {"doubles": "failed", "same_outputs": "passed", "item": "passed"}
    assert report.score == Score(4, 6)


def test_a_missing_name_and_an_exception_are_named(grader, tiny_assignment):
    """A misspelt function is missing with the nearest name; a network that raises is an error in its cell."""
    source = SOLUTION.replace("def double", "def doubel").replace("return self.layer(x)", "return self.lajer(x)")
    report = grader.grade(make_submission(source), tiny_assignment(CHECKS, points=6))

    assert outcomes(report) == {"doubles": "missing", "same_outputs": "error", "item": "missing"}
    assert report.results[0].message["nearest"] == "doubel"
    assert report.results[1].message["frames"][-1]["cell"] == 0


def test_an_odd_value_fails_a_sound_check(grader, tiny_assignment):
    """A check that trips over a student's None, but not over the reference's value, has failed."""
    report = grader.grade(make_submission(SOLUTION.replace("2 * x", "None")), tiny_assignment(CHECKS, points=6))

    assert outcomes(report)["item"] == "failed"
    assert report.score == Score(3, 6)


RAISING = '''
@check(task="all", points=1)
def refuses_text(student):
    """`Net` refuses text and can be listed."""
    expect.raises("TypeError", student.Net(), "text")
    expect.that(len(list(student.Net().parameters())) == 2, "Not two parameters.")
'''


def test_a_check_that_wants_an_exception_is_sound(grader, tiny_assignment):
    """With the reference in the student's place an exception is one that a check may want, not our fault."""
    odd = SOLUTION.replace("class Net", "class Hidden") + "\nNet = lambda: None\n"
    report = grader.grade(make_submission(odd), tiny_assignment(RAISING, points=1))

    assert outcomes(report) == {"refuses_text": "failed"}


def test_an_unsound_check_withholds_the_score(grader, tiny_assignment):
    """A check that raises for the reference, too, is our fault: no score, and the place in checks.py for a person."""
    broken = CHECKS + '\n@check(task="all", points=1)\ndef broken(student):\n    """Breaks."""\n    1 / 0\n'
    report = grader.grade(make_submission(SOLUTION), tiny_assignment(broken, points=7))

    assert report.score is None
    assert outcomes(report)["broken"] == "grader_error"
    assert "checks.py" in report.results[-1].message["detail"]


def test_a_solution_that_does_not_run_is_our_fault(grader, tiny_assignment):
    """A reference that raises withholds the score, even from a right submission."""
    assignment = tiny_assignment(CHECKS + "\n", points=6, solution=SOLUTION + "\n1 / 0")
    report = grader.grade(make_submission(SOLUTION), assignment)

    assert report.score is None
    assert outcomes(report)["doubles"] == "grader_error"


def test_a_dead_kernel_earns_nothing_and_says_so(grader, tiny_assignment):
    """A notebook that ends its process gets the outcome on every check that needs it."""
    report = grader.grade(make_submission(SOLUTION, "import os\nos._exit(0)"), tiny_assignment(CHECKS, points=6))

    assert set(outcomes(report).values()) == {"kernel_died"}
    assert report.score == Score(0, 6)
    assert report.cells[1].outcome is Outcome.KERNEL_DIED


def test_a_regrade_draws_the_same_inputs(grader, tiny_assignment):
    """Two attempts at one submission have the same seed and the same differences; another submission has others."""
    assignment = tiny_assignment(CHECKS, points=6)
    wrong = SOLUTION.replace("2 * x", "x")
    first, again = (grader.grade(make_submission(wrong), assignment) for _ in range(2))
    other = grader.grade(make_submission(wrong + "\n"), assignment)

    assert first.attempt.seed == again.attempt.seed != other.attempt.seed
    assert first.results[0].message == again.results[0].message
    assert first.results[0].message != other.results[0].message


def test_a_notebook_that_answers_yes_to_everything_earns_nothing(grader, tiny_assignment):
    """Objects that are equal to everything, patched comparisons and patched seeds change no verdict."""
    hostile = (
        SOLUTION.replace("2 * x", "Yes()")
        + """
class Yes(torch.Tensor):
    def __eq__(self, other):
        return True
    __hash__ = None
    def allclose(self, *_, **__):
        return True
    @classmethod
    def __torch_function__(cls, *_, **__):
        return True
torch.allclose = torch.equal = torch.testing.assert_close = lambda *_, **__: True
"""
    )
    report = grader.grade(make_submission(hostile), tiny_assignment(CHECKS, points=6))

    assert outcomes(report)["doubles"] != "passed"


class BrokenStarter(ColdKernels):
    """Fails to start its first `failures` kernels."""

    def __init__(self, failures):
        self.failures = failures

    async def start(self, *args, **kwargs):
        if self.failures:
            self.failures -= 1
            raise KernelFault("no kernel came up")
        return await super().start(*args, **kwargs)


def test_an_infrastructure_fault_is_retried(tiny_assignment):
    """A kernel that does not come up once costs the student nothing."""
    with Grader(TinyCourse(), starter=BrokenStarter(1)) as grader:
        report = grader.grade(make_submission(SOLUTION), tiny_assignment(CHECKS, points=6))

    assert report.score == Score(6, 6)


def test_a_lasting_fault_withholds_the_score(tiny_assignment):
    """Kernels that never come up end as grader_error on every check, with no score."""
    with Grader(TinyCourse(), starter=BrokenStarter(99)) as grader:
        report = grader.grade(make_submission(SOLUTION), tiny_assignment(CHECKS, points=6))

    assert report.score is None
    assert set(outcomes(report).values()) == {"grader_error"}


ARGUMENTS = '''
@check(task="all", points=1)
def every_argument(student, reference, fresh, notebook, rng, seed, data, device):
    """Gets every argument."""
    expect.that(notebook.calls("Linear"), "no Linear")
    expect.that(not fresh.defines("double"), "fresh has run the notebook")
    fresh.write_file("x", data.path("hidden.txt").read_bytes())
    expect.equal(fresh.read_file("x"), b"hidden")
    expect.equal(torch.randn(2), torch.randn(2, generator=rng))
    expect.equal(device, "cpu")
    expect.that(isinstance(seed, int), "no seed")

@check(task="all", points=1)
def hidden_data_stays_hidden(student):
    """Nothing of the solution folder is in the working folder."""
    expect.equal(student.module("os").listdir(), [])
'''


def test_every_argument_is_injected(grader, tiny_assignment):
    """A check gets kernels, source, generator, seed, hidden data and device by their names."""
    assignment = tiny_assignment(ARGUMENTS, points=2)
    (assignment.solution / "data" / "hidden.txt").write_text("hidden")
    report = grader.grade(make_submission(SOLUTION), assignment)

    assert outcomes(report) == {"every_argument": "passed", "hidden_data_stays_hidden": "passed"}


def test_an_endless_function_times_out_its_check_only(grader, tiny_assignment):
    """A function that never returns costs its check and not the ones after it."""
    slow = SOLUTION.replace("return 2 * x", "import time\n    time.sleep(60)")
    limits = Limits(check_seconds=1)
    report = grader.grade(make_submission(slow), tiny_assignment(CHECKS, points=6, limits=limits))

    assert outcomes(report) == {"doubles": "timed_out", "same_outputs": "passed", "item": "timed_out"}
