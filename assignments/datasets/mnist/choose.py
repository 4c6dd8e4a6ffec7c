"""Choose the small MNIST of this course from the full one: `python choose.py MNIST_FOLDER HIDDEN_SEED`.

Every digit is equally frequent. The hidden images are test images that are not among the public ones.
The same arguments give the same files, byte for byte.
"""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np

PUBLIC_SEED = 1998
TRAIN_PER_DIGIT = 500
TEST_PER_DIGIT = 100
HEADER_BYTES = {"idx1": 8, "idx3": 16}

PUBLIC = Path(__file__).resolve().parent
HIDDEN = PUBLIC.parents[2] / "solutions" / "datasets" / "mnist"


def read(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 28, 28) and labels (n,) of the full MNIST, both uint8."""
    images = gzip.decompress((folder / f"{part}-images.idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels.idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=HEADER_BYTES["idx3"])
    return pixels.reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=HEADER_BYTES["idx1"])


def choose(labels: np.ndarray, allowed: np.ndarray, per_digit: int, seed: int) -> np.ndarray:
    """Return the indices of `per_digit` allowed images of each digit, in random order."""
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(allowed[labels[allowed] == digit], per_digit, replace=False) for digit in range(10)]
    return rng.permutation(np.concatenate(chosen))


def write(path: Path, magic: int, array: np.ndarray) -> None:
    """Write an IDX file of unsigned bytes, compressed without a time stamp."""
    header = struct.pack(f">{1 + array.ndim}i", magic, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), mtime=0))


def write_pair(folder: Path, name: str, images: np.ndarray, labels: np.ndarray) -> None:
    """Write images and labels as `NAME-images.idx3-ubyte.gz` and `NAME-labels.idx1-ubyte.gz`."""
    write(folder / f"{name}-images.idx3-ubyte.gz", 0x803, images)
    write(folder / f"{name}-labels.idx1-ubyte.gz", 0x801, labels)


def main(source: Path, hidden_seed: int) -> None:
    """Write the training, public test and hidden test files."""
    images, labels = read(source, "train")
    train = choose(labels, np.arange(len(labels)), TRAIN_PER_DIGIT, PUBLIC_SEED)
    write_pair(PUBLIC, "train", images[train], labels[train])

    images, labels = read(source, "t10k")
    everything = np.arange(len(labels))
    test = choose(labels, everything, TEST_PER_DIGIT, PUBLIC_SEED)
    hidden = choose(labels, np.setdiff1d(everything, test), TEST_PER_DIGIT, hidden_seed)
    write_pair(PUBLIC, "t10k", images[test], labels[test])
    write_pair(HIDDEN, "hidden", images[hidden], labels[hidden])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
