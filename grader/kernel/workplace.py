"""The folders of one kernel: where its notebook works, and where its sockets are."""

from __future__ import annotations

import functools
import gzip
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import KernelFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Workplace:
    """Three folders below one temporary one, gone with the kernel."""

    work: Path
    """The working folder and HOME of the notebook, with the assignment's data files."""
    run: Path
    """Connection file and sockets; its path is short, as a socket's path has at most 107 bytes."""
    temporary: Path
    """TMPDIR of the notebook and the settings of its libraries."""


@contextmanager
def open_workplace(files: Mapping[str, Path]) -> Iterator[Workplace]:
    """Make a workplace with copies of `files` (name there to source), and remove it afterwards.

    Raises:
        KernelFault: the temporary folder cannot be written.
    """
    try:
        top = Path(tempfile.mkdtemp(prefix="grade-"))
    except OSError as error:
        raise KernelFault(f"no temporary folder can be made: {error}") from error
    try:
        workplace = Workplace(top / "work", top / "run", top / "tmp")
        _fill(workplace, files)
        yield workplace
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _fill(workplace: Workplace, files: Mapping[str, Path]) -> None:
    try:
        workplace.work.mkdir()
        workplace.run.mkdir(mode=0o700)
        workplace.temporary.mkdir()
        for name, source in files.items():
            target = workplace.work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_content(source, unpack=source.suffix == ".gz" and target.suffix != ".gz"))
    except OSError as error:
        raise KernelFault(f"a working folder cannot be filled: {error}") from error


@functools.lru_cache(maxsize=32)
def _content(source: Path, *, unpack: bool) -> bytes:
    """Return a data file, read and unpacked once per worker."""
    data = source.read_bytes()
    return gzip.decompress(data) if unpack else data
