import io
import random
import stat
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import archives
from grader.archives import list_members, read_member
from grader.errors import NotebookError, SubmissionsError


def write_zip(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def problem_of(path):
    (member,) = list_members(path)
    with pytest.raises(NotebookError) as caught:
        read_member(path, member, 1_000)
    return str(caught.value)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_back(tmp_path, method):
    """What was zipped comes out, folders left out."""
    path = write_zip(tmp_path / "a.zip", {"ann/a.ipynb": b"x" * 100_000, "ann/": b"", "b.ipynb": b""}, method)

    members = list_members(path)

    assert [member.name for member in members] == ["ann/a.ipynb", "b.ipynb"]
    assert [read_member(path, member, 100_000) for member in members] == [b"x" * 100_000, b""]


def test_zip_with_a_comment_and_bytes_in_front_is_read(tmp_path):
    """Archives that other tools put something before or behind are zips as well."""
    inner = write_zip(tmp_path / "a.zip", {"a.ipynb": b"abc"})
    with zipfile.ZipFile(inner, "a") as archive:
        archive.comment = b"exported"
    path = tmp_path / "b.zip"
    path.write_bytes(b"#!/bin/sh\n" + inner.read_bytes())

    (member,) = list_members(path)

    assert read_member(path, member, 10) == b"abc"


def test_streamed_zip_is_read(tmp_path):
    """A zip written to a pipe, as Moodle does, has its sizes behind the data."""

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *args):
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.ipynb", b"abc" * 100)
    path = tmp_path / "a.zip"
    path.write_bytes(pipe.getvalue())

    (member,) = list_members(path)

    assert read_member(path, member, 1_000) == b"abc" * 100


def test_bomb_stops_at_the_limit(tmp_path):
    """A gigabyte of zeros is given up after the limit, whatever size the zip claims."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.ipynb", "w") as file:
        for _ in range(256):
            file.write(bytes(2**20))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 2**28), struct.pack("<I", 7)))
    started = time.perf_counter()

    tracemalloc.start()
    reason = _reason(path, 2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "larger than 1 MB" in reason
    assert peak < 16 * 2**20
    assert time.perf_counter() - started < 2


def _reason(path, limit):
    (member,) = list_members(path)
    with pytest.raises(NotebookError) as caught:
        read_member(path, member, limit)
    return str(caught.value)


@pytest.mark.parametrize("name", ["../a.ipynb", "/etc/a.ipynb", "a/../../b.ipynb", "C:/a.ipynb", "..\\a.ipynb"])
def test_names_that_lead_out_are_not_read(tmp_path, name):
    """A member whose name is no place inside the zip says so."""
    assert "leads out of the zip" in problem_of(write_zip(tmp_path / "a.zip", {name: b"x"}))


def test_links_are_not_followed(tmp_path):
    """A member that is a symbolic link says so instead of giving its target."""
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("a.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "is a link" in problem_of(path)


def test_encrypted_members_are_not_read(tmp_path):
    """A password is never asked for."""
    path = write_zip(tmp_path / "a.zip", {"a.ipynb": b"x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    assert "is encrypted" in problem_of(path)


def test_other_compressions_are_not_read(tmp_path):
    """Only what learning-management systems write is unpacked."""
    assert "not supported" in problem_of(write_zip(tmp_path / "a.zip", {"a.ipynb": b"x"}, zipfile.ZIP_LZMA))


def test_damaged_member_is_found_by_its_checksum(tmp_path):
    """One changed byte of the content is noticed."""
    path = write_zip(tmp_path / "a.zip", {"a.ipynb": b"hello"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"hello", b"jello"))

    assert "checksum" in problem_of(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_all_refused(tmp_path):
    """Where a zip holds a name twice, nobody can say which is meant."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.ipynb", b"1")
        archive.writestr("a.ipynb", b"2")
        archive.writestr("b.ipynb", b"3")

    problems = [member.problem for member in list_members(path)]

    assert problems == ["is in the zip more than once"] * 2 + [""]


def test_names_are_decoded(tmp_path):
    """UTF-8 is read with and without the flag that announces it, and code page 437 where it is neither."""
    path = tmp_path / "a.zip"
    for raw, flag, name in [
        ("王.ipynb".encode(), 0x800, "王.ipynb"),
        ("王.ipynb".encode(), 0, "王.ipynb"),
        ("Zoë.ipynb".encode("cp437"), 0, "Zoë.ipynb"),
    ]:
        write_zip(path, {"x" * len(raw): b"1"})
        data = bytearray(path.read_bytes().replace(b"x" * len(raw), raw))
        where = data.index(b"PK\x01\x02")
        data[where + 8 : where + 10] = struct.pack("<H", flag)
        data[6:8] = struct.pack("<H", flag)
        path.write_bytes(data)

        assert [member.name for member in list_members(path)] == [name]


def test_times_are_read(tmp_path):
    """A member's time is ISO 8601; the zip's first moment and an impossible date are no time."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a", (2026, 3, 4, 5, 6, 8)), b"")
        archive.writestr(zipfile.ZipInfo("b"), b"")
        archive.writestr(zipfile.ZipInfo("c", (2026, 2, 31, 5, 6, 8)), b"")

    assert [member.modified for member in list_members(path)] == ["2026-03-04T05:06:08", None, None]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18, b"x" * 100_000])
def test_what_is_no_zip_is_refused(tmp_path, data):
    """A damaged zip is refused as a whole, in two lines."""
    path = tmp_path / "a.zip"
    path.write_bytes(data)

    with pytest.raises(SubmissionsError, match=r"a\.zip: .*no zip file, or a damaged one"):
        list_members(path)


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    """A zip of a million members is given up before they are listed."""
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(SubmissionsError, match="holds 4 files; at most 3"):
        list_members(write_zip(tmp_path / "a.zip", dict.fromkeys("abcd", b"")))

    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 100)
    with pytest.raises(SubmissionsError, match="holds too many files"):
        list_members(write_zip(tmp_path / "a.zip", dict.fromkeys("abcd", b"")))


def test_overlapping_members_are_refused(tmp_path):
    """A zip whose members share their bytes, so that it unpacks to far more than it holds, is refused."""
    path = write_zip(tmp_path / "a.zip", {"a": b"x" * 500, "b": b"x" * 500}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)
    path.write_bytes(data)

    with pytest.raises(SubmissionsError, match="overlap"):
        list_members(path)


def read_everything(path):
    """List and read a zip that may be anything; only the grader's errors are let through."""
    try:
        members = list_members(path)
    except SubmissionsError:
        return
    for member in members:
        with suppress(NotebookError):
            assert len(read_member(path, member, 5_000)) <= 5_000


def test_mutated_zips_raise_only_the_graders_errors(tmp_path):
    """Hundreds of damaged and forged zips are listed and read, or refused with a reason."""
    files = {"ann/a.ipynb": b"abc" * 300, "王.ipynb": b"{}", "c/": b""}
    originals = [write_zip(tmp_path / "o.zip", files, method).read_bytes() for method in (0, 8)]
    path = tmp_path / "m.zip"
    chance = random.Random(1)
    for round_ in range(600):
        data = bytearray(originals[round_ % 2])
        for _ in range(chance.randint(1, 6)):
            where = chance.randrange(len(data))
            data[where] = chance.choice([0, 0xFF, 0x7F, chance.randrange(256)])
        if round_ % 7 == 0:
            del data[chance.randrange(len(data)) :]
        path.write_bytes(data)
        read_everything(path)


@settings(max_examples=80, deadline=None)
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12), max_size=4
    ),
    tail=st.binary(max_size=40),
)
def test_any_names_raise_only_the_graders_errors(tmp_path_factory, names, tail):
    """Whatever names and trailing bytes a zip has, it is read or refused with a reason."""
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    write_zip(path, dict.fromkeys(names, b"x"))
    path.write_bytes(path.read_bytes() + tail)
    read_everything(path)


def test_member_that_is_gone_is_a_notebook_error(tmp_path):
    """A zip that was replaced after it was listed gives errors, not other bytes."""
    path = write_zip(tmp_path / "a.zip", {"a.ipynb": b"x"})
    (member,) = list_members(path)
    for changed in (replace(member, offset=10**6), replace(member, offset=3), replace(member, packed_bytes=1)):
        with pytest.raises(NotebookError, match="damaged"):
            read_member(path, changed, 100)
    path.unlink()
    with pytest.raises(NotebookError, match="cannot be read"):
        read_member(path, member, 100)
