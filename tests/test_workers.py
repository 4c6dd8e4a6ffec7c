"""Worker processes: what they answer, and what follows from every way in which they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from worker_samples import Act, acting, stillborn, unfit, with_child

from grader import workers
from grader.errors import KernelFault, UserError
from grader.workers import Job, Pool


def jobs(*acts):
    return [Job(act, "doubling") for act in acts]


def pool(number=1, **options):
    return Pool(Path("course"), number, "cpu", **{"opener": acting, **options})


def run_all(*acts, number=1):
    with pool(number) as opened:
        return {answer.job.source: answer for answer in opened.run(jobs(*acts))}


def wait_until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def test_every_job_gets_an_answer():
    """A report for what was graded, a reason for what is no notebook, a fault for what raised."""
    answers = run_all(Act("pass"), Act("unreadable"), Act("raise"))

    assert answers[Act("pass")].report.score.earned == 2.0
    assert answers[Act("unreadable")].unreadable == "x.ipynb: the file is empty. Save it again."
    assert answers[Act("raise")].fault.startswith("ZeroDivisionError: in a check (worker_samples.py:")


def test_one_worker_grades_many():
    """Workers are kept between jobs."""
    with pool() as opened:
        seeds = {answer.report.attempt.seed for answer in opened.run(jobs(*[Act()] * 5))}

    assert len(seeds) == 1
    assert os.getpid() not in seeds


def test_workers_grade_at_the_same_time():
    """Answers come as they are done: a quick job does not wait for a slow one before it."""
    with pool(2) as opened:
        order = [answer.job.source.what for answer in opened.run(jobs(Act("sleep 2"), Act(), Act()))]

    assert order == ["pass", "pass", "sleep 2"]


def test_jobs_are_taken_when_a_worker_is_free():
    """No more jobs are taken from the iterator than can be worked on, so that ten thousand need no memory."""
    taken = []

    def source():
        for number in range(6):
            taken.append(number)
            yield Job(Act(), "doubling")

    with pool(2) as opened:
        for done, _ in enumerate(opened.run(source()), 1):
            assert len(taken) <= done + 2

    assert taken == list(range(6))


def test_a_worker_that_dies_once_is_replaced(tmp_path):
    """The job of a killed worker is repeated in a new one, and gets its report."""
    act = Act("die once", tmp_path / "mark")

    answers = run_all(act, Act())

    assert answers[act].report is not None
    assert len(set((tmp_path / "mark").read_text().split())) == 2
    assert answers[Act()].report is not None


@pytest.mark.parametrize(("what", "how"), [("die", "was killed by SIGKILL"), ("exit", "ended with status 3")])
def test_a_job_that_kills_its_workers_needs_a_person(tmp_path, what, how):
    """After two workers the job is given up, with how they ended, and the others go on."""
    act = Act(what, tmp_path / "mark")

    answers = run_all(act, Act())

    assert how in answers[act].fault
    assert len((tmp_path / "mark").read_text().split()) == 2
    assert answers[Act()].report is not None


def test_a_death_is_noticed_at_once(tmp_path):
    """No time limit has to run out before a dead worker is missed."""
    with pool() as opened:
        list(opened.run(jobs(Act())))  # the server of workers is running now
        started = time.monotonic()
        list(opened.run(jobs(Act("die", tmp_path / "mark"))))

    assert time.monotonic() - started < 10


def test_a_hung_worker_is_killed(tmp_path):
    """A job that takes longer than its seconds ends as a fault."""
    job = Job(Act("sleep 100", tmp_path / "mark"), "doubling", seconds=0.5)

    with pool() as opened:
        (answer,) = opened.run([job])

    assert "did not end in time" in answer.fault


def test_a_course_that_is_not_sound_ends_the_run():
    """What concerns every submission is raised instead of being written into each row."""
    with pytest.raises(UserError, match=r"checks.py: is not sound.\nMend it."):
        run_all(Act("unsound"))


def test_a_machine_that_is_not_fit_ends_the_run():
    """So is what keeps a worker from grading at all."""
    with pool(opener=unfit) as opened, pytest.raises(UserError, match="There is no CUDA device"):
        list(opened.run(jobs(Act())))


def test_workers_that_never_start_end_the_run():
    """Workers that end before they are ready are not started for ever."""
    with pool(opener=stillborn) as opened, pytest.raises(KernelFault, match="no worker process can be started"):
        list(opened.run(jobs(Act(), Act())))


def test_waking_ends_the_waiting():
    """A readable descriptor interrupts a run in which nothing happens, and leaving ends the workers soon."""
    reader, writer = os.pipe()
    started = time.monotonic()
    os.write(writer, b"!")
    with pool(wake=(reader,)) as opened, pytest.raises(KeyboardInterrupt):
        list(opened.run(jobs(Act("sleep 100"))))
    os.close(reader)
    os.close(writer)

    assert time.monotonic() - started < workers.GRACE_SECONDS


def read_pids(path):
    """Return worker, its child and its folder, once the worker has said them."""
    wait_until(lambda: path.exists() and len(path.read_text().split()) == 3)
    worker, child, folder = path.read_text().split()
    return int(worker), int(child), Path(folder)


def test_leaving_closes_kernels_and_removes_folders(tmp_path):
    """When the pool is left, workers close what they opened, and their temporary folders are gone."""
    said = tmp_path / "pids"
    with Pool(said, 1, "cpu", opener=with_child) as opened:
        list(opened.run(jobs(Act())))
        worker, child, folder = read_pids(said)
        assert folder.is_dir()
        assert folder != Path("/tmp")

    assert not psutil.pid_exists(child)
    assert not psutil.pid_exists(worker)
    assert not folder.exists()


PARENT = """
import sys
import time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from worker_samples import Act, with_child
from grader.workers import Job, Pool
if __name__ == "__main__":
    with Pool(Path(sys.argv[1]), 1, "cpu", opener=with_child) as pool:
        list(pool.run([Job(Act(sys.argv[3]), "doubling")]))
        time.sleep(100)
"""


@pytest.mark.parametrize("what", ["sleep 100", "sleep 0"])
def test_a_killed_parent_takes_its_workers_along(tmp_path, what):
    """After SIGKILL of the parent, a worker, busy or not, closes its kernels, removes its folder and ends."""
    script, said = tmp_path / "parent.py", tmp_path / "pids"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, script, said, Path(__file__).parent, what])
    try:
        worker, child, folder = read_pids(said)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    wait_until(lambda: not psutil.pid_exists(worker) and not psutil.pid_exists(child) and not folder.exists())
