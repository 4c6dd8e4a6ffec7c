"""Hidden data of an assignment."""

from __future__ import annotations

import gzip
import struct

import pytest
import torch
from safetensors.torch import save_file

from grader.data import HiddenData
from grader.errors import CheckFault


@pytest.fixture
def data(tmp_path):
    (tmp_path / "solutions" / "tiny" / "data").mkdir(parents=True)
    return HiddenData(tmp_path / "solutions" / "tiny")


def test_files_of_the_assignment_come_before_shared_ones(data, tmp_path):
    """A name is looked up in the assignment's data folder, then below solutions/."""
    (tmp_path / "solutions" / "x").write_text("shared")
    assert data.path("x").read_text() == "shared"

    (tmp_path / "solutions" / "tiny" / "data" / "x").write_text("own")

    assert data.path("x").read_text() == "own"
    with pytest.raises(CheckFault, match="no hidden file"):
        data.path("y")


def test_idx_and_safetensors_files_are_read(data, tmp_path):
    """An IDX file, packed or not, and a safetensors file give tensors."""
    folder = tmp_path / "solutions" / "tiny" / "data"
    raw = struct.pack(">HBB2I", 0, 8, 2, 2, 3) + bytes(range(6))
    (folder / "a").write_bytes(raw)
    (folder / "a.gz").write_bytes(gzip.compress(raw))
    save_file({"x": torch.ones(2)}, folder / "s")

    assert torch.equal(data.idx("a"), torch.arange(6, dtype=torch.uint8).reshape(2, 3))
    assert torch.equal(data.idx("a.gz"), data.idx("a"))
    assert torch.equal(data.tensors("s")["x"], torch.ones(2))


def test_a_file_that_is_no_idx_is_the_checks_fault(data, tmp_path):
    """A short or foreign file is told with its path."""
    (tmp_path / "solutions" / "tiny" / "data" / "a").write_bytes(b"\x00\x00\x08\x02short")

    with pytest.raises(CheckFault, match="no IDX file"):
        data.idx("a")
