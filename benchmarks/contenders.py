"""The graders that are compared: how each is installed, handed a class, started, and what scores it gives.

Each gets the same notebooks, the same versions of PyTorch, Jupyter and NumPy, and checks of the same meaning.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import nbformat
from equivalents import EQUIVALENTS, Equivalent
from usage import Usage, activated, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "benchmarks" / "work"
ASSIGNMENT = "linear_regression"
DATA = ("ex2x.dat", "ex2y.dat")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
NOTEBOOK_LIBRARIES = ("torch", "numpy", "matplotlib", "tqdm", "ipykernel")

Scores = dict[str, dict[str, float]]
"""Points by student and check."""


class Contender(Protocol):
    """One way of grading a class."""

    name: str
    version: str

    def install(self) -> None:
        """Set up what the contender runs in; does nothing when it is there."""

    def lay_out(self, submissions: Sequence[Path], folder: Path) -> None:
        """Make a fresh `folder` that holds the class as the contender expects it; not measured."""

    def grade(self, folder: Path) -> Usage:
        """Grade the class in `folder` and return what that used."""

    def scores(self, folder: Path) -> Scores:
        """Return the points that were given."""


@dataclass
class Ours:
    """This project: `grade batch`, HTML feedback and gradebook included."""

    jobs: int
    version: str = ""

    def __post_init__(self) -> None:
        self.name = f"grade batch --jobs {self.jobs}"

    def install(self) -> None:
        """Read the version; the environment that runs the benchmark is ours."""
        self.version = subprocess.check_output([_tool("grade"), "--version"], text=True).split()[-1]

    def lay_out(self, submissions: Sequence[Path], folder: Path) -> None:
        """Put one notebook per student into a folder."""
        _fresh(folder)
        (folder / "submissions").mkdir()
        for path in submissions:
            shutil.copy(path, folder / "submissions")

    def grade(self, folder: Path) -> Usage:
        """Grade the folder; exit code 1 says that a person must look at something, which is a result too."""
        command = [
            _tool("grade"),
            "batch",
            "submissions",
            "-a",
            ASSIGNMENT,
            "-o",
            "out",
            "--jobs",
            str(self.jobs),
        ]
        return measure([command], folder)

    def scores(self, folder: Path) -> Scores:
        """Read the reports."""
        reports = [json.loads(path.read_text()) for path in sorted((folder / "out").rglob("*.json"))]
        return {
            Path(report["submission"]["file"]).stem: {result["check"]: result["earned"] for result in report["results"]}
            for report in reports
            if "results" in report
        }


@dataclass
class Nbgrader:
    """nbgrader: `nbgrader autograde` of the whole class, which grades one notebook after the other."""

    version: str = "0.9.6"
    name: str = "nbgrader autograde"

    def install(self) -> None:
        """Install it into an environment of its own."""
        _install("nbgrader", self.version)

    def lay_out(self, submissions: Sequence[Path], folder: Path) -> None:
        """Make nbgrader's course: source, gradebook, and submissions with the test cells of the handout."""
        _fresh(folder)
        source = folder / "source" / ASSIGNMENT
        _copy_data(source)
        nbformat.write(_with_tests(nbformat.v4.new_notebook()), source / f"{ASSIGNMENT}.ipynb")
        for path in submissions:
            target = folder / "submitted" / path.stem / ASSIGNMENT
            target.mkdir(parents=True)
            notebook = nbformat.read(path, as_version=4)
            nbformat.write(_with_tests(notebook), target / f"{ASSIGNMENT}.ipynb")
        _run([_tool("nbgrader", "nbgrader"), "generate_assignment", ASSIGNMENT], folder)

    def grade(self, folder: Path) -> Usage:
        """Grade the class."""
        command = [_tool("nbgrader", "nbgrader"), "autograde", ASSIGNMENT]
        return measure([command], folder)

    def scores(self, folder: Path) -> Scores:
        """Read nbgrader's gradebook."""
        query = """
            SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score FROM grade
            JOIN base_cell ON base_cell.id = grade.cell_id
            JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
            JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        """
        scores: Scores = {}
        with closing(sqlite3.connect(folder / "gradebook.db")) as database:
            for student, check, points in database.execute(query):
                scores.setdefault(student, {})[check] = float(points or 0)
        return scores


@dataclass
class Otter:
    """Otter-Grader: `otter run`, a process per notebook, `jobs` of them at once."""

    jobs: int
    version: str = "7.0.0"

    def __post_init__(self) -> None:
        self.name = "otter run" + (f", {self.jobs} at once" if self.jobs > 1 else "")

    def install(self) -> None:
        """Install it into an environment of its own."""
        _install("otter-grader", self.version)

    def lay_out(self, submissions: Sequence[Path], folder: Path) -> None:
        """Make the zip file of its tests, and a folder of notebooks."""
        _fresh(folder)
        _copy_data(folder)
        (folder / "tests").mkdir()
        for equivalent in EQUIVALENTS:
            (folder / "tests" / f"{equivalent.name}.py").write_text(_otter_test(equivalent))
        (folder / "otter_config.json").write_text(json.dumps({"show_hidden": True}))
        otter = _tool("otter", "otter-grader")
        _run([otter, "generate", "-t", "tests", "-o", "autograder.zip", *DATA], folder)
        for path in submissions:
            (folder / "out" / path.stem).mkdir(parents=True)
            shutil.copy(path, folder)

    def grade(self, folder: Path) -> Usage:
        """Grade each notebook by a process of its own."""
        otter = _tool("otter", "otter-grader")
        commands = [
            [otter, "run", "--no-logo", "-a", "autograder.zip", "-o", f"out/{path.stem}", path.name]
            for path in sorted(folder.glob("*.ipynb"))
        ]
        return measure(commands, folder, at_once=self.jobs)

    def scores(self, folder: Path) -> Scores:
        """Read one results file per student."""
        return {path.parent.name: _otter_scores(path) for path in sorted((folder / "out").glob("*/results.json"))}


def contenders() -> list[Contender]:
    """Return all that are compared, ours first."""
    return [Ours(jobs=2), Ours(jobs=1), Nbgrader(), Otter(jobs=1), Otter(jobs=2)]


def _tool(name: str, environment: str | None = None) -> str:
    """Return the path of a command in our environment, or in one of the benchmark's own."""
    folder = Path(sys.executable).parent if environment is None else WORK / environment / "bin"
    return str(folder / name)


def _install(package: str, version: str) -> None:
    """Make an environment with one grader and what notebooks import, in the versions of our constraints."""
    folder, wanted = WORK / package, f"{package}=={version}"
    stamp = folder / "installed.txt"
    constraints = ROOT / "constraints.txt"
    content = wanted + "\n" + constraints.read_text()
    if stamp.is_file() and stamp.read_text() == content:
        return
    print(f"installing {wanted} (some minutes)", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", folder], ROOT)
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "-c", constraints]
    _run([*install, wanted, *NOTEBOOK_LIBRARIES], ROOT)
    stamp.write_text(content)


def _run(command: Sequence[str | Path], folder: Path) -> None:
    """Run a command that is not measured; show its output only when it fails."""
    done = subprocess.run(command, cwd=folder, env=activated(command[0]), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}")


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _copy_data(folder: Path) -> None:
    """Copy the assignment's data files, as students have them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DATA:
        shutil.copy(next((ROOT / "assignments").rglob(name)), folder / name)


def _with_tests(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook with one locked, graded cell per check at its end."""
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    for equivalent in EQUIVALENTS:
        cell = nbformat.v4.new_code_cell(equivalent.code, id=equivalent.name.replace("_", "-"))
        cell.metadata["nbgrader"] = _graded(equivalent)
        notebook.cells.append(cell)
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    return nbformat.validator.normalize(notebook)[1]


def _graded(equivalent: Equivalent) -> dict[str, Any]:
    """Return the metadata that makes a cell one of nbgrader's graded cells."""
    return {
        "grade": True,
        "grade_id": equivalent.name,
        "locked": True,
        "points": equivalent.points,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def _otter_test(equivalent: Equivalent) -> str:
    """Return one test file in otter's OK format: a doctest in a dictionary."""
    case = {"code": equivalent.doctest(), "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    test = {"name": equivalent.name, "points": equivalent.points, "suites": [suite]}
    return f"OK_FORMAT = True\n\ntest = {test!r}\n"


def _otter_scores(path: Path) -> dict[str, float]:
    names = {equivalent.name for equivalent in EQUIVALENTS}
    tests = json.loads(path.read_text())["tests"]
    return {test["name"]: float(test.get("score", 0)) for test in tests if test["name"] in names}
