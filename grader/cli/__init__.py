"""The command line: arguments, a call, an exit code; nothing else.

====  ================================================================
code  meaning
====  ================================================================
0     done; everything was graded
1     done, but something needs a person, or a proof does not hold
2     usage or configuration, or files that cannot be read or written
70    a fault of the grader itself (`EX_SOFTWARE` of sysexits.h)
130   Ctrl-C
141   nobody reads the output any more (as if ended by SIGPIPE)
====  ================================================================

Commands are loaded when they are called, so that `grade --help` waits for neither torch nor rich.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click

from grader import __version__
from grader.errors import UserError
from grader.names import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE, FAULT, INTERRUPTED, BROKEN_PIPE = 2, 70, 130, 141
SETTINGS = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True)
class Entry:
    """Where a command is, and what `grade --help` says of it."""

    place: str
    """`module:function`."""
    help: str


COMMANDS = {
    "run": Entry("grader.cli.run:run", "Grade one notebook."),
    "batch": Entry("grader.cli.batch:batch", "Grade a class; a run that was stopped goes on where it was."),
    "report": Entry("grader.cli.report:report", "Show a class that was graded, without grading."),
    "verify": Entry("grader.cli.verify:verify", "Prove that assignments are sound."),
    "release": Entry("grader.cli.release:release", "Make the handouts that students get."),
    "doctor": Entry("grader.cli.doctor:doctor", "Say what this machine offers."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- likewise
        """Import a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, name = entry.place.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        command.context_settings = {**SETTINGS, **command.context_settings}
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- likewise
        """Write the table without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings=SETTINGS)
@click.version_option(__version__, prog_name="grade")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def grade() -> None:
    """Grade PyTorch course notebooks against a hidden reference solution."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    try:
        code = _invoke([*given])  # click empties the list
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- whatever it is, its reader gets a sentence and an exit code
        return _explain(error, given)
    return code


def _invoke(arguments: list[str]) -> int:
    """Call the command. Done by hand, as click's own way turns Ctrl-C and broken pipes into codes of its own."""
    try:
        with grade.make_context("grade", arguments) as context:
            grade.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return 0


def _explain(error: Exception, arguments: list[str]) -> int:
    """Say what went wrong and return the exit code."""
    if "--debug" in arguments:
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        error.show()
        return USAGE
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, UserError):
        _complain(str(error))
        return USAGE
    _complain(f"A fault of the grader itself: {type(error).__name__}: {error}")
    if "--debug" not in arguments:
        click.echo("To see where, put --debug first: grade --debug " + " ".join(arguments[:1]) + " ...", err=True)
    return FAULT


def _complain(text: str) -> None:

    for line in text.splitlines() or [""]:
        click.echo(printable(line, 2_000), err=True)


def _never_fail_to_encode(stream: TextIO | Any) -> None:
    """Write a name that the terminal's encoding lacks with escapes."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _discard(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush does not complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
