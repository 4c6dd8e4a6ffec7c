"""`grade batch`: a class."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.batch import INDEX, Batch, Summary, run_batch
from grader.cli.console import summary_line
from grader.cli.options import course_option, device_option
from grader.cli.progress import show_progress
from grader.course import open_course
from grader.gradebook import GRADEBOOK


def count_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option("--assignment", "-a", metavar="NAME", required=True, help="What was handed in.")
@click.option("--out", "-o", type=click.Path(path_type=Path, file_okay=False), required=True, help="Output folder.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    default=count_cores,
    show_default="all cores",
    help="Submissions graded at the same time.",
)
@device_option
@click.option("--fresh", is_flag=True, help="Grade finished submissions again.")
@course_option
@click.pass_context
def batch(  # noqa: PLR0913, PLR0917 -- one argument for each option
    context: click.Context,
    submissions: Path,
    assignment: str,
    out: Path,
    jobs: int,
    device: str,
    fresh: bool,  # noqa: FBT001 -- a flag of the command line
    course_folder: Path | None,
) -> None:
    """Grade a class: a folder of notebooks, or a zip from Canvas, Moodle or Gradescope.

    Run it again after Ctrl-C or a crash, and it goes on where it was: what is finished is graded again only if the
    file or the assignment has changed.

    Exit code: 0 all graded, 1 some need a person or are no notebooks, 2 usage or configuration.
    """
    course = open_course(course_folder)
    chosen = course.assignment(assignment)
    try:
        with show_progress() as watch:
            summary = run_batch(Batch(course, chosen, submissions, out, jobs, device, fresh), watch)
    except KeyboardInterrupt:
        click.echo(f"Interrupted. What is graded is kept in {out}; run the same command again to go on.", err=True)
        context.exit(130)
    print_summary(summary, out)
    context.exit(0 if summary.complete else 1)


def print_summary(summary: Summary, out: Path) -> None:
    """Print the class in numbers and where to find it."""
    if summary.again:
        click.echo(f"{summary.again} were graded by an earlier run.")
    click.echo(summary_line(summary))
    click.echo(f"Class page: {out / INDEX}")
    click.echo(f"Gradebook:  {out / GRADEBOOK}")
