"""A class to feedback, gradebook and class page, whatever happens on the way."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import select
import signal
import tracemalloc
from dataclasses import replace

import pytest
from class_samples import make_report
from tiny_course import cell, make_course, notebook, write, write_notebook

from grader import batch as batches
from grader.batch import Batch, Watch, run_batch
from grader.course import open_course
from grader.errors import NotebookError, OutputError, SubmissionsError
from grader.rows import State
from grader.store import Store
from grader.workers import Answer


class FakePool:
    """Answers in this process: a submission earns what its first cell says; no cell is a fault of ours."""

    graded: list[str] = []  # noqa: RUF012 - of each test, see the fixture
    stop_after = 10**9
    page = "<p>well done</p>"
    digest = ""

    def __init__(self, course, jobs, device, wake):
        self.wake = wake

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def run(self, jobs, on_start):
        for count, job in enumerate(jobs):
            if count == self.stop_after:
                raise KeyboardInterrupt
            on_start(job)
            yield self.answer(job)

    def answer(self, job):
        try:
            submission = job.source.load()
        except NotebookError as error:
            return Answer(job, unreadable=error.what)
        self.graded.append(submission.file)
        said = submission.cells[0].source
        if said == "die":
            return Answer(job, fault="The process that graded it was killed by SIGKILL, 2 times.")
        earned = None if said == "fault" else float(said)
        report = make_report(earned, submission.sha256, self.digest)
        place = {"file": submission.file, "student": submission.student}
        report = replace(report, submission={**report.submission, **place})
        return Answer(job, report=report, page=self.page, page_fault="" if self.page else "TypeError: no")


class Told(Watch):
    """Remembers what it was told."""

    def __init__(self):
        self.events = []

    def begin(self, total):
        self.events.append(("begin", total))

    def start(self, found):
        self.events.append(("start", found.student))

    def done(self, row, *, again):
        self.events.append(("again" if again else "done", row.student, row.state))

    def note(self, text):
        self.events.append(("note", text))


@pytest.fixture
def course(tmp_path):
    return open_course(make_course(tmp_path / "course"))


@pytest.fixture
def grade_class(tmp_path, course, monkeypatch):
    """A function that runs a batch over tmp_path/in into tmp_path/out with a fake pool."""

    def run(watch=None, **options):
        assignment = options.pop("assignment", course.assignment("doubling"))
        monkeypatch.setattr(FakePool, "digest", assignment.digest)
        monkeypatch.setattr(FakePool, "graded", [])
        out = options.pop("out", tmp_path / "out")
        given = Batch(course, assignment, options.pop("submissions", tmp_path / "in"), out, **options)
        return run_batch(given, watch, FakePool)

    return run


def hand_in(folder, **said):
    """Write a notebook for each student, whose only cell is what they said."""
    for student, source in said.items():
        write_notebook(folder / f"{student}.ipynb", cell(str(source), "c1"))


def gradebook(out):
    text = (out / "grades.csv").read_text(encoding="utf-8-sig")
    return {line["student"]: line for line in csv.DictReader(text.splitlines())}


def files(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if not path.name.startswith("."))


def test_a_class_becomes_feedback_reports_gradebook_and_class_page(tmp_path, grade_class):
    """Each submission gets a page and a report; the class gets a gradebook and a page."""
    hand_in(tmp_path / "in", ada=2, bob=1)

    summary = grade_class()

    assert files(tmp_path / "out") == [
        "feedback",
        "feedback/ada.html",
        "feedback/bob.html",
        "grades.csv",
        "grades.db",
        "index.html",
        "reports",
        "reports/ada.json",
        "reports/bob.json",
    ]
    assert {name: line["earned"] for name, line in gradebook(tmp_path / "out").items()} == {"ada": "2", "bob": "1"}
    assert json.loads((tmp_path / "out/reports/bob.json").read_text())["score"] == {"earned": 1.0, "possible": 2.0}
    assert 'href="feedback/ada.html"' in (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert (summary.total, summary.passed, summary.complete) == (2, 1, True)


def test_one_failure_never_stops_the_rest(tmp_path, grade_class):
    """A file that is no notebook, a killed worker and a fault of ours are a row each, with a reason."""
    hand_in(tmp_path / "in", ada=2, dan="die", eve="fault")
    write(tmp_path / "in/bob.ipynb", "")
    write(tmp_path / "in/carl.ipynb", "{")

    summary = grade_class()
    lines = gradebook(tmp_path / "out")

    assert {name: line["state"] for name, line in lines.items()} == {
        "ada": "graded",
        "bob": "unreadable",
        "carl": "unreadable",
        "dan": "needs a person",
        "eve": "needs a person",
    }
    assert "empty" in lines["bob"]["reason"]
    assert "SIGKILL" in lines["dan"]["reason"]
    assert not summary.complete
    assert not (tmp_path / "out/feedback/bob.html").exists()


def test_a_file_that_cannot_even_be_opened_is_a_row(tmp_path, grade_class):
    """A link to nothing has no hash, but a row."""
    hand_in(tmp_path / "in", ada=2)
    (tmp_path / "in/bob.ipynb").symlink_to(tmp_path / "nothing")

    grade_class()

    assert gradebook(tmp_path / "out")["bob"]["state"] == "unreadable"
    assert gradebook(tmp_path / "out")["bob"]["sha256"] == ""


def test_what_is_finished_is_not_graded_again(tmp_path, grade_class):
    """A second run grades nothing but what ended by our fault, and says how many it found done."""
    hand_in(tmp_path / "in", ada=2, bob=1, dan="die", eve="fault")
    write(tmp_path / "in/carl.ipynb", "{")
    grade_class()

    summary = grade_class()

    assert FakePool.graded == ["dan.ipynb", "eve.ipynb"]
    assert summary.again == 3


def test_a_changed_file_is_graded_again(tmp_path, grade_class):
    """Only the student whose file has other bytes is graded."""
    hand_in(tmp_path / "in", ada=2, bob=1)
    grade_class()
    hand_in(tmp_path / "in", bob=2)

    grade_class()

    assert FakePool.graded == ["bob.ipynb"]
    assert gradebook(tmp_path / "out")["bob"]["earned"] == "2"


def test_a_changed_assignment_is_graded_again(tmp_path, grade_class, course):
    """Everything is graded again when the checks have changed."""
    hand_in(tmp_path / "in", ada=2)
    grade_class()

    grade_class(assignment=replace(course.assignment("doubling"), digest="another"))

    assert FakePool.graded == ["ada.ipynb"]


def test_fresh_grades_everything_again(tmp_path, grade_class):
    """`fresh` repeats what is finished; both attempts are kept."""
    hand_in(tmp_path / "in", ada=2)
    grade_class()

    grade_class(fresh=True)

    assert FakePool.graded == ["ada.ipynb"]
    with Store.open(tmp_path / "out/grades.db") as store:
        assert store.report(1) is not None
        assert store.report(2) is not None


@pytest.mark.parametrize("name", ["feedback/ada.html", "reports/ada.json"])
def test_a_missing_file_is_written_again_from_the_store(tmp_path, grade_class, name):
    """A page or report that was deleted comes back without grading."""
    hand_in(tmp_path / "in", ada=2)
    grade_class()
    (tmp_path / "out" / name).unlink()

    grade_class()

    assert FakePool.graded == []
    assert (tmp_path / "out" / name).is_file()


def test_the_files_of_an_earlier_attempt_do_not_stay(tmp_path, grade_class, monkeypatch):
    """When a run dies between saving a report and writing its page, the next run replaces the old page."""
    hand_in(tmp_path / "in", ada=1)
    grade_class()
    hand_in(tmp_path / "in", ada=2)
    with monkeypatch.context() as patched:
        patched.setattr(batches, "render_json", dying)
        with pytest.raises(RuntimeError):
            grade_class()
    assert json.loads((tmp_path / "out/reports/ada.json").read_text())["score"]["earned"] == 1.0

    grade_class()

    assert FakePool.graded == []
    assert json.loads((tmp_path / "out/reports/ada.json").read_text())["score"]["earned"] == 2.0


def dying(_):
    raise RuntimeError("as if killed")


def test_a_page_of_an_earlier_file_is_removed(tmp_path, grade_class):
    """A student whose new file is no notebook keeps no page of the old one."""
    hand_in(tmp_path / "in", ada=2)
    grade_class()
    write(tmp_path / "in/ada.ipynb", "{")

    grade_class()

    assert not (tmp_path / "out/feedback/ada.html").exists()
    assert not (tmp_path / "out/reports/ada.json").exists()


def test_a_page_that_cannot_be_made_costs_no_score(tmp_path, grade_class, monkeypatch):
    """The report is kept, the reader is told, and the class page links to nothing that is not there."""
    hand_in(tmp_path / "in", ada=2)
    monkeypatch.setattr(FakePool, "page", None)
    told = Told()

    grade_class(told)

    assert gradebook(tmp_path / "out")["ada"]["earned"] == "2"
    assert ("note", "ada.ipynb: the feedback cannot be made: TypeError: no") in told.events
    assert "feedback/ada.html" not in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_the_watch_is_told_everything(tmp_path, grade_class):
    """How many there are, what starts, what is done, and what an earlier run had done."""
    hand_in(tmp_path / "in", ada=2)
    grade_class()
    hand_in(tmp_path / "in", bob=1)
    told = Told()

    grade_class(told)

    assert told.events == [
        ("begin", 2),
        ("again", "ada", State.GRADED),
        ("start", "bob"),
        ("done", "bob", State.GRADED),
    ]


def test_ctrl_c_keeps_what_is_done(tmp_path, grade_class, monkeypatch):
    """After an interruption the gradebook lists everybody, the class page exists, and the next run goes on."""
    hand_in(tmp_path / "in", ada=2, bob=2, carl=2)
    monkeypatch.setattr(FakePool, "stop_after", 1)
    with pytest.raises(KeyboardInterrupt):
        grade_class()

    states = {name: line["state"] for name, line in gradebook(tmp_path / "out").items()}
    assert states == {"ada": "graded", "bob": "not graded yet", "carl": "not graded yet"}
    assert (tmp_path / "out/index.html").is_file()

    monkeypatch.setattr(FakePool, "stop_after", 10**9)
    grade_class()
    assert FakePool.graded == ["bob.ipynb", "carl.ipynb"]


def test_ctrl_c_is_noticed_between_two_steps(tmp_path, grade_class, monkeypatch):
    """SIGINT while an answer is being kept does not tear it: it only makes the pool's descriptor readable."""
    hand_in(tmp_path / "in", ada=2, bob=2)
    woken = []

    def run(self, jobs, on_start):
        for job in jobs:
            yield self.answer(job)
            woken.append(bool(select.select(self.wake, [], [], 0)[0]))

    monkeypatch.setattr(FakePool, "run", run)
    before = signal.getsignal(signal.SIGINT)

    class Interrupting(Watch):
        def done(self, row, *, again):
            if row.student == "ada":
                signal.raise_signal(signal.SIGINT)

    grade_class(Interrupting())

    assert woken == [True, True]
    assert signal.getsignal(signal.SIGINT) is before


def test_two_runs_never_share_a_folder(tmp_path, grade_class):
    """A folder in which a run is at work is refused, and nothing in it is changed."""
    hand_in(tmp_path / "in", ada=2)
    (tmp_path / "out").mkdir()
    with (tmp_path / "out/.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        with pytest.raises(OutputError, match=r"another `grade batch` is writing there.\nWait for it to end"):
            grade_class()

    assert files(tmp_path / "out") == []
    grade_class()


def test_a_folder_of_another_assignment_is_refused(tmp_path, grade_class, course):
    """Pages of two assignments would replace each other."""
    hand_in(tmp_path / "in", ada=2)
    grade_class()

    with pytest.raises(OutputError, match="holds the class of doubling, not of tripling"):
        grade_class(assignment=replace(course.assignment("doubling"), name="tripling"))

    assert gradebook(tmp_path / "out")["ada"]["earned"] == "2"


def test_an_output_folder_that_is_a_file(tmp_path, grade_class):
    """A file in the place of the folder is named, before anything is graded."""
    hand_in(tmp_path / "in", ada=2)
    write(tmp_path / "out", "")

    with pytest.raises(OutputError, match="out: cannot be written"):
        grade_class()

    assert FakePool.graded == []


def test_a_full_disk_ends_the_run_with_what_is_saved(tmp_path, grade_class, monkeypatch):
    """When a page cannot be written the run ends with a message, and the report is in the store."""
    hand_in(tmp_path / "in", ada=2, bob=2)

    def full(path, content):
        raise OutputError(f"{path}: cannot be written: No space left on device.", "Free some space.")

    with monkeypatch.context() as patched:
        patched.setattr(batches, "write_atomically", full)
        with pytest.raises(OutputError, match="No space left"):
            grade_class()

    grade_class()
    assert FakePool.graded == ["bob.ipynb"]


def test_no_submissions_makes_no_folder(tmp_path, grade_class):
    """An empty submissions folder is an error, and no output appears."""
    (tmp_path / "in").mkdir()

    with pytest.raises(SubmissionsError):
        grade_class()

    assert not (tmp_path / "out").exists()


def test_an_output_folder_among_the_submissions_is_not_read(tmp_path, grade_class):
    """Whatever lies in the output folder is no submission."""
    hand_in(tmp_path / "in", ada=2)
    hand_in(tmp_path / "in/out", bob=2)

    grade_class(out=tmp_path / "in/out")

    assert list(gradebook(tmp_path / "in/out")) == ["ada"]


def test_submissions_below_the_output_folder_are_read(tmp_path, grade_class):
    """With `-o .` the submissions lie in the output folder, and are graded."""
    hand_in(tmp_path / "all/in", ada=2)

    grade_class(submissions=tmp_path / "all/in", out=tmp_path / "all")

    assert list(gradebook(tmp_path / "all")) == ["ada"]


def test_output_among_the_submissions_themselves(tmp_path, grade_class):
    """With the submissions folder as output folder, students are graded and our own files are not."""
    hand_in(tmp_path / "in", ada=2)
    hand_in(tmp_path / "in/feedback", bob=2)

    grade_class(out=tmp_path / "in")
    grade_class(out=tmp_path / "in")

    assert list(gradebook(tmp_path / "in")) == ["ada"]


def test_of_two_submissions_the_latest_counts_and_both_are_kept(tmp_path, grade_class):
    """A student with two files has two rows and two pages; one counts."""
    write(tmp_path / "in/ada/first.ipynb", json.dumps(notebook(cell("1", "c1"))))
    write(tmp_path / "in/ada/second.ipynb", json.dumps(notebook(cell("2", "c1"))))
    os.utime(tmp_path / "in/ada/first.ipynb", (1e9, 1e9))
    hand_in(tmp_path / "in/bob", b=2)

    grade_class()

    text = (tmp_path / "out/grades.csv").read_text(encoding="utf-8-sig")
    ada = [line for line in csv.DictReader(text.splitlines()) if line["student"] == "ada"]
    assert {(line["file"], line["earned"], line["counts"]) for line in ada} == {
        ("ada/first.ipynb", "1", "no"),
        ("ada/second.ipynb", "2", "yes"),
    }
    assert len(list((tmp_path / "out/feedback").iterdir())) == 3


def test_memory_stays_flat(tmp_path, grade_class, monkeypatch):
    """What a run keeps of each submission is small: its report does not stay."""
    hand_in(tmp_path / "in", **{f"s{number}": 2 for number in range(120)})
    monkeypatch.setattr(FakePool, "page", "x" * 200_000)
    peaks = []

    class Weighing(Watch):
        def done(self, row, *, again):
            peaks.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        grade_class(Weighing())
    finally:
        tracemalloc.stop()

    assert peaks[-1] - peaks[20] < 2_000_000
