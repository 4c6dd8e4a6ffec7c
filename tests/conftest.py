"""What several test files share: a tiny course, submissions made from sources, one running kernel."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from grader.kernel.session import Session
from grader.kernel.starting import ColdKernels
from grader.model import Assignment, Cell, Limits, Submission, Task

SOLUTION = """
import torch

def double(x):
    return 2 * x

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)

    def forward(self, x):
        return self.layer(x)

w = torch.ones(3)
"""


class TinyCourse:
    """The one thing that a grader asks of a course."""

    def secret(self) -> bytes:
        return b"of the tiny course"


@pytest.fixture
def tiny_assignment(tmp_path):
    """A function that makes an assignment from the text of its checks.py, with SOLUTION as its solution."""

    def make(checks: str, *, points: float, limits: Limits | None = None, solution: str = SOLUTION) -> Assignment:
        folder, hidden = tmp_path / "assignments" / "tiny", tmp_path / "solutions" / "tiny"
        for each in (folder, hidden / "data"):
            each.mkdir(parents=True, exist_ok=True)
        cell = {"cell_type": "code", "source": solution, "metadata": {}, "outputs": [], "execution_count": None}
        (hidden / "solution.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell], "metadata": {}}))
        (hidden / "checks.py").write_text("from grader import check, expect\nimport torch\n\n" + checks)
        return Assignment(
            name="tiny",
            title="Tiny",
            tasks=(Task("all", "All of it", points),),
            limits=limits or Limits(cell_seconds=10, check_seconds=5),
            device="cpu",
            files={},
            folder=folder,
            solution=hidden,
            digest=hashlib.sha256(checks.encode()).hexdigest(),
        )

    return make


def make_cells(*sources: str) -> tuple[Cell, ...]:
    """Return code cells."""
    return tuple(Cell(index, "code", source) for index, source in enumerate(sources))


def make_submission(*sources: str) -> Submission:
    """Return a submission with these code cells."""
    digest = hashlib.sha256("".join(sources).encode()).hexdigest()
    return Submission(Path("tiny.ipynb"), digest, make_cells(*sources), student="Ada", file="ada.ipynb")


def open_session(limits: Limits | None = None, **files: Path) -> Session:
    """Return a session with a cold kernel, to be entered."""
    return Session(ColdKernels(), limits or Limits(cell_seconds=10), files, seed=7, device="cpu")
