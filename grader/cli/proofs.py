"""How `grade verify` shows its progress and its proofs."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

import click
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from grader.verify import Proof, Watch


@contextmanager
def show_progress(console: Console) -> Iterator[Watch]:
    """Show a bar on a terminal and a line for each grading elsewhere."""
    if not console.is_terminal:
        yield lambda done, total, last: click.echo(f"{done}/{total} {last}", err=True)
        return
    text = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), text)
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("starting", total=None)
        yield lambda done, total, last: progress.update(bar, completed=done, total=total, description=last)


def print_proofs(console: Console, proofs: Sequence[Proof]) -> None:
    """Print a table of all claims, by assignment, then how many hold."""
    table = Table("holds", "claim", box=SIMPLE_HEAD)
    for name, claims in groupby(proofs, key=lambda proof: proof.assignment):
        table.add_row("", Text(name, "bold"))
        for proof in claims:
            holds = Text("yes", "green") if proof.held else Text("NO", "bold red")
            reasons = "".join(f"\n  {line}" for line in proof.detail.splitlines())
            table.add_row(holds, Text(proof.claim) + Text(reasons, "red"))
        table.add_section()
    console.print(table)
    held = sum(proof.held for proof in proofs)
    console.print(f"{held} of {len(proofs)} claims hold.", highlight=False)
