"""`grade release`: make the handouts that students get."""

from __future__ import annotations

from pathlib import Path

import click

from grader import release as handouts
from grader.course import open_course


@click.command()
@click.argument("assignments", nargs=-1, required=True, metavar="ASSIGNMENT...")
@click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the course; default: the working directory if it is one, else the bundled course.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a handout is not up to date.")
def release(assignments: tuple[str, ...], course_folder: Path | None, check: bool) -> None:  # noqa: FBT001 -- a flag of the command line
    """Write the handouts of assignments from their solution notebooks.

    Exit code: 0 done, or with --check all up to date; 1 not up to date; 2 usage or an invalid solution.
    """
    course = open_course(course_folder)
    wanted = [course.assignment(name) for name in assignments]
    if not check:
        for assignment in wanted:
            click.echo(f"{assignment.name}: {handouts.release(assignment)}")
        return
    current = {assignment.name: handouts.is_current(assignment) for assignment in wanted}
    for name, is_current in current.items():
        click.echo(f"{name}: {'up to date' if is_current else f'not up to date; run `grade release {name}`'}")
    click.get_current_context().exit(0 if all(current.values()) else 1)
