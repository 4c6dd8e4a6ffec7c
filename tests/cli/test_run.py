"""`grade run` grades one notebook."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import psutil
import pytest
from tiny_course import SOLUTION, SQUARED, cell, make_course, write, write_notebook

from grader.cli import main
from grader.cli.run import guess_assignment
from grader.course import open_course
from grader.errors import UserError


@pytest.fixture
def folder(tmp_path):
    return make_course(tmp_path / "course")


@pytest.fixture
def notebook(tmp_path):
    """A function that writes a notebook with one cell and returns its path."""

    def make(source, name="doubling.ipynb"):
        write_notebook(tmp_path / name, cell(source, "c1"))
        return str(tmp_path / name)

    return make


def test_a_right_notebook(capsys, folder, notebook, tmp_path):
    """The score, each check and both files come out, exit code 0."""
    html, data = tmp_path / "page.html", tmp_path / "report.json"
    path = notebook(SOLUTION)

    code = main(["run", path, "--course", str(folder), "--html", str(html), "--json", str(data)])

    said = capsys.readouterr().out
    assert code == 0
    assert said.endswith("3 of 3 points\n")
    assert "  passed          2/2  doubles\n" in said
    assert "<html" in html.read_text(encoding="utf-8")
    assert json.loads(data.read_text())["score"] == {"earned": 3.0, "possible": 3.0}


def test_a_wrong_notebook(capsys, folder, notebook):
    """A failed check says why; a cell that raised is named; the exit code is 0, as it was graded."""
    code = main(["run", notebook(SQUARED + "\nraise ValueError('too late')"), "--course", str(folder)])

    said = capsys.readouterr().out
    assert code == 0
    assert "  failed          0/2  doubles: 5 of 5 values differ" in said
    assert "  cell 1: ValueError: too late\n" in said
    assert said.endswith("0 of 3 points\n")


def test_json_instead_of_text(capsys, folder, notebook):
    """With `--json -` the report alone is printed."""
    code = main(["run", notebook("x = 1", "a.ipynb"), "-a", "doubling", "--course", str(folder), "--json", "-"])

    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [result["outcome"] for result in report["results"]] == ["missing", "missing"]


@pytest.mark.slow
def test_a_fault_of_ours_needs_a_person(capsys, folder, notebook):
    """A reference that does not run gives no score and exit code 1."""
    write_notebook(folder / "solutions/doubling/solution.ipynb", cell("1 / 0", "twice"))

    code = main(["run", notebook(SOLUTION), "--course", str(folder)])

    assert code == 1
    assert capsys.readouterr().out.endswith("No score: the grader failed here, so a person has to look.\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there is no such file"), ("", "the file is empty"), ("{", "is not JSON"), ("{}", "no notebook")],
)
def test_what_is_no_notebook_is_2(capsys, folder, tmp_path, content, said):
    """One or two lines, nothing written."""
    path, html = tmp_path / "doubling.ipynb", tmp_path / "page.html"
    if content is not None:
        write(path, content)

    assert main(["run", str(path), "--course", str(folder), "--html", str(html)]) == 2

    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) <= 2
    assert not html.exists()


def test_an_assignment_that_does_not_exist(capsys, folder, notebook):
    """The nearest is named."""
    assert main(["run", notebook(SOLUTION), "-a", "dubling", "--course", str(folder)]) == 2
    assert "Did you mean `doubling`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path",
    ["doubling.ipynb", "ada_Doubling-final.ipynb", "doubling/ada.ipynb", "doubling/ada/x.ipynb", "big doubling.ipynb"],
)
def test_the_assignment_is_guessed(folder, tmp_path, path):
    """The name of the file, or of a folder above it, says which assignment it is."""
    assert guess_assignment(open_course(folder), tmp_path / path) == "doubling"


def test_the_longest_name_wins(folder, tmp_path):
    """`lenet_data` is not taken for `lenet`."""
    for name in ("lenet", "lenet_data"):
        make_course(folder, name)

    assert guess_assignment(open_course(folder), tmp_path / "ada_lenet_data.ipynb") == "lenet_data"


@pytest.mark.parametrize("name", ["ada.ipynb", "lenet_doubling.ipynb"])
def test_no_guess_lists_the_names(folder, tmp_path, name):
    """Without a hint, or with two, the assignments are listed."""
    make_course(folder, "lenet")

    with pytest.raises(UserError, match="there are: doubling, lenet"):
        guess_assignment(open_course(folder), tmp_path / name)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopping_takes_the_kernel_along(folder, notebook, number):
    """However the command is stopped in the middle of a notebook, its kernel ends; Ctrl-C is 130 and one line."""
    command = [sys.executable, "-m", "grader", "run", notebook("while True: pass"), "--course", folder]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    kernels = []
    while not kernels:
        kernels = [each for each in psutil.Process(process.pid).children() if "agent.py" in " ".join(each.cmdline())]
        time.sleep(0.1)

    process.send_signal(number)
    _, errors = process.communicate(timeout=20)

    psutil.wait_procs(kernels, timeout=10)
    assert not any(each.is_running() for each in kernels)
    if number == signal.SIGINT:
        assert (process.returncode, errors) == (130, "Interrupted.\n")
