"""Real notebooks in many manners: each gets the score that stands beside it.

The first folder below `fixtures/submissions` is the verdict, the second the assignment, and `NAME.expected.toml` beside
`NAME.ipynb` says what the grader must find (fixtures/README.md).
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import tomllib
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import pytest

from grader.course import open_course
from grader.errors import NotebookError
from grader.grading import Grader
from grader.model import Outcome, Report
from grader.notebook import read_notebook

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fixtures" / "submissions"
VERDICTS = {"correct", "wrong", "broken", "hostile"}
KEYS = {"about", "score", "says", "isolation", "fast", "checks", "cells"}
SUFFIX = ".expected.toml"
JOBS = 2
SECRET = "the fixtures are graded with the same seeds everywhere"
# long enough for an honest notebook on a busy machine, short enough for one that never ends
SHORT = {"seconds": 45.0, "cell_seconds": 10.0, "check_seconds": 8.0}
TRAINED = {"lenet"}
"""Assignments whose notebooks, the reference among them, need the time that their own limits give."""


@dataclass(frozen=True)
class Fixture:
    """A notebook and what is expected of it."""

    path: Path

    @property
    def name(self) -> str:
        """The path below the fixtures, without its ending."""
        return self.path.relative_to(FOLDER).with_suffix("").as_posix()

    @property
    def verdict(self) -> str:
        """The first folder: correct, wrong, broken or hostile."""
        return self.name.split("/")[0]

    @property
    def assignment(self) -> str:
        """The second folder: the assignment, or `unreadable`."""
        return self.name.split("/")[1]

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What stands beside the notebook."""
        return tomllib.loads(self.path.with_suffix(SUFFIX).read_text(encoding="utf-8"))

    def bounds(self, possible: float) -> tuple[float, float]:
        """Return the least and the greatest score that is right."""
        score = self.expected["score"]
        if score == "full":
            return possible, possible
        return (score[0], score[1]) if isinstance(score, list) else (score, score)


FIXTURES = [Fixture(path) for path in sorted(FOLDER.rglob("*.ipynb"))]
READABLE = [fixture for fixture in FIXTURES if fixture.assignment != "unreadable"]
UNREADABLE = [fixture for fixture in FIXTURES if fixture.assignment == "unreadable"]


def parametrize(fixtures):
    """Return the decorator that makes one test of each fixture; those not marked fast are slow."""
    rows = [
        pytest.param(each, id=each.name, marks=() if each.expected.get("fast") else pytest.mark.slow)
        for each in fixtures
    ]
    return pytest.mark.parametrize("fixture", rows)


_graders: list[Grader] = []


def _start_worker() -> None:
    """Make the one grader of a worker process."""
    os.environ["GRADE_SECRET"] = SECRET
    _graders.append(Grader(open_course(ROOT)))
    # a worker ends without atexit: this ends its reference kernels and removes their folders
    Finalize(None, _graders[0].close, exitpriority=10)


def _grade(fixture: Fixture) -> Report:
    """Return the report of one fixture; called in a worker."""
    assignment = open_course(ROOT).assignment(fixture.assignment)
    if fixture.assignment not in TRAINED:
        limits = dataclasses.replace(assignment.limits, **SHORT)
        assignment = dataclasses.replace(assignment, limits=limits)
    return _graders[0].grade(read_notebook(fixture.path), assignment)


@pytest.fixture(scope="session")
def reports(request):
    """The reports to come of all fixtures that this run selects, graded in two processes meanwhile."""
    selected = [item.callspec.params.get("fixture") for item in request.session.items if hasattr(item, "callspec")]
    wanted = dict.fromkeys(each for each in selected if isinstance(each, Fixture) and each in READABLE)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(JOBS, context, _start_worker) as pool:
        coming: dict[Fixture, Future[Report]] = {each: pool.submit(_grade, each) for each in wanted}
        yield coming
        for future in coming.values():
            future.cancel()


@parametrize(READABLE)
def test_a_notebook_gets_what_it_deserves(fixture, reports):
    """Score, outcomes of checks and of cells are those that stand beside the notebook."""
    report = reports[fixture].result()
    needed = fixture.expected.get("isolation", report.attempt.isolation)
    if needed != report.attempt.isolation:
        pytest.skip(f"needs the isolation tier {needed!r}, this machine graded with {report.attempt.isolation!r}")
    story = "\n".join(f"{row.check}: {row.outcome.value} {row.earned:g} {row.message}" for row in report.results)

    assert report.score is not None, story
    least, greatest = fixture.bounds(report.score.possible)
    assert least <= report.score.earned <= greatest, story
    outcomes = {row.check: row.outcome.value for row in report.results}
    listed = fixture.expected.get("checks", {})
    assert {name: outcomes.get(name) for name in listed} == listed, story


@parametrize([each for each in READABLE if "cells" in each.expected])
def test_the_cells_of_a_notebook_end_as_they_must(fixture, reports):
    """The outcomes of the code cells are those that stand beside the notebook."""
    report = reports[fixture].result()

    assert [cell.outcome.value for cell in report.cells if cell.outcome] == fixture.expected["cells"]


@pytest.mark.parametrize("fixture", UNREADABLE, ids=lambda each: each.name)
def test_an_unreadable_notebook_is_refused_in_two_lines(fixture):
    """A file that is no notebook is refused with what is wrong, where, and what to do next."""
    with pytest.raises(NotebookError) as caught:
        read_notebook(fixture.path)

    lines = str(caught.value).splitlines()
    assert 1 < len(lines) <= 2
    assert fixture.path.name.split(".")[0] in lines[0]
    assert fixture.expected["says"] in lines[0]


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda each: each.name)
def test_the_expectation_of_a_notebook_is_sound(fixture):
    """What stands beside a notebook has known keys, known outcomes and a score that its folder allows."""
    expected, score = fixture.expected, fixture.expected["score"]

    assert set(expected) <= KEYS
    assert expected["about"].endswith(".")
    assert set(expected.get("checks", {}).values()) <= {outcome.value for outcome in Outcome}
    assert fixture.verdict in VERDICTS
    assert (score == "full") is (fixture.verdict == "correct") or fixture.verdict == "broken"
    assert (score == "unreadable") is (fixture.assignment == "unreadable")


def test_every_manner_is_there():
    """Each verdict and each assignment has notebooks, and every expectation has its notebook."""
    course = open_course(ROOT)
    graded = {each.assignment for each in READABLE}

    assert {each.verdict for each in FIXTURES} == VERDICTS
    assert graded == {each.assignment for each in READABLE if each.verdict == "correct"}
    assert graded <= set(course.assignments)
    assert len(list(FOLDER.rglob("*" + SUFFIX))) == len(FIXTURES)
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < 3_000_000


@pytest.mark.slow
def test_no_pickle_of_a_student_was_loaded_in_the_grader(reports):
    """Pickles in files and objects that would make a file where they are loaded made none where the grader runs."""
    for future in reports.values():
        future.result()

    assert not Path("exploded").exists()
