"""`grade doctor` says what this machine offers."""

from __future__ import annotations

import json

import torch
from tiny_course import make_course

from grader.cli import main


def test_everything_is_said(capsys, tmp_path):
    """Versions, CUDA, isolation, the course and its assignments are listed."""
    make_course(tmp_path)

    assert main(["doctor", "--course", str(tmp_path)]) == 0

    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["torch"] == torch.__version__
    assert lines["isolation"].startswith("none")
    assert lines["course"] == str(tmp_path)
    assert lines["assignments"] == "doubling"


def test_json_for_programs(capsys, tmp_path):
    """With --json the same is one JSON object."""
    make_course(tmp_path)

    assert main(["doctor", "--json", "--course", str(tmp_path)]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["packages"]["torch"] == torch.__version__
    assert found["course"] == {"folder": str(tmp_path), "assignments": ["doubling"]}
    assert found["problems"] == []


def test_what_is_in_the_way_is_exit_code_1(capsys, tmp_path):
    """A folder that is no course is a problem, not a crash."""
    assert main(["doctor", "--course", str(tmp_path)]) == 1
    assert "is no course" in capsys.readouterr().out
