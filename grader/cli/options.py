"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

course_option = click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the course; default: the working directory if it is one, else the bundled course.",
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where notebooks run whose assignment says `any`.",
)
