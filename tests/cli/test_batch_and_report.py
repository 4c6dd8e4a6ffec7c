"""`grade batch` and `grade report`, with real workers and kernels, and with everything that may stop them."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from class_samples import Listed, make_report
from tiny_course import SOLUTION, cell, make_course, write, write_notebook

from grader.cli import main
from grader.store import Store

SECONDS = 90


@pytest.fixture
def folder(tmp_path):
    return make_course(tmp_path / "course")


@pytest.fixture
def temporary():
    """A temporary folder with a short name, as sockets' paths must be short; it tells our processes from others."""
    made = Path(tempfile.mkdtemp(prefix="gt-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def start(tmp_path, folder, temporary):
    """A function that starts `grade batch` on tmp_path/in as a process of its own, in a group of its own."""
    started = []

    def begin(*options):
        command = [sys.executable, "-m", "grader", "batch", tmp_path / "in", "-a", "doubling", "-o", tmp_path / "out"]
        process = subprocess.Popen(
            [*command, "--course", folder, "--jobs", "2", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary)},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def hand_in(folder, *students, source=SOLUTION):
    for student in students:
        write_notebook(folder / f"{student}.ipynb", cell(source, "c1"))


def states(out):
    text = (out / "grades.csv").read_text(encoding="utf-8-sig")
    return {line["student"]: (line["state"], line["earned"]) for line in csv.DictReader(text.splitlines())}


def attempts(out):
    """Return how often each student was graded."""
    with closing(sqlite3.connect(out / "grades.db")) as connection:
        return dict(connection.execute("SELECT student, count(*) FROM attempts GROUP BY student"))


def processes(temporary):
    """Return our living processes: workers, kernels and whatever else has our temporary folder as its own."""
    return [process for process in psutil.process_iter() if _is_ours(process, str(temporary))]


def _is_ours(process, temporary):
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and (process.environ().get("TMPDIR", "").startswith(temporary))
    except psutil.Error:
        return False


def wait_until(condition, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def wait_for_kernels(temporary, number):
    wait_until(lambda: sum("agent.py" in " ".join(each.cmdline()) for each in processes(temporary)) >= number)


@pytest.mark.slow
def test_a_class(tmp_path, start):
    """Right, wrong, dead and unreadable notebooks each get their row; the exit code says that some have no score."""
    hand_in(tmp_path / "in", "ada", "李伟")
    hand_in(tmp_path / "in", "bob", source="import os; os._exit(1)")
    write(tmp_path / "in/eve.ipynb", "{")

    process = start()
    said, errors = process.communicate(timeout=SECONDS)

    assert process.returncode == 1, errors
    assert errors == ""
    assert states(tmp_path / "out") == {
        "ada": ("graded", "3"),
        "bob": ("graded", "0"),
        "eve": ("unreadable", ""),
        "李伟": ("graded", "3"),
    }
    assert "4 submissions, 2 passed, 1 failed, 1 unreadable." in said
    assert f"Gradebook:  {tmp_path}/out/grades.csv" in said


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_running_and_resumes(tmp_path, start, temporary):
    """After SIGKILL no worker and no kernel lives, and the next run grades only what was not finished."""
    hand_in(tmp_path / "in", "a1")
    hand_in(tmp_path / "in", "b1", "b2", source=SOLUTION + "import time; time.sleep(4.5)")
    process = start()
    assert "1/3 a1.ipynb: 3 of 3" in process.stdout.readline()
    wait_for_kernels(temporary, 2)

    process.kill()
    process.wait()

    wait_until(lambda: not processes(temporary), 15)
    assert attempts(tmp_path / "out") == {"a1": 1}
    assert list(temporary.glob("grade-*")) == []

    resumed = start()
    said, errors = resumed.communicate(timeout=SECONDS)

    assert (resumed.returncode, errors) == (0, "")
    assert "1 were graded by an earlier run." in said
    assert attempts(tmp_path / "out") == {"a1": 1, "b1": 1, "b2": 1}


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False])
def test_ctrl_c_ends_cleanly(tmp_path, start, temporary, whole_group):
    """Ctrl-C (to the group, as a terminal sends it) ends with 130, one line, a gradebook and no process left."""
    hand_in(tmp_path / "in", "a1")
    hand_in(tmp_path / "in", "b1", "b2", source="while True: pass")
    process = start()
    process.stdout.readline()
    wait_for_kernels(temporary, 2)

    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=15)

    assert process.returncode == 130
    assert errors.splitlines() == [
        f"Interrupted. What is graded is kept in {tmp_path}/out; run the same command again to go on."
    ]
    assert states(tmp_path / "out") == {
        "a1": ("graded", "3"),
        "b1": ("not graded yet", ""),
        "b2": ("not graded yet", ""),
    }
    wait_until(lambda: not processes(temporary), 10)
    assert list(temporary.glob("grade-*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.05, 0.6, 1.5])
def test_ctrl_c_at_any_time(tmp_path, start, temporary, delay):
    """Ctrl-C while modules, the server of workers or the first kernels start shows no traceback."""
    hand_in(tmp_path / "in", "a1", "a2")
    process = start()
    time.sleep(delay)

    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    assert process.returncode in {130, -signal.SIGINT}
    assert "Traceback" not in errors or delay < 0.1
    wait_until(lambda: not processes(temporary), 10)


@pytest.mark.slow
def test_a_killed_worker_is_replaced(tmp_path, start, temporary):
    """Killing a worker with its kernels costs nobody a score."""
    hand_in(tmp_path / "in", "a1", "a2", "a3")
    process = start()
    wait_for_kernels(temporary, 2)
    workers = [each for each in processes(temporary) if "agent.py" in " ".join(each.cmdline())]
    psutil.Process(workers[0].ppid()).kill()

    process.communicate(timeout=SECONDS)

    assert process.returncode == 0
    assert {score for _, score in states(tmp_path / "out").values()} == {"3"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-a", "dubling"], "Did you mean `doubling`?"),
        (["-a", "doubling"], "holds no notebook"),
        (["-a", "doubling", "--jobs", "0"], "--jobs"),
        (["-a", "doubling", "--course", "/nowhere"], "is no course"),
    ],
)
def test_wrong_usage_is_2_and_writes_nothing(tmp_path, folder, capsys, options, said):
    """An unknown assignment, an empty folder, a wrong option: a message, and no output folder."""
    (tmp_path / "in").mkdir()
    out = tmp_path / "out"

    code = main(["batch", str(tmp_path / "in"), "-o", str(out), "--course", str(folder), *options])

    assert code == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


@pytest.fixture
def graded(tmp_path):
    """An output folder with one graded submission and one that waits."""
    out = tmp_path / "out"
    out.mkdir()
    with Store.open(out / "grades.db") as store:
        ada, eve = Listed(), Listed(key="eve", student="eve\x1b[1m", file="eve.ipynb", late=True)
        store.list_class([ada, eve], "doubling", "Doubling")
        store.save(ada, make_report())
    return out


def test_report_shows_a_class_without_grading(graded, capsys):
    """The table, the numbers, the gradebook and the class page come from the store alone."""
    code = main(["report", str(graded)])

    said = capsys.readouterr().out
    assert code == 1
    assert said.splitlines()[:2] == [
        "Ada\tada.ipynb\t2/2\tgraded\t",
        "eve\\x1b[1m\teve.ipynb\t\tnot graded yet, late\t",
    ]
    assert "2 submissions, 1 passed, 0 failed, 1 not graded yet." in said
    assert states(graded)["Ada"] == ("graded", "2")
    assert (graded / "index.html").is_file()


def test_report_of_a_folder_without_grades_is_2(tmp_path, capsys):
    """A folder that is no output folder stays as it is."""
    assert main(["report", str(tmp_path)]) == 2
    assert "grades.db: there is no such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
