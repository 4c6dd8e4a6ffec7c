import json
from dataclasses import replace

import pytest
from tiny_course import CHECKS, SOLUTION, SQUARED, cell, make_course, write, write_notebook

from grader.cli import main
from grader.course import open_course
from grader.errors import UserError
from grader.model import AttemptInfo, CheckResult, Outcome, Report
from grader.release import release
from grader.verify import HANDOUT, MISTAKE, ZEROS, Plan, _plan, _prove, verify
from grader.workers import Answer, Job

CLAIMS = [
    "its files are sound",
    "the solution earns every point",
    "the handout is up to date",
    "the handout earns nothing",
    "zeros earn nothing",
    "mistake squared fails exactly its checks",
    "every check is failed by a mistake",
    "the feedback gives nothing away",
]


@pytest.fixture
def folder(tmp_path):
    made = make_course(tmp_path / "course")
    release(open_course(made).assignment("doubling"))
    return made


def result(check, outcome=Outcome.FAILED, earned=0.0, **message):
    return CheckResult(check, "twice", "", outcome, earned, 2.0, message)


def passed(check):
    return result(check, Outcome.PASSED, 2.0)


def graded(*results, page="<p>fine</p>"):
    attempt = AttemptInfo(1, "cpu", "none", "2026-01-01T00:00:00+00:00", 1.0, {})
    report = Report("doubling", "Doubling", "", {}, attempt, (), None, results, ())
    return Answer(Job(None, "doubling"), report=report, page=page)


BOTH = ("doubles", "eight_is_eight")


def prove(folder, **found):
    """Return what does not hold when variants were graded as given, and otherwise as they should be."""
    plan = _plan(open_course(folder), "doubling")
    assert isinstance(plan, Plan)
    by_name = {
        "solution": graded(*map(passed, BOTH)),
        HANDOUT: graded(*map(result, BOTH)),
        ZEROS: graded(*map(result, BOTH)),
        MISTAKE + "squared": graded(*map(result, BOTH)),
        **{name.replace("mistake_", MISTAKE): value for name, value in found.items()},
    }
    proofs = list(_prove("doubling", plan, {variant: by_name[variant.name] for variant in plan.variants}))
    assert [proof.claim for proof in proofs] == CLAIMS
    return {proof.claim: proof.detail for proof in proofs if not proof.held}


def test_a_sound_assignment_is_proven(folder):
    """When every variant is graded as it should be, every claim holds."""
    assert prove(folder) == {}


def test_a_solution_that_loses_points(folder):
    """A check that the solution does not pass is named with its outcome and message."""
    lost = graded(passed("doubles"), result("eight_is_eight", key="too_small", actual=7.0))

    assert prove(folder, solution=lost) == {
        "the solution earns every point": "eight_is_eight: failed, 0 of 2 (7 is too small.)"
    }


@pytest.mark.parametrize(("name", "claim"), [(HANDOUT, "the handout earns nothing"), (ZEROS, "zeros earn nothing")])
def test_points_for_nothing(folder, name, claim):
    """A handout or stub that earns points names the checks that give them away; a part of the points is enough."""
    given = graded(result("doubles"), result("eight_is_eight", Outcome.PARTIAL, 0.5))

    assert prove(folder, **{name: given}) == {claim: "eight_is_eight: partial, 0.5 of 2"}


def test_a_fault_of_the_grader_proves_nothing(folder):
    """A check that ended by our fault neither passed nor failed, so that no claim about it holds."""
    fault = result("doubles", Outcome.GRADER_ERROR, key="grader_error", detail="checks.py:3: it broke")
    faulty = graded(fault, result("eight_is_eight"))

    found = prove(folder, solution=graded(fault, passed("eight_is_eight")), handout=faulty, mistake_squared=faulty)

    broke = "doubles: grader_error, 0 of 2 (checks.py:3: it broke)"
    assert found == {
        **dict.fromkeys([CLAIMS[1], CLAIMS[3], CLAIMS[5]], broke),
        "every check is failed by a mistake": "doubles is failed by none",
    }


def test_a_grading_that_never_ended_proves_nothing(folder):
    """A variant whose worker died, or that has no feedback page, leaves the claims about it open."""
    died = Answer(Job(None, "doubling"), fault="The process that graded it was killed by SIGKILL.")
    without_page = replace(graded(*map(result, BOTH)), page=None, page_fault="KeyError: 'x'")

    assert prove(folder, handout=died, zeros=without_page) == {
        "the handout earns nothing": "The process that graded it was killed by SIGKILL.",
        "the feedback gives nothing away": "there is no feedback on zeros: KeyError: 'x'",
    }


def test_a_mistake_that_fails_too_few_checks(folder):
    """A check that a mistake names but passes is reported, and so is a check that no mistake fails."""
    caught = graded(result("doubles"), passed("eight_is_eight"))

    assert prove(folder, mistake_squared=caught) == {
        "mistake squared fails exactly its checks": "eight_is_eight: passed, 2 of 2",
        "every check is failed by a mistake": "eight_is_eight is failed by none",
    }


def test_a_mistake_that_fails_too_many_checks(folder):
    """A check that fails although the mistake does not name it is reported."""
    path = folder / "solutions" / "doubling" / "mistakes" / "squared.py"
    write(path, SQUARED.replace("fails: doubles, eight_is_eight", "fails: doubles"))

    assert prove(folder) == {
        "mistake squared fails exactly its checks": "fails too: eight_is_eight: failed, 0 of 2",
    }


def test_partial_points_count_as_failed(folder):
    """A mistake that keeps a part of a check's points is caught by it."""
    partial = graded(result("doubles", Outcome.PARTIAL, 1.0), result("eight_is_eight"))

    assert prove(folder, mistake_squared=partial) == {}


def test_feedback_that_gives_the_solution_away(folder):
    """A page that shows a line of the solution is named with the line; the solution's own page may."""
    page = "<pre>eight = double(torch.tensor([4.0]))</pre>"

    assert prove(folder, solution=graded(*map(passed, BOTH), page=page)) == {}
    assert prove(folder, zeros=graded(*map(result, BOTH), page=page)) == {
        "the feedback gives nothing away": "the feedback on zeros shows: eight = double(torch.tensor([4.0]))"
    }


def test_an_old_handout(folder):
    """A handout that is missing or not that of the solution is named with the command that mends it."""
    handout = folder / "assignments" / "doubling" / "handout.ipynb"
    write(handout, "{}")
    old = prove(folder)
    handout.unlink()

    assert old == {
        "the handout is up to date": "assignments/doubling/handout.ipynb is not that of the solution; "
        "run `grade release doubling`."
    }
    assert "is missing; run" in prove(folder)["the handout is up to date"]


def test_problems_of_all_files_come_at_once(folder):
    """What is wrong with checks, mistakes and solution notebook is one claim that does not hold; nothing is graded."""
    solution = folder / "solutions" / "doubling"
    write(solution / "checks.py", CHECKS.replace("points=2", "points=5"))
    write(solution / "mistakes" / "squared.py", SQUARED.replace("eight_is_eight", "eight"))
    write(solution / "mistakes" / "other.py", "x = 1")
    write_notebook(solution / "solution.ipynb", cell("x = 1", "twice"))

    (proof,) = verify(open_course(folder))

    assert (proof.assignment, proof.claim, proof.held) == ("doubling", "its files are sound", False)
    problems = proof.detail.splitlines()
    assert any("the checks of task 'twice' are worth 6 points" in problem for problem in problems)
    assert any("mistakes/other.py: has no docstring" in problem for problem in problems)
    assert any("cell `twice` has no solution region" in problem for problem in problems)


def test_mistakes_name_checks_that_exist(folder):
    """A mistake that names a check that does not exist is a problem with file and key."""
    path = folder / "solutions" / "doubling" / "mistakes" / "squared.py"
    write(path, SQUARED.replace("eight_is_eight", "eight"))

    (proof,) = verify(open_course(folder))

    assert proof.detail == "solutions/doubling/mistakes/squared.py: fails: there is no check `eight`."


def test_an_invalid_toml_is_a_claim_that_does_not_hold(folder):
    """An assignment that cannot be read is reported and does not stop the command."""
    write(folder / "assignments" / "doubling" / "assignment.toml", "nothing")

    (proof,) = verify(open_course(folder), ["doubling"])

    assert "is not TOML" in proof.detail


def test_command_refuses_an_unknown_assignment(folder, capsys):
    """A misspelt name is answered with the nearest, exit code 2, and no traceback."""
    assert main(["verify", "dubling", "--course", str(folder)]) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"{folder}: there is no assignment 'dubling'.",
        "Did you mean `doubling`?",
    ]


def test_command_reports_an_invalid_assignment(folder, capsys):
    """Problems of an assignment's files are a claim that does not hold: exit code 1 and the problems in the table."""
    (folder / "solutions" / "doubling" / "checks.py").unlink()

    assert main(["verify", "--course", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "assignment": "doubling",
            "claim": "its files are sound",
            "held": False,
            "detail": "solutions/doubling/checks.py: is missing.",
        }
    ]


def test_an_unknown_assignment_stops_before_any_grading(folder):
    """A misspelt name is a mistake of usage."""
    with pytest.raises(UserError, match="Did you mean `doubling`"):
        verify(open_course(folder), ["doubling", "dubling"])


@pytest.mark.slow
def test_command_proves_a_sound_course(folder, capsys):
    """Graded for real, a sound course is proven: a table on stdout, progress on stderr, exit code 0."""
    assert main(["verify", "--course", str(folder), "--jobs", "1"]) == 0

    shown = capsys.readouterr()
    assert "8 of 8 claims hold." in shown.out
    assert "4/4 doubling: mistake squared" in shown.err


GENEROUS = '''

@check(task="twice", points=1)
def is_there(student):
    """`double` is there."""
    expect.that(callable(student.double) or student.defines("double"), "You did not define `double`.")


@check(task="twice", points=1)
def talks_too_much(student):
    """`double` of one is two."""
    x = torch.tensor(1.2345678)
    expect.that(abs(float(student.double(x)) - 2.4691356) < 1e-3, "That is not 2.4691356.")
'''


@pytest.mark.slow
def test_command_finds_what_does_not_hold(folder, capsys):
    """Graded for real in two processes: a gift, a mistake that is not caught and a leak are each found."""
    solution = folder / "solutions" / "doubling"
    write(
        folder / "assignments" / "doubling" / "assignment.toml",
        (folder / "assignments" / "doubling" / "assignment.toml").read_text().replace("points = 3", "points = 5"),
    )
    write(solution / "checks.py", CHECKS + GENEROUS)
    write(solution / "mistakes" / "squared.py", SQUARED.replace("doubles, eight", "doubles, talks_too_much, eight"))
    right = SOLUTION.replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", "")
    write(solution / "mistakes" / "harmless.py", SQUARED.split("import torch")[0] + right)

    arguments = ["verify", "doubling", "--course", str(folder), "--jobs", "2", "--json"]
    assert main(arguments) == 1

    rows = {row["claim"]: row["detail"].splitlines() for row in json.loads(capsys.readouterr().out) if not row["held"]}
    assert rows["the handout earns nothing"] == ["is_there: passed, 1 of 1"]
    assert rows["zeros earn nothing"] == ["is_there: passed, 1 of 1"]
    assert rows["mistake harmless fails exactly its checks"] == [
        "doubles: passed, 2 of 2",
        "eight_is_eight: passed, 1 of 1",
    ]
    assert rows["every check is failed by a mistake"] == ["is_there is failed by none"]
    assert "the feedback on mistake squared shows: 2.4691356" in rows["the feedback gives nothing away"]
    assert set(rows) == {
        "the handout earns nothing",
        "zeros earn nothing",
        "mistake harmless fails exactly its checks",
        "every check is failed by a mistake",
        "the feedback gives nothing away",
    }
