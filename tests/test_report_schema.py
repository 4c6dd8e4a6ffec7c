"""The saved report is what docs/report.schema.json says."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from conftest import TinyCourse, make_submission

from grader.grading import Grader
from grader.model import (
    AttemptInfo,
    CellResult,
    CheckResult,
    Outcome,
    Report,
    Score,
    Task,
    report_from_json,
)

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "report.schema.json").read_text(encoding="utf-8"))
CHECKS = '''
@check(task="all", points=2)
def doubles(student):
    """`double(x)` is twice x."""
    expect.close(student.double(torch.ones(2)), torch.full((2,), 2.0))


@check(task="all", points=1)
def has_weights(student):
    """`w` is defined."""
    expect.shape(student.w, (3,))
'''


def make_report(outcome=Outcome.ERROR, score=None):
    """Return a report in which every field that may be empty holds something."""
    frames = [{"cell": 1, "line": 3, "function": "fit"}, {"cell": None, "line": 0, "function": ""}]
    message = {"key": "raised", "type": "E", "text": "e", "frames": frames}
    error = {"type": "E", "message": "e", "frames": frames}
    output = {"output_type": "stream", "name": "stdout", "text": ["1"]}
    return Report(
        assignment="line",
        title="Linear regression",
        assignment_digest="4e07",
        submission={"sha256": "9f", "file": "a.ipynb", "student": "Ada", "submitted": "2026-03-01", "late": True},
        attempt=AttemptInfo(7, "cpu", "isolated", "2026-03-02T06:05:09+00:00", 4.2, {"python": "3.11.9"}),
        tasks=(Task("fit", "Fit a line", 6),),
        score=score,
        results=(CheckResult("claim", "fit", "It holds.", outcome, 0.0, 6, message, "forgot_zero_grad", 0.1),),
        cells=(
            CellResult(0, "markdown", "# Title", None),
            CellResult(1, "code", "1 / 0", Outcome.ERROR, 0.1, error, (output,), cut=True),
        ),
    )


def validate(data):
    jsonschema.Draft202012Validator(SCHEMA).validate(data)


def test_the_schema_is_one():
    """The file is a valid schema of the 2020-12 draft."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_report_is_valid_and_can_be_read_back(outcome):
    """Every outcome can be written as JSON, is valid, and is read back as the same report."""
    report = make_report(outcome, None if outcome is Outcome.GRADER_ERROR else Score(0.0, 6))
    written = json.loads(json.dumps(report.to_json(), allow_nan=False))

    validate(written)
    assert report_from_json(written) == report


def test_the_report_of_a_real_attempt_is_valid(tiny_assignment):
    """What the grader makes of a notebook with a broken cell is as the schema says."""
    assignment = tiny_assignment(CHECKS, points=3)
    submission = make_submission("import torch\ndef double(x):\n    return 2 * x\nprint(1)", "w = 1 / 0", "1 + 1")
    with Grader(TinyCourse()) as grader:
        report = grader.grade(submission, assignment)
    written = json.loads(json.dumps(report.to_json()))

    validate(written)
    assert report_from_json(written) == report
    assert [result["outcome"] for result in written["results"]] == ["passed", "missing"]


def test_a_score_beside_a_grader_error_is_invalid():
    """A report in which a check ended by our fault has no score."""
    with pytest.raises(jsonschema.ValidationError):
        validate(make_report(Outcome.GRADER_ERROR, Score(0, 6)).to_json())


@pytest.mark.parametrize(
    "path", [("score", "earned"), ("results", 0, "outcome"), ("attempt", "seed"), ("cells", 1, "cut"), ("submission",)]
)
def test_a_report_without_one_of_its_keys_is_invalid(path):
    """Nothing that the model writes may be left out."""
    data = make_report(score=Score(0, 6)).to_json()
    place = data
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]

    with pytest.raises(jsonschema.ValidationError):
        validate(data)


def test_a_report_of_another_version_is_invalid():
    """The version is part of the format."""
    with pytest.raises(jsonschema.ValidationError):
        validate({**make_report().to_json(), "schema": 2})


def schema_of(name):
    return SCHEMA["$defs"][name] if name else SCHEMA


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("", Report),
        ("attempt", AttemptInfo),
        ("task", Task),
        ("score", Score),
        ("result", CheckResult),
        ("cell", CellResult),
    ],
)
def test_the_schema_has_the_fields_of_the_model(name, record):
    """Each record of the model has the same fields in the schema, all of them required."""
    names = {field.name for field in fields(record)}

    assert set(schema_of(name)["properties"]) == names
    assert set(schema_of(name)["required"]) == names


def test_the_outcomes_of_the_schema_are_those_of_the_model():
    """An outcome added to the model must be added to the schema."""
    assert set(schema_of("outcome")["enum"]) == {outcome.value for outcome in Outcome}


def described(part):
    """Yield every field below a part of the schema with whether it is described, there or where it points to."""
    for name, field in part.get("properties", {}).items():
        target = SCHEMA["$defs"][field["$ref"].rpartition("/")[2]] if "$ref" in field else field
        yield name, bool(field.get("description") or target.get("description"))


def test_every_field_is_described():
    """A reader of the schema learns what each field means."""
    fields_found = [*described(SCHEMA), *(pair for part in SCHEMA["$defs"].values() for pair in described(part))]
    frames = described(SCHEMA["$defs"]["frames"]["items"])

    assert [name for name, is_described in [*fields_found, *frames] if not is_described] == []
