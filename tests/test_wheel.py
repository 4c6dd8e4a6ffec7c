"""The built wheel works where there is no repository: templates and the bundled course travel inside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
BUILT_FROM = ("grader", "templates", "assignments", "solutions", "pyproject.toml", "README.md", "LICENSE")
SKIPPED = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".grade")


def run(command, folder):
    """Run a command in a folder, with nothing in its environment that leads to the repository."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "GRADE", "COVERAGE")) and name != "VIRTUAL_ENV"
    }
    return subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, so that no build leftovers lie in the repository."""
    folder = tmp_path_factory.mktemp("build")
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=SKIPPED)
        else:
            shutil.copy(source, folder)
    # without hatchling here, `build` gets it for an environment of its own
    alone = ["--no-isolation"] if find_spec("hatchling") else []
    done = run([sys.executable, "-m", "build", "--wheel", *alone, "--outdir", folder / "dist", folder], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = (folder / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """An empty environment with the wheel, outside the repository; dependencies come from this one.

    A `.pth` file adds this environment's packages behind its own. The editable install among them is no danger:
    `.pth` files are not read in folders that were added by one.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    done = run([python_of(folder), "-m", "pip", "install", "--no-deps", "--no-index", wheel], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "venv")})
    Path(packages, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def python_of(folder):
    return folder / "venv" / "bin" / "python"


def grade(folder, *arguments):
    return run([folder / "venv" / "bin" / "grade", *arguments], folder)


def test_wheel_holds_templates_and_course(wheel):
    """Templates, assignments and solutions are in the wheel; tests and fixtures are not."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    bundled = {name.split("/")[2] for name in names if name.startswith("grader/bundled/")}

    assert tops == {"grader"}
    assert bundled == {"templates", "assignments", "solutions"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_package_comes_from_the_wheel(elsewhere):
    """Outside the repository, `import grader` takes the installed wheel and nothing of the checkout."""
    done = run([python_of(elsewhere), "-c", "import grader; print(grader.__file__)"], elsewhere)

    assert Path(done.stdout.strip()).is_relative_to(elsewhere), done.stdout + done.stderr


def test_solution_earns_everything_outside_the_repository(elsewhere):
    """`grade run` of the wheel grades a notebook with the bundled course and writes its feedback."""
    shutil.copy(ROOT / "solutions" / "linear_regression" / "solution.ipynb", elsewhere / "mine.ipynb")
    files = ["--html", "feedback.html", "--json", "report.json"]
    done = grade(elsewhere, "run", "mine.ipynb", "-a", "linear_regression", *files)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((elsewhere / "report.json").read_text())
    assert report["score"] == {"earned": 10, "possible": 10}
    assert "Linear regression" in (elsewhere / "feedback.html").read_text()


def test_batch_works_outside_the_repository(elsewhere):
    """`grade batch` of the wheel grades a folder, with worker processes, and writes class page and gradebook."""
    submissions = elsewhere / "submissions"
    submissions.mkdir()
    for name in ("without_fit", "gradients_pile_up"):
        source = ROOT / "fixtures" / "submissions" / "wrong" / "linear_regression" / f"{name}.ipynb"
        shutil.copy(source, submissions)
    done = grade(elsewhere, "batch", "submissions", "-a", "linear_regression", "-o", "out", "--jobs", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((elsewhere / "out" / "feedback").glob("*.html"))) == 2
    assert "gradients_pile_up" in (elsewhere / "out" / "grades.csv").read_text()
    assert (elsewhere / "out" / "index.html").stat().st_size > 0


def test_help_loads_neither_torch_nor_rich(elsewhere):
    """`grade --help` answers without the libraries that take long to load."""
    code = """
import resource, sys
from grader.cli import main
assert main(["--help"]) == 0
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"CPU seconds: {used.ru_utime + used.ru_stime:.2f}", file=sys.stderr)
sys.exit(", ".join(sorted({"torch", "numpy", "rich", "IPython", "sqlalchemy"} & sys.modules.keys())) or 0)
"""
    done = run([python_of(elsewhere), "-c", code], elsewhere)
    print(done.stderr)  # noqa: T201 -- `pytest -rP` shows the time; it is not asserted, as machines differ

    assert done.returncode == 0, done.stderr
    assert "batch" in done.stdout
