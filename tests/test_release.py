import json

import nbformat
import pytest
from tiny_course import SOLUTION, cell, make_course, notebook, write, write_notebook

from grader.cli import main
from grader.course import open_course
from grader.errors import CourseError, NotebookError, OutputError
from grader.notebook import parse_notebook
from grader.release import (
    build_handout,
    handout_path,
    is_current,
    notebook_bytes,
    read_solution,
    release,
    solution_lines,
)
from grader.variants import replace_task, zero_stub


@pytest.fixture
def folder(tmp_path):
    return make_course(tmp_path / "course")


@pytest.fixture
def assignment(folder):
    return open_course(folder).assignment("doubling")


def change(assignment, *cells):
    write_notebook(assignment.solution / "solution.ipynb", *cells)


def sources(made):
    return {row["id"]: row["source"] for row in made["cells"]}


def problems_of(assignment):
    with pytest.raises(CourseError) as caught:
        build_handout(assignment)
    return caught.value.problems


HANDOUT = '''\
import torch


def double(x):
    """Return twice x."""
    raise NotImplementedError  # write this


# Write your code here
'''


def test_regions_become_places_to_write(assignment):
    """An indented region becomes a raise, one at the margin a comment; the rest is copied."""
    made = build_handout(assignment)

    assert sources(made) == {"intro": "# Doubling", "twice": HANDOUT}


def test_outputs_and_counts_are_cleared(assignment):
    """What a run of the solution left behind is not handed out; other metadata is."""
    row = cell(SOLUTION, "twice")
    row["outputs"] = [{"name": "stdout", "output_type": "stream", "text": "8"}]
    row["metadata"] = {"execution": {"iopub.status.busy": "now"}, "tags": ["keep"]}
    change(assignment, row)

    (made,) = build_handout(assignment)["cells"]

    assert (made["outputs"], made["execution_count"], made["metadata"]) == ([], None, {"tags": ["keep"]})


def test_handout_is_a_valid_notebook(assignment):
    """Jupyter's own validation takes the handout, and the grader reads it."""
    path = release(assignment)

    nbformat.validate(nbformat.read(path, as_version=4))
    parsed = parse_notebook(path.read_bytes(), "handout.ipynb")
    assert [row.source for row in parsed.cells] == ["# Doubling", HANDOUT]


def test_bytes_do_not_depend_on_how_the_solution_was_saved(assignment):
    """Order of keys, line ends, a list or one text for the source: the handout's bytes are the same."""
    rows = [cell("# Doubling", "intro", "markdown"), cell(SOLUTION, "twice")]
    change(assignment, *rows)
    before = notebook_bytes(build_handout(assignment))
    rows[1]["source"] = SOLUTION.replace("\n", "\r\n").splitlines(keepends=True)
    other = json.dumps(dict(reversed(notebook(*rows).items())), indent=4)
    (assignment.solution / "solution.ipynb").write_bytes(b"\xef\xbb\xbf" + other.encode())

    assert notebook_bytes(build_handout(assignment)) == before


def test_bytes_are_made_for_reading_differences(assignment):
    """Keys are sorted, one line of source is one line of the file, Chinese stays readable."""
    change(assignment, cell(SOLUTION, "twice"), cell("多\n少", "end", "markdown"))

    data = notebook_bytes(build_handout(assignment))

    assert data.endswith(b' "nbformat": 4,\n "nbformat_minor": 5\n}\n')
    assert '    "多\\n",\n    "少"\n'.encode() in data
    assert data.startswith(b'{\n "cells": [\n  {\n   "cell_type": "code",\n')


def test_release_makes_the_handout_current(assignment):
    """A missing handout, one edited by hand and one of an older solution are not current; a new one is."""
    assert not is_current(assignment)
    path = release(assignment)
    assert is_current(assignment)
    path.write_bytes(path.read_bytes().replace(b"Doubling", b"Halving"))
    assert not is_current(assignment)
    release(assignment)
    change(assignment, cell(SOLUTION.replace("torch.tensor([4.0])", "4"), "twice"))
    assert not is_current(assignment)


def test_a_wrong_solution_leaves_the_old_handout(assignment):
    """A problem in the solution writes nothing."""
    before = release(assignment).read_bytes()
    change(assignment, cell(SOLUTION.replace("### END SOLUTION", ""), "twice"))

    with pytest.raises(CourseError):
        release(assignment)

    assert handout_path(assignment).read_bytes() == before


def test_a_folder_that_cannot_be_written(assignment):
    """A handout that cannot be written is one clear error."""
    path = handout_path(assignment)
    path.mkdir()
    (path / "x").touch()

    with pytest.raises(OutputError, match=r"handout\.ipynb: cannot be written"):
        release(assignment)


BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([BEGIN, "x = 1"], "line 1: this region has no `### END SOLUTION`."),
        ([BEGIN, "x = 1", BEGIN, END, END], "line 3: a region begins inside the one of line 1."),
        ([BEGIN, "x = 1", END, END], "line 4: there is no `### BEGIN SOLUTION` above"),
        ([END, BEGIN, "x = 1", END], "line 1: there is no `### BEGIN SOLUTION` above"),
        ([BEGIN, END, "#### BEGIN SOLUTION", "x = 1", "#### END SOLUTION"], "line 3: write the marker exactly"),
        ([BEGIN, END, "#begin solution:", "x = 1"], "line 3: write the marker exactly"),
        (["def f():", BEGIN, "    return 1", END], "line 1: without its solution regions the cell is no valid"),
    ],
)
def test_wrong_markers(assignment, lines, problem):
    """Markers that do not stand in pairs are named with cell and line, never guessed at."""
    change(assignment, cell("\n".join(lines), "twice"))

    assert problems_of(assignment)[0].startswith(f"solutions/doubling/solution.ipynb: cell `twice`, {problem}")


def test_markers_in_markdown_are_refused(assignment):
    """A region in a markdown cell would be handed out, so that it is an error."""
    change(assignment, cell(SOLUTION, "twice"), cell(f"{BEGIN}\n42\n{END}", "answer", "markdown"))

    assert [problem.split("cell ", 1)[1] for problem in problems_of(assignment)] == [
        "`answer`, line 1: solution regions stand in code cells only.",
        "`answer`, line 3: solution regions stand in code cells only.",
    ]


def test_prose_about_solutions_is_no_marker(assignment):
    """A heading or comment that speaks of a solution is left alone."""
    change(assignment, cell(SOLUTION, "twice"), cell("## Begin solution of the equation", "x", "markdown"))

    assert sources(build_handout(assignment))["x"] == "## Begin solution of the equation"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ([cell(SOLUTION, "other")], "task `twice` has no code cell"),
        ([cell(SOLUTION, "twice", "markdown"), cell("x = 1", "x")], "task `twice` has no code cell"),
        ([cell("x = 1", "twice")], "cell `twice` has no solution region"),
        ([cell(SOLUTION, "twice"), cell(SOLUTION, "twice")], "cell 2 has the id `twice` of an earlier cell"),
        ([cell(SOLUTION, "twice"), cell("", "")], "cell 2 has no id"),
    ],
)
def test_wrong_cells(assignment, cells, problem):
    """Each task has one code cell with its name as id and something to write in it."""
    change(assignment, *cells)

    (found,) = problems_of(assignment)
    assert found.startswith(f"solutions/doubling/solution.ipynb: {problem}")


def test_an_old_format_is_refused(assignment):
    """Format 4.4 has no cell ids."""
    made = {**notebook(cell(SOLUTION, "twice")), "nbformat_minor": 4}
    write(assignment.solution / "solution.ipynb", json.dumps(made))

    assert problems_of(assignment) == ("solutions/doubling/solution.ipynb: is of format 4.4, not 4.5; cells need ids.",)


def test_a_solution_that_is_no_notebook(assignment):
    """A file that is no notebook is refused by the reader of notebooks."""
    write(assignment.solution / "solution.ipynb", "hello")

    with pytest.raises(NotebookError, match="is not JSON"):
        build_handout(assignment)


def test_magics_do_not_stop_a_release(assignment):
    """A cell that is no plain Python with its regions need not be without."""
    change(assignment, cell(f"%matplotlib inline\n{BEGIN}\nx = 1\n{END}", "twice"))

    assert sources(build_handout(assignment)) == {"twice": "%matplotlib inline\n# Write your code here"}


def test_replace_task_changes_one_cell(assignment):
    """A mistake's text stands in the cell of its task; the other cells stay."""
    made = replace_task(read_solution(assignment), "twice", "x = 1")

    assert sources(made) == {"intro": "# Doubling", "twice": "x = 1"}


STUBBED = """\
from math import pi
import numpy as np
%matplotlib inline
a, (b, *c) = 1, (2, 3)
d: int = 4
for epoch in range(2):
    if (e := epoch):
        f = [inner for inner in range(3)]
with open("x") as file:
    pass
b.attribute = 1
async def wait(inside):
    local = 1
class Net(torch.nn.Module):
    field = 1
    def forward(self, x):
        return x
@np.vectorize
def double(x): return x
"""


def test_zero_stub_defines_all_names_of_the_solution(assignment):
    """The stub defines each function, class and variable of the task's cell, and no name of an inner scope."""
    solution = notebook(cell("import torch", "imports"), cell(STUBBED, "twice"))

    made = sources(zero_stub(solution, solution, assignment))

    assert made["imports"] == "import torch"
    names: dict = {}
    exec(made["twice"], names)
    defined = {name for name in names if not name.startswith("__")} - {"torch", "nn"}
    assert defined == {"a", "b", "c", "d", "e", "f", "epoch", "file", "wait", "Net", "double"}
    assert names["double"](1, 2, k=3).tolist() == [0.0]
    assert names["Net"](1, k=2)("anything").tolist() == [0.0]
    assert names["a"].tolist() == [0.0]


def test_solution_lines_are_those_that_students_do_not_get(assignment):
    """The lines inside regions count as secret, those of the handout do not."""
    assert solution_lines(assignment) == [
        "    ### BEGIN SOLUTION",
        "    return x + x",
        "    ### END SOLUTION",
        "### BEGIN SOLUTION",
        "eight = double(torch.tensor([4.0]))",
        "### END SOLUTION",
    ]


def test_command_writes_and_checks_handouts(folder, assignment, capsys):
    """`grade release` writes; with --check it only says, by its exit code, whether there is anything to write."""
    arguments = ["release", "doubling", "--course", str(folder)]

    assert main([*arguments, "--check"]) == 1
    assert "doubling: not up to date; run `grade release doubling`" in capsys.readouterr().out
    assert not handout_path(assignment).exists()
    assert main(arguments) == 0
    assert f"doubling: {handout_path(assignment)}" in capsys.readouterr().out
    assert main([*arguments, "--check"]) == 0
    assert "doubling: up to date" in capsys.readouterr().out


def test_command_explains_a_wrong_solution(folder, assignment, capsys):
    """A solution with a wrong marker ends with exit code 2, a clear message, and no handout."""
    change(assignment, cell(f"{BEGIN}\nx = 1", "twice"))

    assert main(["release", "doubling", "--course", str(folder)]) == 2
    assert "solutions/doubling/solution.ipynb: cell `twice`, line 1: this region has no" in capsys.readouterr().err
    assert not handout_path(assignment).exists()
