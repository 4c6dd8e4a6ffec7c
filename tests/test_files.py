"""Writing files whole or not at all."""

from __future__ import annotations

import pytest

from grader.errors import OutputError
from grader.files import bundled, write_atomically


def test_a_file_is_replaced_whole(tmp_path):
    """Text and bytes are written, folders made, and nothing else is left behind."""
    path = tmp_path / "new" / "report.json"
    write_atomically(path, "one")
    write_atomically(path, b"two")

    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["report.json"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """A full disk leaves what was there, removes the half, and is told in words."""
    path = tmp_path / "report.json"
    path.write_text("old")
    limited = pytest.importorskip("resource")
    before = limited.getrlimit(limited.RLIMIT_FSIZE)
    limited.setrlimit(limited.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write_atomically(path, b"x" * 1_000_000)
    finally:
        limited.setrlimit(limited.RLIMIT_FSIZE, before)

    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_path_that_is_no_folder_is_told(tmp_path):
    """Writing below a file is an OutputError that names the path."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="file/x"):
        write_atomically(tmp_path / "file" / "x", "")


def test_templates_and_the_course_travel_with_the_package():
    """What is bundled is found from a checkout."""
    assert bundled("templates").is_dir()
    assert bundled("assignments").is_dir()
