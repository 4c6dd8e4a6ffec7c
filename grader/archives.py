"""Zip files that nobody vouches for: listed without unpacking, read member by member under a cap of bytes.

What a zip says of itself is not believed: the size of a member is what comes out of it, names are never used
as paths, and nothing is written to the disk.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from grader.errors import NotebookError, SubmissionsError
from grader.names import printable

if TYPE_CHECKING:
    from pathlib import Path

MAX_MEMBERS = 20_000
MAX_DIRECTORY_BYTES = 8 * 1024 * 1024
"""Size of a zip's list of members: an honest one of 20,000 members has 2 MB."""

_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_UTF8 = 0x800
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, length of the name, length of the extra field (PKZIP APPNOTE 4.3.7)."""
_ASK = "Ask the student for the notebook file itself."
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    OverflowError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What `zipfile` is known to raise for damaged and forged files."""


@dataclass(frozen=True)
class Member:
    """One file inside a zip."""

    name: str
    """As the zip has it, decoded, with `/` between folders: to be shown, never to be opened."""
    offset: int
    packed_bytes: int
    method: int
    crc: int
    modified: str | None
    """ISO 8601 without a zone: a zip has local time."""
    problem: str = ""
    """Why it cannot be read; empty when nothing speaks against it yet."""


class _CappedReader:
    """A file whose reads are capped: `zipfile` reads the whole list of members at once, however long."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        wanted = MAX_DIRECTORY_BYTES + 1
        data = self._file.read(wanted if size < 0 else min(size, wanted))
        if len(data) == wanted:
            raise zipfile.LargeZipFile
        return data

    def seekable(self) -> bool:
        return True


def list_members(path: Path) -> tuple[Member, ...]:
    """Return the files in the zip at `path`, folders left out.

    Raises:
        SubmissionsError: the file is no zip, is damaged, or holds too much.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(_CappedReader(file)) as archive:
            entries = archive.infolist()
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror or 'it is damaged'}")
    except zipfile.LargeZipFile:
        _refuse(path, f"holds too many files; at most {MAX_MEMBERS:,} are read")
    except _DAMAGED:
        _refuse(path, "is no zip file, or a damaged one")
    if len(entries) > MAX_MEMBERS:
        _refuse(path, f"holds {len(entries):,} files; at most {MAX_MEMBERS:,} are read")
    if _overlapping(entries):
        _refuse(path, "is forged: files in it overlap")
    return _as_members([entry for entry in entries if not entry.filename.endswith("/")])


def _overlapping(entries: list[zipfile.ZipInfo]) -> bool:
    """Return whether two members share bytes, as in zips that unpack to petabytes."""
    spans = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    return any(start + _LOCAL_HEADER.size + size > following for (start, size), (following, _) in pairwise(spans))


def _as_members(entries: list[zipfile.ZipInfo]) -> tuple[Member, ...]:
    names = [_decode_name(entry) for entry in entries]
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return tuple(
        Member(
            name=name,
            offset=entry.header_offset,
            packed_bytes=entry.compress_size,
            method=entry.compress_type,
            crc=entry.CRC,
            modified=_modified(entry),
            problem="is in the zip more than once" if seen[name] > 1 else _problem(entry, name),
        )
        for name, entry in zip(names, entries, strict=True)
    )


def _decode_name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name; many tools write UTF-8 without saying so, which `zipfile` reads as cp437."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return name.replace("\\", "/")


def _modified(entry: zipfile.ZipInfo) -> str | None:
    """Return a member's time, None for the one that means "not known" (1980-01-01 00:00)."""
    try:
        moment = datetime(*entry.date_time)  # noqa: DTZ001 - a zip has no zone
    except ValueError:
        return None
    return None if moment == datetime(1980, 1, 1) else moment.isoformat()  # noqa: DTZ001


def _problem(entry: zipfile.ZipInfo, name: str) -> str:
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link, which is not followed"
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        return "has a name that leads out of the zip"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is packed in a manner that is not supported"
    return ""


def read_member(path: Path, member: Member, limit: int) -> bytes:
    """Return the bytes of one member of the zip at `path`; never more than `limit` are unpacked.

    Raises:
        NotebookError: the member cannot be read, is damaged, or is larger than `limit`.
    """
    if member.problem:
        reject_member(member.name, member.problem)
    try:
        with path.open("rb") as file:
            _seek_data(file, member)
            data = _unpack(file, member, limit)
    except OSError as error:
        reject_member(member.name, f"cannot be read: {error.strerror}")
    except _DAMAGED:
        reject_member(member.name, "is damaged in the zip")
    if len(data) > limit:
        reject_member(member.name, f"is larger than {limit // 2**20} MB")
    if zlib.crc32(data) != member.crc:
        reject_member(member.name, "is damaged in the zip: its checksum differs")
    return data


def _seek_data(file: BinaryIO, member: Member) -> None:
    file.seek(member.offset)
    signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04":
        raise zipfile.BadZipFile
    file.seek(name_bytes + extra_bytes, 1)


def _unpack(file: BinaryIO, member: Member, limit: int) -> bytes:
    """Return at most `limit` + 1 bytes."""
    if member.method == zipfile.ZIP_STORED:
        return file.read(min(member.packed_bytes, limit + 1))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data, left = bytearray(), member.packed_bytes
    while left > 0 and not inflater.eof and len(data) <= limit:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise EOFError
        left -= len(chunk)
        data += inflater.decompress(chunk, limit + 1 - len(data))
    return bytes(data)


def reject_member(name: str, what: str) -> NoReturn:
    """Raise the `NotebookError` of a file in a zip or folder that is not even opened."""
    raise NotebookError(f"{printable(name)}: {what}.", _ASK) from None


def _refuse(path: Path, what: str) -> NoReturn:
    raise SubmissionsError(
        f"{printable(str(path))}: {what}.", "Export it again, or unpack it and give the folder."
    ) from None
