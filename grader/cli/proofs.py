"""How `grade verify` shows its progress and its proofs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
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
    """Print a table of all claims, then how many hold."""
    table = Table("assignment", "claim", "holds", "why not")
    last = ""
    for proof in proofs:
        if last not in ("", proof.assignment):
            table.add_section()
        shown = "" if proof.assignment == last else proof.assignment
        holds = Text("yes", "green") if proof.held else Text("NO", "bold red")
        table.add_row(Text(shown), Text(proof.claim), holds, Text(proof.detail))
        last = proof.assignment
    console.print(table)
    held = sum(proof.held for proof in proofs)
    console.print(f"{held} of {len(proofs)} claims hold.", highlight=False)
