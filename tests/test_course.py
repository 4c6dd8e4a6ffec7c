import os
import pickle
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from tiny_course import TOML, make_course, write

from grader.course import open_course
from grader.errors import CourseError, UserError
from grader.files import bundled
from grader.model import Limits, Task


@pytest.fixture(autouse=True)
def without_secret(monkeypatch, tmp_path):
    monkeypatch.delenv("GRADE_SECRET", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path):
    return make_course(tmp_path / "course")


def problems_of(folder, name="doubling"):
    with pytest.raises(CourseError) as caught:
        open_course(folder).assignment(name)
    return caught.value.problems


def change_toml(folder, text):
    write(folder / "assignments" / "doubling" / "assignment.toml", text)


def test_reads_an_assignment(folder):
    """An assignment says what its toml says; what it leaves out has the default."""
    assignment = open_course(folder).assignment("doubling")

    assert assignment.title == "Doubling"
    assert assignment.tasks == (Task("twice", "Double it", 3.0),)
    assert assignment.limits == Limits(seconds=20.0, cell_seconds=5.0, check_seconds=5.0)
    assert assignment.device == "cpu"
    assert assignment.folder == folder / "assignments" / "doubling"
    assert assignment.solution == folder / "solutions" / "doubling"


def test_working_directory_is_the_default(folder, monkeypatch):
    """Without a path, the course is the working directory if it holds assignments."""
    monkeypatch.chdir(folder)

    assert open_course(None).folder == folder


def test_bundled_course_is_the_last_resort(tmp_path, monkeypatch):
    """Without a path, in a folder that is no course, the bundled course opens."""
    monkeypatch.chdir(tmp_path)

    assert open_course(None).folder == bundled("assignments").parent


def test_folder_without_assignments_is_no_course(tmp_path):
    """A folder without assignments/ is refused with its path."""
    with pytest.raises(CourseError, match=r"no folder `assignments`"):
        open_course(tmp_path)


def test_folders_without_toml_are_no_assignments(folder):
    """A folder of data below assignments/ is not taken for an assignment."""
    write(folder / "assignments" / "datasets" / "numbers.csv", "1,2\n")

    assert list(open_course(folder).assignments) == ["doubling"]


def test_unknown_assignment_names_the_nearest(folder):
    """A misspelt assignment is answered with the nearest name."""
    with pytest.raises(UserError, match=r"no assignment 'Dubling'.*\nDid you mean `doubling`\?"):
        open_course(folder).assignment("Dubling")


def test_unknown_assignment_lists_all_where_none_is_near(folder):
    """A name that resembles none is answered with all names; a path is never followed."""
    with pytest.raises(UserError, match=r"There are: doubling\."):
        open_course(folder).assignment("../../etc")


def test_all_problems_come_at_once(folder):
    """One error lists every problem of an assignment, each with file and key."""
    change_toml(
        folder,
        """\
titel = "Doubling"
device = "gpu"
[limits]
seconds = 0
memory_mb = 1.5
secnds = 3
[files]
"../x" = "x.csv"
"b" = "none.csv"
[[tasks]]
name = "twice"
title = ""
points = -1
[[tasks]]
name = "twice"
title = "Again"
points = true
""",
    )
    (folder / "solutions" / "doubling" / "checks.py").unlink()

    problems = problems_of(folder)

    file = "assignments/doubling/assignment.toml: "
    for begin in (
        file + "titel: unknown key; did you mean `title`?",
        file + "title: is missing",
        file + "device: must be",
        file + "limits.seconds: must be above 0",
        file + "limits.memory_mb: must be a whole number, not 1.5",
        file + "limits.secnds: unknown key; did you mean `seconds`?",
        file + 'files."../x": is no plain relative path',
        file + 'files."b": its source assignments/none.csv is no file',
        file + "tasks[1].title: must be a text",
        file + "tasks[1].points: must be above 0",
        file + "tasks[2].points: must be a number, not True",
        file + "tasks[2].name: there is another task `twice`",
        "solutions/doubling/checks.py: is missing",
    ):
        assert [problem for problem in problems if problem.startswith(begin)], begin
    assert len(problems) == 13


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("title = ", "is not TOML: "),
        ("title = 'x'\n", "tasks: is missing"),
        ("title = 'x'\ntasks = []\n", "tasks: is missing"),
        ("title = 'x'\ntasks = [1]\n", "tasks: is missing"),
        ("title = 3\n", "title: must be a text"),
        (TOML.replace("points = 3", "points = inf"), "tasks[1].points: must be above 0 and finite"),
        (TOML.replace("points = 3", "points = nan"), "tasks[1].points: must be above 0 and finite"),
        (TOML.replace("seconds = 20", "seconds = '20'"), "limits.seconds: must be a number, not '20'"),
        (TOML.replace('"twice"', '"two words"'), "tasks[1].name: must be 1 to 64"),
        ("limits = 3\n" + TOML.replace("[limits]", "[files]"), "limits: must be a table"),
        ("a = " + "[" * 100_000, "is not TOML: "),
    ],
)
def test_wrong_toml(folder, text, problem):
    """Each kind of wrong value is named by its key."""
    change_toml(folder, text)

    assert [found for found in problems_of(folder) if found.split("toml: ", 1)[1].startswith(problem)]


def test_toml_that_is_not_text(folder):
    """A file that is not UTF-8 is a problem of the course, not a crash."""
    (folder / "assignments" / "doubling" / "assignment.toml").write_bytes(b"title = '\xff'")

    assert problems_of(folder) == ("assignments/doubling/assignment.toml: is not UTF-8 text (byte 9).",)


@pytest.mark.parametrize(
    "name", ["", ".", "/x", "a/../x", "../x", "a//b", "./a", "a/", "a\\b", "a\nb", "a\x00b", "x" * 256]
)
def test_unsafe_file_names(folder, name):
    """A data file's name may not leave the student's folder, nor be written in two ways."""
    write(folder / "assignments" / "x.csv", "1")
    escaped = "".join(f"\\u{ord(character):04x}" for character in name)
    change_toml(folder, f'{TOML}\n[files]\n"{escaped}" = "x.csv"\n')

    assert any(": files." in problem for problem in problems_of(folder))


def test_a_file_name_cannot_be_a_folder_too(folder):
    """Two data files of which one would lie in the other are refused."""
    write(folder / "assignments" / "x.csv", "1")
    change_toml(folder, f'{TOML}\n[files]\n"a" = "x.csv"\n"a/b" = "x.csv"\n')

    assert problems_of(folder) == (
        'assignments/doubling/assignment.toml: files."a/b": lies below `a`, which is a file here.',
    )


def test_sources_stay_below_assignments(folder, tmp_path):
    """A data file's source is never taken from outside assignments/, not even through a link."""
    write(tmp_path / "outside.csv", "1")
    (folder / "assignments" / "link.csv").symlink_to(tmp_path / "outside.csv")
    sources = ["../solutions/doubling/checks.py", "link.csv", "/etc/passwd"]
    rows = "".join(f'"{n}" = "{source}"\n' for n, source in enumerate(sources))
    change_toml(folder, f"{TOML}\n[files]\n{rows}")

    assert len(problems_of(folder)) == 3


def test_one_invalid_assignment_does_not_stop_another(folder):
    """An assignment with errors is refused alone; the other one opens."""
    make_course(folder, "broken")
    write(folder / "assignments" / "broken" / "assignment.toml", "nothing")

    course = open_course(folder)

    assert course.assignment("doubling").title == "Doubling"
    with pytest.raises(CourseError, match=r"assignments/broken/assignment\.toml: is not TOML"):
        course.assignment("broken")


def test_check_all_lists_the_problems_of_all(folder):
    """check_all raises one error with the problems of every assignment."""
    for name in ("broken", "empty"):
        write(folder / "assignments" / name / "assignment.toml", "nothing")

    with pytest.raises(CourseError) as caught:
        open_course(folder).check_all()

    assert len(caught.value.problems) == 6
    assert {problem.split("/")[1] for problem in caught.value.problems} == {"broken", "empty"}


def test_check_all_returns_all(folder):
    """check_all returns every assignment of a course without errors."""
    make_course(folder, "another")

    assert [assignment.name for assignment in open_course(folder).check_all()] == ["another", "doubling"]


def test_a_folder_name_with_spaces_is_a_problem(folder):
    """An assignment's name goes into paths and addresses, so that its characters are few."""
    make_course(folder, "two words")

    assert "the folder's name" in problems_of(folder, "two words")[0]


def test_a_course_travels_to_another_process(folder):
    """A course and its assignments can be pickled for worker processes."""
    course = open_course(folder)
    assignment = course.assignment("doubling")

    again = pickle.loads(pickle.dumps(course))

    assert again.assignment("doubling") == assignment


@pytest.mark.parametrize(
    "path",
    [
        "assignments/doubling/assignment.toml",
        "assignments/x.csv",
        "solutions/doubling/checks.py",
        "solutions/doubling/solution.ipynb",
        "solutions/doubling/data/hidden.bin",
        "solutions/shared/images.gz",
    ],
)
def test_digest_changes_with_each_part(folder, path):
    """Whatever can change a score changes the digest; two readings of the same files give the same."""
    write(folder / "assignments" / "x.csv", "1")
    write(folder / "solutions" / "doubling" / "data" / "hidden.bin", "1")
    write(folder / "solutions" / "shared" / "images.gz", "1")
    change_toml(folder, f'{TOML}\n[files]\n"a" = "x.csv"\n')
    before = open_course(folder).assignment("doubling").digest
    again = open_course(folder).assignment("doubling").digest
    write(folder / path, (folder / path).read_text() + "\n")

    assert again == before
    assert open_course(folder).assignment("doubling").digest != before


def test_digest_tells_names_from_contents(folder):
    """Moving bytes from one hidden file to another changes the digest, even where the bytes in a row are the same."""
    data = folder / "solutions" / "doubling" / "data"
    write(data / "a", "12")
    write(data / "b", "3")
    before = open_course(folder).assignment("doubling").digest
    write(data / "a", "1")
    write(data / "b", "23")

    assert open_course(folder).assignment("doubling").digest != before


def test_digest_ignores_what_changes_no_score(folder):
    """A new handout, bytecode, and other assignments leave the digest as it is."""
    before = open_course(folder).assignment("doubling").digest
    write(folder / "assignments" / "doubling" / "handout.ipynb", "{}")
    write(folder / "solutions" / "doubling" / "data" / "__pycache__" / "x.pyc", "1")
    make_course(folder, "another")

    assert open_course(folder).assignment("doubling").digest == before


def test_secret_is_drawn_once(folder):
    """The first call draws the secret, later ones read it; only its owner can, and git does not see it."""
    first = open_course(folder).secret()

    path = folder / ".grade" / "secret"
    assert open_course(folder).secret() == first
    assert len(bytes.fromhex(first.decode())) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (folder / ".grade" / ".gitignore").read_text() == "*\n"
    assert sorted(file.name for file in path.parent.iterdir()) == [".gitignore", "secret"]


def test_secrets_of_two_courses_differ(folder, tmp_path):
    """Each course has a secret of its own."""
    other = make_course(tmp_path / "other")

    assert open_course(folder).secret() != open_course(other).secret()


def test_many_first_calls_agree(folder):
    """Calls that come first at the same time all get the one secret that is kept."""
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: open_course(folder).secret(), range(64)))

    assert len(secrets) == 1
    assert sorted(file.name for file in (folder / ".grade").iterdir()) == [".gitignore", "secret"]


def test_environment_gives_the_secret(folder, monkeypatch):
    """GRADE_SECRET wins over the file, and nothing is written."""
    monkeypatch.setenv("GRADE_SECRET", "a secret of the whole fleet")

    assert open_course(folder).secret() == b"a secret of the whole fleet"
    assert not (folder / ".grade").exists()


def test_a_short_secret_is_refused(folder, monkeypatch):
    """A secret that could be guessed is refused with the way to draw one."""
    monkeypatch.setenv("GRADE_SECRET", "hunter2")

    with pytest.raises(UserError, match=r"7 characters; a secret needs at least 16\.[\s\S]*openssl"):
        open_course(folder).secret()


def test_a_damaged_secret_is_not_replaced(folder):
    """An empty or foreign file in the secret's place is reported: replacing it would change every seed."""
    write(folder / ".grade" / "secret", "")

    with pytest.raises(UserError, match="holds no secret"):
        open_course(folder).secret()
    assert (folder / ".grade" / "secret").read_text() == ""


def test_a_course_that_cannot_be_written_keeps_its_secret_elsewhere(folder, tmp_path):
    """Where the course is read-only, the secret is kept below the state folder, one for each course."""
    write(folder / ".grade", "a file where the folder would be")

    first = open_course(folder).secret()

    kept = list((tmp_path / "state" / "grade" / "secrets").glob("[!.]*"))
    assert [path.read_text().strip().encode() for path in kept] == [first]
    assert open_course(folder).secret() == first


def test_a_secret_that_can_be_kept_nowhere(folder, tmp_path):
    """Where nothing can be written, the message names the variable that helps."""
    write(folder / ".grade", "")
    write(tmp_path / "state", "")

    with pytest.raises(UserError, match="GRADE_SECRET"):
        open_course(folder).secret()


def test_opening_a_course_loads_no_torch(folder):
    """Reading a course, its digest and its secret imports none of the slow packages."""
    code = (
        "import sys; from pathlib import Path; from grader.course import open_course;"
        "open_course(Path(sys.argv[1])).check_all();"
        "print([name for name in ('torch', 'numpy', 'nbformat', 'nbclient', 'jinja2') if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True, env=os.environ
    )

    assert shown.stdout == "[]\n"
