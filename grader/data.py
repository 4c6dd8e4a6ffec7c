"""Hidden data of an assignment, for its checks; nothing of it reaches a student's process by itself."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import load_file

from grader.errors import CheckFault

if TYPE_CHECKING:
    from pathlib import Path

# third byte of an IDX file's magic number; values are big-endian (http://yann.lecun.com/exdb/mnist)
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


class HiddenData:
    """Files of `solutions/NAME/data/`, then of `solutions/`."""

    def __init__(self, solution: Path) -> None:
        self._folders = (solution / "data", solution.parent)

    def path(self, name: str) -> Path:
        """Return the path of a hidden file.

        Raises:
            CheckFault: there is none of that name.
        """
        for folder in self._folders:
            if (folder / name).is_file():
                return folder / name
        raise CheckFault(f"there is no hidden file {name!r} in {self._folders[0]} or {self._folders[1]}")

    def tensors(self, name: str) -> dict[str, torch.Tensor]:
        """Return the tensors of a safetensors file."""
        return load_file(self.path(name))

    def idx(self, name: str) -> torch.Tensor:
        """Return the array of an IDX file (gz unpacked), such as (n, rows, cols) uint8 images.

        Raises:
            CheckFault: it is no IDX file.
        """
        path = self.path(name)
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        try:
            zero, kind, dimensions = struct.unpack(">HBB", data[:4])
            sizes = struct.unpack(f">{dimensions}I", data[4 : 4 + 4 * dimensions])
            values = np.frombuffer(data, IDX_TYPES[kind], offset=4 + 4 * dimensions).reshape(sizes)
        except (struct.error, KeyError, ValueError) as error:
            raise CheckFault(f"{path} is no IDX file: {error}") from error
        if zero != 0:
            raise CheckFault(f"{path} is no IDX file: it does not begin with two zero bytes")
        return torch.from_numpy(values.astype(values.dtype.newbyteorder("=")))
