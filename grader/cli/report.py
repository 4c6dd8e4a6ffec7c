"""`grade report`: a class that was graded, without grading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from grader.batch import write_class
from grader.cli.batch import print_summary
from grader.cli.console import MAX_LINE, open_console, points
from grader.names import printable
from grader.store import NAME, Store

if TYPE_CHECKING:
    from rich.console import Console

    from grader.rows import Row


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.pass_context
def report(context: click.Context, out: Path) -> None:
    """Show a class that was graded to OUT, and write its class page and gradebook again.

    Exit code: 0 all graded, 1 some are not, 2 OUT is no output folder of `grade batch`.
    """
    with Store.open(out / NAME, create=False) as store:
        _print_class(list(store.latest()), open_console())
        summary = write_class(out, store)
    print_summary(summary, out)
    context.exit(0 if summary.complete else 1)


def _print_class(rows: list[Row], console: Console) -> None:
    """Print a table on a terminal, tab-separated lines elsewhere."""
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(_cells(row)))
        return
    table = Table("student", "file", "points", "state", "why", box=None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in _cells(row)))
    console.print(table, soft_wrap=False)


def _cells(row: Row) -> tuple[str, ...]:
    score = "" if row.earned is None or row.possible is None else f"{points(row.earned)}/{points(row.possible)}"
    marks = [row.state.value, *(["late"] if row.late else []), *([] if row.counts else ["replaced by a later one"])]
    return printable(row.student), printable(row.file), score, ", ".join(marks), printable(row.reason, MAX_LINE)
