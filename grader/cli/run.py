"""`grade run`: one notebook."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.console import open_console, print_report
from grader.cli.options import course_option, device_option
from grader.course import open_course
from grader.errors import UserError
from grader.feedback import render_report
from grader.files import write_atomically
from grader.gradebook import render_json
from grader.notebook import read_notebook

if TYPE_CHECKING:
    from grader.course import Course
    from grader.model import Assignment, Report, Submission

FOLDERS_LOOKED_AT = 3


@click.command()
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("--assignment", "-a", metavar="NAME", help="Default: guessed from the file's name and folder.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write the feedback.")
@click.option("--json", "data", metavar="FILE", help="Write the report; `-` prints it instead of the text.")
@device_option
@course_option
@click.pass_context
def run(  # noqa: PLR0913, PLR0917 -- one argument for each option
    context: click.Context,
    notebook: Path,
    assignment: str | None,
    html: Path | None,
    data: str | None,
    device: str,
    course_folder: Path | None,
) -> None:
    """Grade one notebook and say what each check found.

    Exit code: 0 graded, 1 a person has to look, 2 usage or a file that is no notebook.
    """
    course = open_course(course_folder)
    submission = read_notebook(notebook)
    chosen = course.assignment(assignment or guess_assignment(course, notebook))
    report = _grade(course, chosen, submission, device)
    if html:
        write_atomically(html, render_report(report))
    if data and data != "-":
        write_atomically(Path(data), render_json(report))
    if data == "-":
        click.echo(render_json(report), nl=False)
    else:
        print_report(report, open_console())
    context.exit(1 if report.score is None else 0)


def guess_assignment(course: Course, notebook: Path) -> str:
    """Return the assignment that a notebook's name, or else one of the folders above it, speaks of.

    Raises:
        UserError: none or several.
    """
    names = list(course.assignments)
    folders = notebook.absolute().parents[:FOLDERS_LOOKED_AT]
    for text in (notebook.stem, *(folder.name for folder in folders)):
        named = [name for name in names if _letters(name) in _letters(text)]
        longest = max(named, key=len, default="")
        if longest and all(_letters(name) in _letters(longest) for name in named):
            return longest
    raise UserError(
        f"{notebook}: its name does not say which assignment it is.",
        f"Add -a NAME; there are: {', '.join(names) or 'none'}.",
    )


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _grade(course: Course, assignment: Assignment, submission: Submission, device: str) -> Report:
    """Grade in this process, with a sign of life on a terminal."""
    console = open_console(stderr=True)
    shown = console.status(f"Grading with {assignment.name}") if console.is_terminal else nullcontext()
    with shown:
        # loaded here: torch takes seconds, and a wrong argument should be answered at once
        from grader.grading import Grader  # noqa: PLC0415
        from grader.worker import choose_device  # noqa: PLC0415

        with Grader(course, device=choose_device(device)) as grader:
            return grader.grade(submission, assignment)
