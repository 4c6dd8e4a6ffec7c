"""How notebooks are run: ordinary habits cost nothing, limits hold, nothing of the grader's is within reach.

Each test reads the report of a notebook that was graded for real; one grading serves many tests.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path

import pytest
from conftest import make_submission, open_session

from grader.course import open_course
from grader.grading import Grader
from grader.model import Cell, Limits, Outcome, Submission

ROOT = Path(__file__).resolve().parent.parent
SOLUTION = """
import numpy as np
import torch

x, y = (torch.from_numpy(np.loadtxt(name)) for name in ("ex2x.dat", "ex2y.dat"))
losses = []

def fit(x, y, lr, steps, losses=None):
    w, b = (torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in range(2))
    for _ in range(steps):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        for p in (w, b):
            p.data -= lr * p.grad
            p.grad = None
    return w, b

w, b = fit(x, y, 0.001, 1000, losses)
"""
DRAW = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
HABITS = {
    "solution": SOLUTION,
    "files": "import os\nprint(sorted(os.listdir('.')), len(open('ex2x.dat').read().split()))",
    "inline": "%matplotlib inline\nimport matplotlib.pyplot as plt",
    "shown": "plt.plot(losses)\nplt.show()\nplt.scatter(x, y)\nplt.show()",
    "not shown": "plt.plot(losses)",
    "backend": "import matplotlib\nprint(matplotlib.get_backend())",
    "shell": "!ls *.dat\nfound = !echo caught\nprint(found)",
    "cell magic": "%%time\nprint('timed')",
    "line magic": "%time print('once')\n%who str",
    "display": "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'), {'a': 1})",
    "last value": "w.shape",
    "progress": "from tqdm.auto import tqdm\nfor _ in tqdm(range(3), desc='epochs'):\n    pass",
    "await": "import asyncio\nprint(await asyncio.sleep(0, 'awaited'))",
    "warning": "import sys, warnings\nwarnings.warn('be careful')\nprint('to stderr', file=sys.stderr)",
    "raises": "before = 1\n1 / 0",
    "no python": "def f(:\n    pass",
    "goes on": "print('still', before)",
    "input": "input('Your name? ')",
    "pip": "%pip install a-package-that-nobody-ever-made",
    "pip elsewhere": "!python -m pip install --index-url http://127.0.0.1:9/simple another-package-that-is-not",
    "threads": "import os\nprint(torch.get_num_threads(), os.environ['OMP_NUM_THREADS'])",
    "draw": DRAW,
    "where": "from pathlib import Path\nprint(Path.cwd())\nprint(Path.home())\nprint(os.environ['TMPDIR'])",
    "environment": "print(dict(os.environ))",
    "exit": "import sys\nsys.exit(1)",
}
LIMITED = {
    "solution": SOLUTION,
    "draw": DRAW,
    "flood": "for _ in range(100):\n    print('x' * 10_000)",
    "after the flood": "print('nothing of this is kept')",
    "endless": "while True:\n    pass",
    "after the endless one": "z = torch.ones(2**27)",
    "too much memory": "torch.ones(2**30)",
    **{f"slow {number}": "import time\ntime.sleep(1.5)" for number in range(12)},
}


def make_notebook(cells):
    """Return a submission of named code cells."""
    sources = tuple(Cell(index, "code", source) for index, source in enumerate(cells.values()))
    digest = hashlib.sha256("".join(cells.values()).encode()).hexdigest()
    return Submission(Path("policy.ipynb"), digest, sources, file="policy.ipynb")


@pytest.fixture(scope="module")
def grade():
    """A function that grades a notebook as linear_regression, under these limits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADE_SECRET", "a secret of this course")
        patch.setenv("DATABASE_PASSWORD", "hunter2 of the grader")
        course = open_course(ROOT)
        assignment = course.assignment("linear_regression")
        with Grader(course) as grader:
            yield lambda submission, **limits: grader.grade(
                submission,
                dataclasses.replace(assignment, limits=dataclasses.replace(assignment.limits, **limits)),
            )


@pytest.fixture(scope="module")
def report(grade):
    """The report of a notebook of ordinary habits."""
    return grade(make_notebook(HABITS))


@pytest.fixture(scope="module")
def limited(grade):
    """The report of a notebook that goes over every limit."""
    return grade(make_notebook(LIMITED), cell_seconds=3, seconds=11, output_kb=256, memory_mb=1536)


def cell(report, name, cells=HABITS):
    """Return what became of a named cell."""
    return report.cells[list(cells).index(name)]


def text(result):
    """Return everything that a cell's outputs show as text."""
    shown = []
    for output in result.outputs:
        shown += [output.get("text", ""), *(str(part) for part in output.get("data", {}).values())]
    return "".join(shown)


def pictures(result):
    return [output for output in result.outputs if "image/png" in output.get("data", {})]


def test_ordinary_habits_cost_no_points(report):
    """A notebook that solves everything earns everything, whatever else its cells do."""
    assert (report.score.earned, report.score.possible) == (10.0, 10.0)


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("shell", "ex2x.dat"),
        ("shell", "['caught']"),
        ("cell magic", "Wall time"),
        ("line magic", "once"),
        ("display", "<b>bold</b>"),
        ("display", "{'a': 1}"),
        ("last value", "torch.Size([1])"),
        ("progress", "epochs: 100%"),
        ("await", "awaited"),
        ("warning", "UserWarning: be careful"),
        ("warning", "to stderr"),
        ("goes on", "still 1"),
    ],
)
def test_ordinary_habits_run_and_show_their_output(report, name, shows):
    """Magics, shell commands, display, progress bars, await and warnings do what they do in Jupyter."""
    result = cell(report, name)

    assert result.outcome is Outcome.PASSED
    assert shows in text(result)


def test_figures_are_kept(report):
    """Every figure of a cell is kept as a picture, with and without plt.show()."""
    assert "inline" in text(cell(report, "backend"))
    assert len(pictures(cell(report, "shown"))) == 2
    assert len(pictures(cell(report, "not shown"))) == 1


def test_a_raising_cell_does_not_end_the_run(report):
    """A cell that raises, exits or does not parse is an error of that cell alone."""
    kinds = {name: cell(report, name).error["type"] for name in ("raises", "no python", "exit")}

    assert kinds == {"raises": "ZeroDivisionError", "no python": "SyntaxError", "exit": "SystemExit"}
    assert cell(report, "goes on").outcome is Outcome.PASSED


def test_nobody_answers_input(report):
    """input() raises at once."""
    result = cell(report, "input")

    assert result.outcome is Outcome.ERROR
    assert result.error["type"] == "StdinNotImplementedError"
    assert result.seconds < 2


@pytest.mark.parametrize("name", ["pip", "pip elsewhere"])
def test_installs_are_refused(report, name):
    """pip says no at once, from whatever index; the notebook goes on."""
    result = cell(report, name)

    assert "ERROR" in text(result)
    assert "Successfully installed" not in text(result)


def test_a_wheel_of_the_students_own_is_not_installed():
    """pip installs nothing that needs no index either."""
    wheel = """
import zipfile
with zipfile.ZipFile("mine-1-py3-none-any.whl", "w") as file:
    file.writestr("mine.py", "")
    file.writestr("mine-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: mine\\nVersion: 1\\n")
    file.writestr("mine-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    file.writestr("mine-1.dist-info/RECORD", "")
"""
    install = "%pip install --no-deps --target here mine-1-py3-none-any.whl"
    with open_session() as session:
        results = session.run(make_submission(wheel, install, "import os\nprint(os.path.exists('here/mine.py'))").cells)

    assert "mine" in text(results[1])
    assert text(results[2]) == "False\n"


def test_threads_are_fixed(report):
    """torch computes on as many threads as the assignment allows, one by default."""
    assert text(cell(report, "threads")) == "1 1\n"


@pytest.mark.slow
def test_random_numbers_belong_to_the_submission(report, limited, grade):
    """The same submission draws the same numbers again; another one draws others, from every generator."""
    drawn = text(cell(report, "draw")).split()
    others = text(cell(limited, "draw", LIMITED)).split()
    again = grade(make_notebook(HABITS), seconds=60)

    assert text(cell(again, "draw")).split() == drawn
    assert len(set(drawn) | set(others)) == 6


def test_the_working_folder_holds_the_data_and_nothing_else(report):
    """The assignment's files stand under their usual names in a folder of the notebook's own."""
    assert text(cell(report, "files")).startswith("['ex2x.dat', 'ex2y.dat'] 50")
    work, home, temporary = text(cell(report, "where")).split()
    assert work == home
    assert not any(Path(folder).is_relative_to(ROOT) for folder in (work, temporary))
    assert not any(Path(folder).exists() for folder in (work, temporary))


def test_the_environment_of_the_grader_stays_outside(report):
    """No variable of the grader's environment, secrets first of all, is seen by the notebook."""
    seen = text(cell(report, "environment"))

    assert "OMP_NUM_THREADS" in seen
    for secret in ("hunter2", "DATABASE_PASSWORD", "a secret of this course", "GRADE_SECRET"):
        assert secret not in seen
    assert set(re.findall(r"'(GRADER\w*)'", seen)) == set()


@pytest.mark.slow
def test_limits_cost_only_what_was_not_computed(limited):
    """What was computed before a limit was reached earns its points."""
    assert limited.score.earned == limited.score.possible


@pytest.mark.slow
def test_output_is_limited(limited):
    """Output over the limit is cut, the report says so and stays small; the run goes on."""
    flood, after = (cell(limited, name, LIMITED) for name in ("flood", "after the flood"))

    assert flood.cut
    assert after.cut
    assert [flood.outcome, after.outcome] == [Outcome.PASSED, Outcome.PASSED]
    assert 0 < sum(len(text(result)) for result in limited.cells) <= 256 * 1024


@pytest.mark.slow
def test_a_cell_is_limited(limited):
    """An endless cell is timed out near its limit; the next one runs in the same kernel."""
    endless = cell(limited, "endless", LIMITED)

    assert endless.outcome is Outcome.TIMED_OUT
    assert 2.5 < endless.seconds < 6
    assert cell(limited, "after the endless one", LIMITED).outcome is Outcome.PASSED


@pytest.mark.slow
def test_memory_is_limited(limited):
    """A tensor that does not fit is out of memory, for its cell alone."""
    assert cell(limited, "too much memory", LIMITED).outcome is Outcome.OUT_OF_MEMORY


@pytest.mark.slow
def test_all_cells_together_are_limited(limited):
    """When the notebook's time is over, the running cell is timed out and the rest is not reached."""
    slow = [cell(limited, name, LIMITED).outcome for name in LIMITED if name.startswith("slow")]

    assert slow[0] is Outcome.PASSED
    assert slow[-1] is Outcome.NOT_REACHED
    assert sum(result.seconds for result in limited.cells) < 40


def test_nothing_is_written_to_the_terminal_of_the_grader(capfd):
    """What a notebook writes to its descriptors never reaches the grader's own output."""
    write = "import os, sys\nfor n in (1, 2):\n    os.write(n, b'forged')\nos.system('echo forged; echo forged >&2')"
    streams = "for stream in (sys.__stdout__, sys.__stderr__):\n    stream.buffer.write(b'forged')\n    stream.flush()"
    with open_session(Limits()) as session:
        results = session.run(make_submission(write, streams).cells)

    assert results[0].outcome is Outcome.PASSED
    captured = capfd.readouterr()
    assert "forged" not in captured.out + captured.err
