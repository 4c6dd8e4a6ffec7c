import json
import os
import pickle
import subprocess
import sys
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import NotebookError, SubmissionsError, UserError
from grader.intake import find_submissions

METADATA = """---
submission_11:
  :submitters:
  - :name: 'Ann O''Neill'
    :sid: '900'
    :email: ann@example.org
  :created_at: 2026-01-02 03:04:05.678000000 Z
  :score: 0.0
  :results:
    output: |-
      submission_12:
        :submitters:
        - :name: Mallory
  :history:
  - :submitters: []
    :created_at: 2025-01-01 00:00:00.000000000 Z
    :id: 10
submission_12:
  :submitters:
  - :name: Bo Li
    :sid:
  - :name: "Cé Day"
    :sid: 77
  :created_at: nonsense
"""


def notebook(source="x = 1"):
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]})


def lay_out(folder, *files, content=None):
    """Write each file into the folder; the later in the list, the later its time."""
    for number, name in enumerate(files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(name) if content is None else content)
        os.utime(path, (1_700_000_000 + 60 * number,) * 2)
    return folder


def zipped(path, *files, **contents):
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(files):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, number, 0)), notebook(name))
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def table(found):
    return [(one.student, one.file, one.counts) for one in found]


def test_single_notebook(tmp_path):
    """A notebook file is a class of one."""
    (found,) = find_submissions(lay_out(tmp_path, "ann.ipynb") / "ann.ipynb")

    assert (found.student, found.file, found.key, found.counts, found.late) == ("ann", "ann.ipynb", "ann", True, False)
    assert found.load().cells[0].source == "ann.ipynb"
    assert found.submitted == "2023-11-14T22:13:20+00:00"


def test_loose_notebooks_and_student_folders(tmp_path):
    """Files are named by their student, and so are folders."""
    lay_out(tmp_path, "王小明.ipynb", "bo/week 1.IPYNB", "cy/sub/deep.ipynb", "README.md", "bo/data.csv")

    found = find_submissions(tmp_path)

    assert table(found) == [
        ("bo", "bo/week 1.IPYNB", True),
        ("cy", "cy/sub/deep.ipynb", True),
        ("王小明", "王小明.ipynb", True),
    ]
    assert [one.key for one in found] == ["bo", "cy", "王小明"]


def test_what_nobody_handed_in_is_left_out(tmp_path):
    """Checkpoints, what macOS adds, and hidden files are no submissions, in folders and in zips."""
    files = ("ann.ipynb", ".ipynb_checkpoints/ann-checkpoint.ipynb", "__MACOSX/._ann.ipynb", ".b.ipynb", "c/.d/e.ipynb")
    lay_out(tmp_path / "class", *files)

    assert len(find_submissions(tmp_path / "class")) == 1
    assert len(find_submissions(zipped(tmp_path / "a.zip", *files))) == 1


def test_latest_of_a_student_counts_and_earlier_ones_are_kept(tmp_path):
    """Two files of one student are both found; the later one counts."""
    found = find_submissions(lay_out(tmp_path, "ann/z.ipynb", "ann/a.ipynb", "bo.ipynb"))

    assert table(found) == [("ann", "ann/a.ipynb", True), ("ann", "ann/z.ipynb", False), ("bo", "bo.ipynb", True)]
    assert found[0].key == "ann"
    assert found[1].key.startswith("ann-")


def test_submission_carries_what_its_place_says(tmp_path):
    """Student, file, time and lateness arrive in the submission that is graded."""
    (found,) = find_submissions(zipped(tmp_path / "a.zip", "smithann_LATE_12_345_lenet.ipynb"))

    submission = found.load()

    assert submission.student == "smithann"
    assert submission.file == "smithann_LATE_12_345_lenet.ipynb"
    assert submission.late is True
    assert submission.path == tmp_path / "a.zip"


def test_canvas_zip(tmp_path):
    """Names, late markers and resubmissions are read from Canvas's file names, ids tell namesakes apart."""
    path = zipped(
        tmp_path / "submissions.zip",
        "smithann_12_345_lenet.ipynb",
        "smithann_LATE_12_399_lenet-1.ipynb",
        "smithann_13_350_my_2_3_lenet.ipynb",
        "anon_Xy12z_351_a.ipynb",
        "LATE_anon_Ab3_352_a.ipynb",
        "王小明_14_353_作业.ipynb",
        "dayzed_15_354_work.zip",
        "dayyan_16_text.html",
    )

    rows = [(one.student, one.file, one.counts, one.late) for one in find_submissions(path)]

    assert rows == [
        ("anonymous Ab3", "LATE_anon_Ab3_352_a.ipynb", True, True),
        ("anonymous Xy12z", "anon_Xy12z_351_a.ipynb", True, False),
        ("dayyan", "dayyan_16_text.html", True, False),
        ("dayzed", "dayzed_15_354_work.zip", True, False),
        ("smithann", "smithann_12_345_lenet.ipynb", False, False),
        ("smithann", "smithann_13_350_my_2_3_lenet.ipynb", True, False),
        ("smithann", "smithann_LATE_12_399_lenet-1.ipynb", True, True),
        ("王小明", "王小明_14_353_作业.ipynb", True, False),
    ]
    assert all(one.submitted is None for one in find_submissions(path))


def test_names_that_only_resemble_canvas_are_loose_notebooks(tmp_path):
    """One file of another form shows that the folder is no Canvas export."""
    found = find_submissions(lay_out(tmp_path, "team_1_2_x.ipynb", "ann.ipynb"))

    assert [one.student for one in found] == ["ann", "team_1_2_x"]


def test_moodle_zip(tmp_path):
    """Folders of Moodle give name and id; so do its flat names."""
    path = zipped(
        tmp_path / "course-lenet-77.zip",
        "Ann Smith_101_assignsubmission_file_/lenet.ipynb",
        "Ann Smith_102_assignsubmission_file/sub/lenet.ipynb",
        "Ann Smith_102_assignsubmission_onlinetext/onlinetext.html",
        "王 小明_103_assignsubmission_file_/notes.pdf",
        "Bo Li_104_assignsubmission_file_my_work.ipynb",
        "Team A_105_assignsubmission_file_/a.zip",
        "Team A_105_assignsubmission_file_/b.txt",
    )

    assert table(find_submissions(path)) == [
        ("Ann Smith", "Ann Smith_101_assignsubmission_file_/lenet.ipynb", True),
        ("Ann Smith", "Ann Smith_102_assignsubmission_file/sub/lenet.ipynb", True),
        ("Bo Li", "Bo Li_104_assignsubmission_file_my_work.ipynb", True),
        ("Team A", "Team A_105_assignsubmission_file_/a.zip", True),
        ("王 小明", "王 小明_103_assignsubmission_file_/notes.pdf", True),
    ]


def test_gradescope_zip_names_students_from_its_metadata(tmp_path):
    """Names, groups and times come from the metadata, whatever programs printed into it."""
    root = "assignment_5_export/"
    path = zipped(
        tmp_path / "export.zip",
        f"{root}submission_11/lenet.ipynb",
        f"{root}submission_12/lenet.ipynb",
        f"{root}submission_13/lenet.ipynb",
        **{f"{root}submission_metadata.yml": METADATA},
    )

    found = find_submissions(path)

    assert [(one.student, one.submitted) for one in found] == [
        ("Ann O'Neill", "2026-01-02T03:04:05+00:00"),
        ("Bo Li, Cé Day", "2026-01-01T00:01:00"),
        ("submission_13", "2026-01-01T00:02:00"),
    ]


def test_students_cannot_hand_in_under_another_name(tmp_path):
    """What a student named, below the folder that the system named, says nothing about who it is."""
    gradescope = zipped(
        tmp_path / "g.zip",
        "submission_11/submission_12/a.ipynb",
        "submission_12/a.ipynb",
        **{"submission_11/submission_metadata.yml": METADATA.replace("Bo Li", "Mallory")},
    )
    moodle = zipped(
        tmp_path / "m.zip",
        "Ann_1_assignsubmission_file_/submission_5/a.ipynb",
        "Bo_2_assignsubmission_file_/Ann_1_assignsubmission_file_/a.ipynb",
    )
    loose = lay_out(tmp_path / "loose", "ann/Bo_2_assignsubmission_file_/a.ipynb", "bo/a.ipynb")

    assert [one.student for one in find_submissions(gradescope)] == ["submission_11", "submission_12"]
    assert [one.student for one in find_submissions(moodle)] == ["Ann", "Bo"]
    assert [one.student for one in find_submissions(loose)] == ["ann", "bo"]


def test_export_inside_other_folders(tmp_path):
    """An unpacked export is recognised from a folder or two above it."""
    lay_out(tmp_path, "week 1/export/submission_1/a.ipynb", "week 1/export/submission_1/b.ipynb")

    assert [one.student for one in find_submissions(tmp_path)] == ["submission_1", "submission_1"]


def test_gradescope_without_metadata(tmp_path):
    """Without the metadata the submission's number is the name."""
    found = find_submissions(lay_out(tmp_path, "submission_1/a.ipynb", "submission_2/a.ipynb"))

    assert [one.student for one in found] == ["submission_1", "submission_2"]


@pytest.mark.parametrize("start", ["submitted", "."])
def test_nbgrader_tree(tmp_path, start):
    """The submitted tree is found from its parent too, one assignment is picked, timestamps are read."""
    lay_out(tmp_path, "submitted/ann/lenet/problem1.ipynb", "submitted/ann/tensors/a.ipynb", "source/lenet/a.ipynb")
    lay_out(tmp_path, "submitted/bo/lenet/problem1.ipynb", "autograded/ann/lenet/problem1.ipynb", "gradebook.db")
    lay_out(tmp_path, "submitted/ann/lenet/timestamp.txt", content="2026-02-02 15:58:23.948203 America/Los_Angeles\n")

    found = find_submissions(tmp_path / start, assignment="lenet")

    assert [(one.student, one.submitted) for one in found] == [
        ("ann", "2026-02-02T15:58:23-08:00"),
        ("bo", "2023-11-14T22:13:20+00:00"),
    ]
    with pytest.raises(SubmissionsError, match="several assignments: lenet, tensors"):
        find_submissions(tmp_path / start)


def test_nbgrader_tree_of_one_assignment_needs_no_name(tmp_path):
    """Where there is one assignment it is meant, whatever its name."""
    lay_out(tmp_path / "submitted", "ann/ps1/a.ipynb", "bo/ps1/a.ipynb", "README.md", "bo/notes.txt")

    assert len(find_submissions(tmp_path / "submitted", assignment="lenet")) == 2


def test_nbgrader_course_in_a_zip(tmp_path):
    """A zipped course folder is read like its submitted tree."""
    path = zipped(tmp_path / "c.zip", "course/submitted/ann/ps1/a.ipynb", "course/source/ps1/a.ipynb")

    assert [one.student for one in find_submissions(path)] == ["ann"]


def test_one_student_in_two_encodings_is_one(tmp_path):
    """A name typed on a Mac and on Windows, composed differently, is the same student."""
    found = find_submissions(lay_out(tmp_path, "Zoe\u0308/a.ipynb", "Zo\xeb/b.ipynb"))

    assert [(one.student, one.counts) for one in found] == [("Zoë", False), ("Zoë", True)]


def test_submitted_folder_of_another_form(tmp_path):
    """A folder that is merely called `submitted` is read as any folder."""
    lay_out(tmp_path / "submitted", "ann/a.ipynb", "bo.ipynb")

    assert [one.student for one in find_submissions(tmp_path)] == ["ann", "bo"]


@pytest.mark.parametrize(
    ("files", "students"),
    [
        (["class/ann.ipynb", "class/bo.ipynb"], ["ann", "bo"]),
        (["other/ann/a.ipynb", "other/bo/a.ipynb"], ["ann", "bo"]),
        (["ann/a.ipynb", "ann/b.ipynb"], ["ann", "ann"]),
        (["ann/a.ipynb", "bo/a.ipynb"], ["ann", "bo"]),
    ],
)
def test_folder_around_a_zipped_class_is_no_student(tmp_path, files, students):
    """Zipping a folder puts one folder around everything, which is nobody's name."""
    found = find_submissions(zipped(tmp_path / "class.zip", *files))

    assert [one.student for one in found] == students


def test_bad_files_are_found_and_say_why(tmp_path):
    """One broken file is one row with its reason; the others load."""
    lay_out(tmp_path, "bad.ipynb", "old.ipynb", content='{"nbformat": 3}')
    lay_out(tmp_path, "ann.ipynb")
    (tmp_path / "bad.ipynb").write_bytes(b"")
    (tmp_path / "gone.ipynb").symlink_to("nowhere.ipynb")
    (tmp_path / "out.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "in.ipynb").symlink_to("ann.ipynb")
    (tmp_path / "linked").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.ipynb")

    reasons = {}
    for one in find_submissions(tmp_path):
        try:
            reasons[one.student] = one.load().cells[0].source
        except NotebookError as error:
            reasons[one.student] = str(error).split("\n")[0]

    assert reasons == {
        "ann": "ann.ipynb",
        "bad": "bad.ipynb: the file is empty.",
        "gone": "gone.ipynb: is a link to nothing.",
        "in": "ann.ipynb",
        "linked": "linked/*.ipynb: is in a folder that is a link, which is not followed.",
        "old": "old.ipynb: is in the old notebook format 3, not 4.",
        "out": "out.ipynb: is a link out of the folder, which is not followed.",
        "pipe": "pipe.ipynb: is no ordinary file.",
    }


def test_zip_inside_is_a_row_with_its_reason(tmp_path):
    """A student's own zip is not opened; beside a notebook it does not matter."""
    lay_out(tmp_path / "c", "ann/work.zip", "bo/work.zip", "bo/a.ipynb", "cy/notes.txt")

    found = find_submissions(tmp_path / "c")

    assert table(found) == [("ann", "ann/work.zip", True), ("bo", "bo/a.ipynb", True)]
    with pytest.raises(NotebookError, match=r"ann/work\.zip: is a zip, not a notebook"):
        found[0].load()


def test_folder_around_a_zip(tmp_path):
    """Where the only file is a zip, it is probably the export, and that is what should be given."""
    zipped(tmp_path / "submissions.zip", "ann.ipynb")

    with pytest.raises(SubmissionsError, match="Give the zip itself"):
        find_submissions(tmp_path)


def test_dangerous_members_are_rows_with_their_reason(tmp_path):
    """A name that leads out of the zip is shown without its way out, and nothing is written."""
    path = zipped(tmp_path / "a.zip", "../../evil.ipynb", "ann.ipynb", "/etc/abs.ipynb")

    found = {one.student: one for one in find_submissions(path)}

    assert found["ann"].load()
    with pytest.raises(NotebookError, match=r"evil\.ipynb: has a name that leads out"):
        found["evil"].load()
    assert list(tmp_path.iterdir()) == [path]


def test_keys_are_safe_and_unique(tmp_path):
    """Names that differ in case, in unsafe characters or not at all get different keys, the same on each run."""
    names = ["Ann", "ann", "ANN", "a b", "a:b", "x..", "CON", "-rf", "x" * 200, "x" * 201, "王", "é", "💥"]
    lay_out(tmp_path, *[f"{name}.ipynb" for name in names])

    keys = [one.key for one in find_submissions(tmp_path)]

    assert len({key.casefold() for key in keys}) == len(names)
    assert keys == [one.key for one in find_submissions(tmp_path)]
    assert "王" in keys
    assert not any(key.endswith("-again") for key in keys)
    assert all(key[0] not in ".-" and "/" not in key and len(key.encode()) < 150 for key in keys)


def test_key_cannot_be_taken_by_another_name(tmp_path):
    """A student who is named like the key of another's file does not overwrite it."""
    earlier = find_submissions(lay_out(tmp_path, "ann/a.ipynb", "ann/b.ipynb"))[0].key
    lay_out(tmp_path / earlier, "a.ipynb")

    keys = [one.key for one in find_submissions(tmp_path)]

    assert earlier in keys
    assert len(set(keys)) == 3


def test_notebook_named_like_the_assignment_counts_among_equals(tmp_path):
    """Of files handed in together the one that is called like the assignment is taken."""
    lay_out(tmp_path / "class/ann", "lenet.ipynb")
    lay_out(tmp_path / "class/ann", "notes.ipynb")

    counting = [one.file for one in find_submissions(tmp_path / "class", "lenet") if one.counts]

    assert counting == ["ann/lenet.ipynb"]


def test_key_of_a_student_survives_a_second_submission(tmp_path):
    """The file that counts keeps the student's key when a newer one arrives."""
    lay_out(tmp_path, "ann/a.ipynb", "bo/a.ipynb")
    before = {one.student: one.key for one in find_submissions(tmp_path)}
    lay_out(tmp_path, "bo/a.ipynb", "ann/a.ipynb", "ann/b.ipynb")

    after = {one.student: one.key for one in find_submissions(tmp_path) if one.counts}

    assert before == after


def test_names_are_shown_clean(tmp_path):
    """What a student puts into a file's name reaches neither terminal nor page as control characters."""
    (found,) = find_submissions(lay_out(tmp_path, "a\x1b[2J\u202e\nb.ipynb"))

    assert found.student == "a [2J b"
    assert found.file == "a\\x1b[2J\\u202e\\nb.ipynb"


def test_found_travels_to_a_worker(tmp_path):
    """What is found can be pickled and loaded in another process."""
    (found,) = find_submissions(zipped(tmp_path / "a.zip", "ann.ipynb"))

    assert pickle.loads(pickle.dumps(found)) == found


def test_nothing_there(tmp_path):
    """A wrong path, an empty folder, a folder without notebooks and another file are told apart."""
    (tmp_path / "empty").mkdir()
    lay_out(tmp_path / "texts", "a.txt", "sub/b.py")
    lay_out(tmp_path, "a.txt", "a.tar.gz", "fake.zip", content="hello")
    for name, says in {
        "none": "no such file or folder",
        "empty": "holds no notebook",
        "texts": "holds no notebook",
        "a.txt": "neither a notebook",
        "a.tar.gz": "neither a notebook",
        "fake.zip": "is no zip file",
        "nul\0": "no such file or folder",
    }.items():
        with pytest.raises(SubmissionsError, match=says) as caught:
            find_submissions(tmp_path / name)
        assert len(str(caught.value).split("\n")) == 2


def test_zip_without_its_extension(tmp_path):
    """A download that lost its extension is recognised by its first bytes."""
    assert len(find_submissions(zipped(tmp_path / "download", "ann.ipynb"))) == 1


PARTS = ["a_1_2_b.ipynb", "submission_3", "submission_metadata.yml", "submitted", "timestamp.txt", "..", "", "x.zip"]
PARTS += ["A_1_assignsubmission_file_", "A_1_assignsubmission_file_b.ipynb", "c.ipynb", "\u202e.ipynb", "lenet", "C:"]
NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("/".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES, max_size=6, unique=True), st.binary(max_size=30), st.sampled_from([None, "lenet"]))
def test_any_zip_is_found_or_refused(tmp_path_factory, names, content, assignment):
    """Whatever a zip holds, finding and loading raise only the grader's errors."""
    path = tmp_path_factory.mktemp("any") / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name or "x", content)
    try:
        found = find_submissions(path, assignment)
    except SubmissionsError:
        return
    assert len({one.key.casefold() for one in found}) == len(found)
    for one in found:
        with pytest.raises(UserError):
            one.load()


def test_thousand_submissions_are_found_quickly(tmp_path):
    """A large class is listed and loaded without rereading the zip's list for each file."""
    path = zipped(tmp_path / "a.zip", *[f"s{n:04}_{n}_{n}_a.ipynb" for n in range(1000)])

    started = time.perf_counter()
    sources = [one.load().cells[0].source for one in find_submissions(path)]

    assert sources == [f"s{n:04}_{n}_{n}_a.ipynb" for n in range(1000)]
    assert time.perf_counter() - started < 5


def test_finding_submissions_needs_no_torch():
    """Listing a class starts in a moment: torch is not imported for it."""
    code = "import sys, grader.intake; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
