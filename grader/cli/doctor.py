"""`grade doctor`: what this machine offers."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import __version__
from grader.cli.batch import count_cores
from grader.cli.options import course_option
from grader.course import open_course
from grader.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("torch", "numpy", "ipykernel", "jupyter_client", "nbclient", "nbformat", "safetensors", "sqlalchemy")
ISOLATION = {"none": "kernels run unconfined: grade only what you would run yourself"}
GIB = 2**30
NEEDED_GIB = 1.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, for programs.")
@course_option
@click.pass_context
def doctor(context: click.Context, as_json: bool, course_folder: Path | None) -> None:  # noqa: FBT001 -- a flag
    """Say what this machine offers: versions, CUDA, isolation, course, disk.

    Exit code: 0 fit to grade, 1 something is in the way.
    """
    found = examine(course_folder)
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        for name, value in _lines(found):
            click.echo(f"{name:<16}{value}")
    context.exit(1 if found["problems"] else 0)


def examine(course_folder: Path | None) -> dict[str, Any]:
    """Return everything as plain values; `problems` says what is in the way of grading."""
    from grader.kernel.starting import ColdKernels  # noqa: PLC0415 -- `--help` need not wait for it

    temporary = Path(tempfile.gettempdir())
    free = round(shutil.disk_usage(temporary).free / GIB, 1)
    course, problems = _examine_course(course_folder)
    if free < NEEDED_GIB:
        problems.append(f"{temporary}: only {free} GiB are free; kernels need more.")
    return {
        "grader": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cores": count_cores(),
        "packages": {name: _version(name) for name in PACKAGES},
        "cuda": _cuda_devices(),
        "isolation": ColdKernels.isolation,
        "course": course,
        "temporary": {"folder": str(temporary), "free_gib": free},
        "problems": problems,
    }


def _examine_course(folder: Path | None) -> tuple[dict[str, Any], list[str]]:
    try:
        course = open_course(folder)
        names = list(course.assignments)
    except UserError as error:
        return {"folder": str(folder), "assignments": []}, [error.what]
    problems = [] if names else [f"{course.folder}: holds no assignment."]
    return {"folder": str(course.folder), "assignments": names}, problems


def _cuda_devices() -> list[str]:
    import torch  # noqa: PLC0415 -- likewise

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "grader", found["grader"]
    yield "python", f"{found['python']} ({found['executable']})"
    yield "platform", found["platform"]
    yield "cores", str(found["cores"])
    yield from found["packages"].items()
    yield "CUDA", ", ".join(found["cuda"]) or "no device"
    yield "isolation", f"{found['isolation']} ({ISOLATION.get(found['isolation'], '')})"
    yield "course", found["course"]["folder"]
    yield "assignments", ", ".join(found["course"]["assignments"]) or "none"
    yield "temporary files", f"{found['temporary']['folder']}, {found['temporary']['free_gib']} GiB free"
    for problem in found["problems"]:
        yield "PROBLEM", problem
