"""A course of one assignment, small enough to be changed in one place by each test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TOML = """\
title = "Doubling"

[limits]
seconds = 20
cell_seconds = 5
check_seconds = 5

[[tasks]]
name = "twice"
title = "Double it"
points = 3
"""

SOLUTION = '''\
import torch


def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION


### BEGIN SOLUTION
eight = double(torch.tensor([4.0]))
### END SOLUTION
'''

CHECKS = '''\
import torch

from grader import check, expect


@check(task="twice", points=2)
def doubles(student, reference):
    """`double` returns twice its argument."""
    x = torch.randn(5)
    expect.close(student.double(x), reference.double(x))


@check(task="twice", points=1)
def eight_is_eight(student):
    """`eight` is eight."""
    expect.close(student.eight, torch.tensor([8.0]))
'''

SQUARED = '''\
"""The argument was squared.

`x * x` is the square of x. Twice x is `x + x`.

task: twice
fails: doubles, eight_is_eight
zh: 求成了平方。
"""
import torch


def double(x):
    return x * x


eight = double(torch.tensor([4.0]))
'''


def cell(source: str, name: str, kind: str = "code") -> dict:
    """Return a cell as nbformat 4.5 has it."""
    made = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return {**made, "execution_count": 7, "outputs": []} if kind == "code" else made


def notebook(*cells: dict) -> dict:
    """Return a notebook as nbformat 4.5 has it."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write_notebook(path: Path, *cells: dict) -> None:
    """Write a notebook's file."""
    write(path, json.dumps(notebook(*cells)))


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_course(folder: Path, name: str = "doubling") -> Path:
    """Write a course with one sound assignment and return its folder."""
    write(folder / "assignments" / name / "assignment.toml", TOML)
    solution = folder / "solutions" / name
    write_notebook(solution / "solution.ipynb", cell("# Doubling", "intro", "markdown"), cell(SOLUTION, "twice"))
    write(solution / "checks.py", CHECKS)
    write(solution / "mistakes" / "squared.py", SQUARED)
    return folder
