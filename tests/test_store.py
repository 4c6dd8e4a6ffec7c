"""Attempts are kept, whatever happens to the process, the disk or the file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from class_samples import Listed, make_report
from sqlalchemy import event

from grader.errors import OutputError
from grader.rows import State
from grader.store import Store

ADA, BOB = Listed(), Listed(key="bob", student="Bob", file="bob.ipynb")
SHA = "a" * 64


@pytest.fixture
def path(tmp_path):
    return tmp_path / "grades.db"


@pytest.fixture
def store(path):
    with Store.open(path) as opened:
        opened.list_class([ADA, BOB], "doubling", "Doubling")
        yield opened


def attempts(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT count(*) FROM attempts").fetchone()[0]


def test_a_report_comes_back_as_it_was_saved(store):
    """A saved report equals the one that is read back, infinite numbers included."""
    report = make_report(0.0, key="values_differ", worst_relative=float("inf"))

    row = store.save(ADA, report)

    assert store.report(row.attempt) == report


def test_a_class_is_listed_with_its_latest_attempts(store):
    """Rows come in the order in which they were found, each with its latest attempt, pending ones included."""
    store.save(ADA, make_report(1.0))
    store.save(ADA, make_report(2.0))

    rows = list(store.latest())

    assert [(row.student, row.state, row.earned) for row in rows] == [
        ("Ada", State.GRADED, 2.0),
        ("Bob", State.PENDING, None),
    ]


def test_no_attempt_is_overwritten(store, path):
    """Each attempt at one submission is kept beside the earlier ones."""
    first = store.save(ADA, make_report(1.0))
    second = store.save(ADA, make_report(2.0))

    assert attempts(path) == 2
    assert [store.report(row.attempt).score.earned for row in (first, second)] == [1.0, 2.0]


def test_an_attempt_with_a_score_is_finished(store):
    """A submission is finished when its student, file and assignment have an attempt with a score."""
    row = store.save(ADA, make_report())

    assert store.finished("Ada", SHA, "d1") == row.attempt
    assert store.finished("Bob", SHA, "d1") is None
    assert store.finished("Ada", "b" * 64, "d1") is None
    assert store.finished("Ada", SHA, "d2") is None


def test_an_attempt_that_ended_by_our_fault_is_not_finished(store):
    """A report without a score, and a worker's death, are tried again by the next run."""
    row = store.save(ADA, make_report(None, key="grader_error", detail="no kernel came up"))
    store.save_reason(BOB, "b" * 64, "d1", State.NEEDS_PERSON, "killed")

    assert (row.state, row.reason) == (State.NEEDS_PERSON, "doubles: no kernel came up")
    assert store.finished("Ada", SHA, "d1") is None
    assert store.finished("Bob", "b" * 64, "d1") is None


def test_a_fault_after_a_score_does_not_hide_the_score(store):
    """The attempt that is finished is found even when a later one ended by our fault."""
    row = store.save(ADA, make_report())
    store.save(ADA, make_report(None))

    assert store.finished("Ada", SHA, "d1") == row.attempt


def test_an_unreadable_file_is_finished_with_its_reason(store):
    """A file that is no notebook has a row with its reason, no report, and is not read again."""
    row = store.save_reason(ADA, SHA, "d1", State.UNREADABLE, "the file is empty")

    assert store.finished("Ada", SHA, "d1") == row.attempt
    assert store.report(row.attempt) is None
    assert next(store.latest()).reason == "the file is empty"


def test_a_new_list_keeps_the_attempts(store):
    """Students who are gone leave the class, but their attempts stay."""
    row = store.save(BOB, make_report())

    store.list_class([ADA], "doubling", "Doubling")

    assert [each.key for each in store.latest()] == ["ada"]
    assert store.report(row.attempt) is not None


def test_files_are_known_to_be_those_of_an_attempt(store):
    """A row says whether the files in the folder are of its attempt, across lists and new attempts."""
    row = store.save(ADA, make_report())
    store.mark_written(row)
    store.list_class([ADA], "doubling", "Doubling")

    assert store.reuse(ADA, row.attempt).written
    assert not store.save(ADA, make_report()).written


def test_a_folder_is_about_one_assignment(store):
    """Another assignment is refused, so that pages of one student do not replace each other."""
    with pytest.raises(OutputError, match="holds the class of doubling, not of lenet"):
        store.list_class([ADA], "lenet", "LeNet")

    assert store.assignment == ("doubling", "Doubling")


def test_a_kill_leaves_what_was_committed(path):
    """After SIGKILL in the middle of a transaction, the file opens and holds every finished one."""
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from class_samples import Listed, make_report
from grader.store import Store
store = Store.open(Path({str(path)!r}))
store.list_class([Listed()], "doubling", "Doubling")
store.save(Listed(), make_report())
with store._writing() as session:
    from sqlalchemy import text
    session.execute(text("DELETE FROM class"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with Store.open(path) as store:
        assert [row.state for row in store.latest()] == [State.GRADED]


def test_reading_while_a_run_writes(store, path):
    """A second program sees the class while the first one holds a transaction open."""
    store.save(ADA, make_report())
    with store._writing() as session, Store.open(path, create=False) as other:
        session.flush()

        assert len(list(other.latest())) == 2


def test_saving_from_threads(store, path):
    """Attempts saved at the same time are all kept."""
    threads = [threading.Thread(target=store.save, args=(ADA, make_report())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert attempts(path) == 8


def test_no_database(path):
    """A file that is no database is refused with its name and a way out, and left as it is."""
    path.write_bytes(b"grades of last year" * 100)

    with pytest.raises(OutputError, match=r"grades.db: is not a database.\nChoose another output folder"):
        Store.open(path)

    assert path.read_bytes().startswith(b"grades of last year")


def test_a_database_of_another_program(path):
    """A database that is not ours is refused, and gets no tables."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")

    with pytest.raises(OutputError, match="belongs to another program"):
        Store.open(path)

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_another_version(path):
    """Tables of another version are refused with both versions."""
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(OutputError, match=r"version 99, these have 1\)"):
        Store.open(path)


def test_nothing_is_made_where_there_must_be_something(path):
    """Opening an existing store makes none where there is none."""
    with pytest.raises(OutputError, match="there is no such file"):
        Store.open(path, create=False)

    assert not path.exists()


def test_a_full_disk(store, path):
    """A disk that is full while saving is said so, and what was saved before is kept."""
    store.save(ADA, make_report())
    pages = sqlite3.connect(path).execute("PRAGMA page_count").fetchone()[0]
    event.listen(store._engine, "checkout", lambda raw, *_: raw.execute(f"PRAGMA max_page_count = {pages}"))
    noise = os.urandom(200_000).hex()

    with pytest.raises(OutputError, match=r"the disk is full.\nFree some space"):
        store.save(ADA, make_report(0.0, key="said", sentence=noise))

    assert next(store.latest()).earned == 2.0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    """A read-only folder is named, with a way out."""
    tmp_path.chmod(0o500)

    with pytest.raises(OutputError, match="cannot be opened"):
        Store.open(tmp_path / "grades.db")


def test_a_path_that_cannot_be_opened(tmp_path):
    """A folder that is not there is named."""
    with pytest.raises(OutputError, match=r"cannot be opened.\nCheck the permissions"):
        Store.open(tmp_path / "missing" / "grades.db")


@pytest.mark.parametrize("name", ["class of 2026?mode=ro#.db", "100%.db", "班级.db"])
def test_any_name_of_a_file(tmp_path, name):
    """Signs that mean something in an address mean nothing in the file's name."""
    Store.open(tmp_path / name).close()

    assert (tmp_path / name).is_file()
