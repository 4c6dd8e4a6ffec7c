"""Checks of mnist_loader.

Every file is made here and written into the student's working folder, so nothing is right because it is known.
"""

from __future__ import annotations

import gzip
import struct
from typing import Any

import torch

from grader import check, expect

IMAGES_MAGIC = 0x803
LABELS_MAGIC = 0x801


@check(task="load_images", points=1.5)
def square_images_are_read(student: Any) -> None:
    """Images of 28 x 28 pixels are read: `(n, rows, cols)`, dtype uint8, every pixel in its place."""
    _expect_images(student, _draw_images(_draw(5, 20), 28, 28))


@check(task="load_images", points=2)
def rows_and_columns_come_from_the_header(student: Any) -> None:
    """Images that are not square, and not 28 pixels wide, are read with the rows and columns of the header."""
    _expect_images(student, _draw_images(_draw(5, 20), _draw(20, 27), _draw(29, 40)))
    _expect_images(student, _draw_images(_draw(5, 20), _draw(9, 12), _draw(3, 8)))


@check(task="load_images", points=1)
def one_image_or_none_is_read(student: Any) -> None:
    """A file with one image gives shape `(1, rows, cols)`, a file with none `(0, rows, cols)`."""
    _expect_images(student, _draw_images(1, 28, 28))
    _expect_images(student, _draw_images(0, 28, 28))


@check(task="load_images", points=1)
def wrong_magic_of_images_is_refused(student: Any) -> None:
    """A file whose magic number is not 2051 raises a ValueError; a right one does not."""
    images = _draw_images(_draw(5, 20), 28, 28)
    load = _images_loader(student)
    load(_write(student, _pack(IMAGES_MAGIC, images)))
    for magic in (LABELS_MAGIC, IMAGES_MAGIC + 1, IMAGES_MAGIC + 0x10000):
        expect.raises("ValueError", load, _write(student, _pack(magic, images)))


@check(task="load_images", points=1)
def short_file_of_images_is_refused(student: Any) -> None:
    """A file with fewer pixels than its header promises raises a ValueError; a whole one does not."""
    whole = _pack(IMAGES_MAGIC, _draw_images(_draw(5, 20), 28, 28))
    load = _images_loader(student)
    load(_write(student, whole))
    for missing in (28 * 28, _draw(1, 700)):  # a whole image less still fits into rows and columns
        expect.raises("ValueError", load, _write(student, whole[:-missing]))


@check(task="load_images", points=0.5)
def packed_images_are_read(student: Any) -> None:
    """A file of images that is packed with gzip, its name ending in `.gz`, is read."""
    _expect_images(student, _draw_images(_draw(5, 20), 28, 28), packed=True)


@check(task="load_labels", points=1.5)
def labels_are_read(student: Any) -> None:
    """Labels are read: shape `(n,)`, for many labels, for one and for none."""
    for n in (_draw(20, 90), 1, 0):
        _expect_labels(student, _draw_labels(n))


@check(task="load_labels", points=1)
def faulty_file_of_labels_is_refused(student: Any) -> None:
    """A magic number other than 2049, or fewer labels than promised, raises a ValueError; a right file does not."""
    labels = _draw_labels(_draw(20, 90))
    whole = _pack(LABELS_MAGIC, labels)
    load = _labels_loader(student)
    load(_write(student, whole))
    for faulty in (_pack(IMAGES_MAGIC, labels), _pack(LABELS_MAGIC + 0x10000, labels), whole[: -_draw(1, 9)]):
        expect.raises("ValueError", load, _write(student, faulty))


@check(task="load_labels", points=0.5)
def packed_labels_are_read(student: Any) -> None:
    """A file of labels that is packed with gzip, its name ending in `.gz`, is read."""
    _expect_labels(student, _draw_labels(_draw(20, 90)), packed=True)


def _images_loader(student: Any) -> Any:
    return student.first("load_images", "load_image_fromfile")


def _labels_loader(student: Any) -> Any:
    return student.first("load_labels", "load_label_fromfile")


def _expect_images(student: Any, images: torch.Tensor, *, packed: bool = False) -> None:
    found = _images_loader(student)(_write(student, _pack(IMAGES_MAGIC, images), packed=packed))
    expect.shape(found, images.shape)
    expect.dtype(found, torch.uint8)
    expect.equal(found, images, dtype=False)  # an array or a tensor


def _expect_labels(student: Any, labels: torch.Tensor, *, packed: bool = False) -> None:
    found = _labels_loader(student)(_write(student, _pack(LABELS_MAGIC, labels), packed=packed))
    expect.shape(found, labels.shape)
    expect.equal(found, labels, dtype=False)  # an array or a tensor, of any dtype


def _draw(low: int, high: int) -> int:
    """Return a random whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, ()))


def _draw_images(n: int, rows: int, cols: int) -> torch.Tensor:
    return torch.randint(256, (n, rows, cols), dtype=torch.uint8)


def _draw_labels(n: int) -> torch.Tensor:
    return torch.randint(10, (n,), dtype=torch.uint8)


def _pack(magic: int, values: torch.Tensor) -> bytes:
    """Return an IDX file; format: http://yann.lecun.com/exdb/mnist/."""
    return struct.pack(f">{1 + values.dim()}i", magic, *values.shape) + values.numpy().tobytes()


def _write(student: Any, content: bytes, *, packed: bool = False) -> str:
    """Write a file of a new name into the student's working folder and return its path."""
    path = f"datasets/made-{_draw(10**8, 10**9)}{'.gz' if packed else ''}"
    student.write_file(path, gzip.compress(content, mtime=0) if packed else content)
    return path
