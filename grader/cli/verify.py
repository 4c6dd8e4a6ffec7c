"""`grade verify`: prove assignments before students see them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from grader.course import open_course


@click.command()
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="all cores",
    help="Gradings at the same time.",
)
@click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the course; default: the working directory if it is one, else the bundled course.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where assignments that allow any device are graded.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the proofs as JSON, for programs.")
def verify(
    assignments: tuple[str, ...],
    jobs: int,
    course_folder: Path | None,
    device: str,
    as_json: bool,  # noqa: FBT001 -- a flag of the command line
) -> None:
    """Prove that assignments are sound (default: all of them).

    The solution earns every point, the handout and a stub of zeros earn none, each mistake fails exactly the checks
    that it names, each check is failed by a mistake, and no feedback shows the solution or a check.

    Exit code: 0 all proven, 1 not all, 2 usage.
    """
    # loaded here, as rich and torch take longer than `--help` may
    from rich.console import Console  # noqa: PLC0415

    from grader.cli.proofs import print_proofs, show_progress  # noqa: PLC0415
    from grader.verify import verify as prove  # noqa: PLC0415

    course = open_course(course_folder)
    with show_progress(Console(stderr=True)) as watch:
        proofs = prove(course, assignments, jobs=jobs, device=device, watch=watch)
    if as_json:
        click.echo(json.dumps([asdict(proof) for proof in proofs], ensure_ascii=False, indent=1))
    else:
        print_proofs(Console(), proofs)
    click.get_current_context().exit(0 if all(proof.held for proof in proofs) else 1)
