import html

import pytest
from tiny_course import CHECKS, make_course, write

from grader.checks import load_checks
from grader.course import open_course
from grader.feedback import render_report
from grader.leaks import find_secrets
from grader.mistakes import read_mistakes
from grader.model import AttemptInfo, CellResult, Outcome, Report

THRESHOLD = '''

@check(task="twice", points=1)
def is_exact(student):
    """`eight` is
    not seven, of course."""
    expect.that(abs(student.eight - 8) < 0.00123456, "`eight` is not exact.")
'''


@pytest.fixture
def secrets(tmp_path):
    folder = make_course(tmp_path / "course")
    write(
        folder / "solutions" / "doubling" / "checks.py",
        CHECKS.replace("points=1", "points=0.5") + THRESHOLD.replace("points=1", "points=0.5"),
    )
    assignment = open_course(folder).assignment("doubling")
    return find_secrets(assignment, load_checks(assignment), read_mistakes(assignment))


CHECK = "expect.close(student.double(x), reference.double(x))"
SOLUTION = "eight = double(torch.tensor([4.0]))"


@pytest.mark.parametrize("line", [CHECK, SOLUTION])
@pytest.mark.parametrize(
    "page",
    [
        "<p>{}</p>",
        "<pre>x\n        {}\ny</pre>",
        '<p title="{}">x</p>',
        "<table><tr><td>1</td><td>{}</td></tr></table>",
    ],
)
def test_finds_lines_of_checks_and_solution(secrets, line, page):
    """A line of the checks or of the solution is found in texts and attributes, however it is indented."""
    assert secrets.find_in(page.format(html.escape(line)), "") == [line]


def test_finds_highlighted_lines(secrets):
    """Highlighting puts every word in an element of its own; the line is found all the same."""
    words = SOLUTION.split(" ")
    page = " ".join(f'<span class="n">{html.escape(word)}</span>' for word in words)

    assert secrets.find_in(f"<pre>{page}</pre>", "") == [SOLUTION]


def test_finds_long_numbers(secrets):
    """A number with many digits, such as a threshold, is found; a number that contains it is another one."""
    assert secrets.find_in("<p>You were not below 0.00123456.</p>", "") == ["0.00123456"]
    assert secrets.find_in("<p>10.00123456 0.001234567 a0.00123456 1.0.00123456</p>", "") == []


def test_finds_the_place_of_the_solution(secrets, tmp_path):
    """The path of the solution's folder is nothing for a student's eyes."""
    path = f"{tmp_path}/course/solutions/doubling"

    assert secrets.find_in(f"<pre>File {path}/checks.py, line 1</pre>", "") == [path]


def test_what_students_wrote_themselves_is_no_leak(secrets):
    """A student who has the solution's own line sees it in their feedback, and nothing is given away."""
    assert secrets.find_in(f"<pre>{SOLUTION} 0.00123456</pre>", f"x = 0.00123456\n{SOLUTION}") == []


def test_what_students_are_told_is_no_leak(secrets):
    """Sentences of checks, the handout and explanations of mistakes are made to be read."""
    told = [
        "`double` returns twice its argument.",
        "`x * x` is the square of x. Twice x is `x + x`.",
        "Return twice x.",
    ]

    assert secrets.find_in("".join(f"<p>{text}</p>" for text in told), "") == []
    assert secrets.find_in("<p>`eight` is not seven, of course.</p>", "") == []
    assert "not seven, of course." not in " ".join(secrets.lines)


def test_results_of_the_solution_are_secrets(secrets):
    """What the solution notebook prints is to be found by students; round numbers say nothing."""
    more = secrets.with_results("w = 0.16947, after 1000 steps")

    assert more.find_in("<p>1000 steps should give 0.16947</p>", "") == ["0.16947"]
    assert more.find_in("<p>you found 0.16947</p>", "print(w) 0.16947") == []


def test_finds_lines_in_real_feedback(secrets):
    """The feedback page shows a cell highlighted; a line in it that the student did not write would be found."""
    row = CellResult(0, "code", f"import torch\n{SOLUTION}\n", Outcome.PASSED)
    attempt = AttemptInfo(1, "cpu", "none", "2026-01-01T00:00:00+00:00", 1.0, {})
    identity = {"sha256": "0" * 64, "file": "a.ipynb", "student": "a", "submitted": None, "late": False}
    page = render_report(Report("doubling", "Doubling", "", identity, attempt, (), None, (), (row,)))

    assert secrets.find_in(page, "") == [SOLUTION]


def test_style_and_embedded_figures_are_not_searched(secrets):
    """The text of style elements and embedded files is no text of the feedback."""
    page = f'<style>/* {CHECK} */</style><img src="data:image/png;base64,{CHECK}"><p>fine</p>'

    assert secrets.find_in(page, "") == []
