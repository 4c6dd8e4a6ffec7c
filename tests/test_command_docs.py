"""docs/commands.md knows every command and option of the real command line."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from grader.cli import COMMANDS, grade

PAGE = (Path(__file__).parent.parent / "docs" / "commands.md").read_text(encoding="utf-8")
COMMAND_NAMES = list(COMMANDS)
HELP = {"-h", "--help"}


def commands():
    context = click.Context(grade)
    return {name: grade.get_command(context, name) for name in grade.list_commands(context)}


def options(command):
    """Return all spellings of a command's options."""
    parameters = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)} - HELP


def section(name):
    """Return the part of the page that tells of one command."""
    match = re.search(rf"^## grade {name}\b.*?(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    return match.group() if match else ""


def documented(text):
    """Return the options that stand in code font in a text."""
    return {word for code in re.findall(r"`([^`]*)`", text) for word in re.findall(r"(?<!\S)--?[a-z][a-z-]*", code)}


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_command_has_a_section(name):
    """Each command has a section that is headed by it."""
    assert section(name)


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_option_is_documented_with_its_command(name):
    """Each option stands in the section of its command; its short form may stand in the shared table instead."""
    here, shared = documented(section(name)), documented(PAGE[: PAGE.index("\n## ")])
    long = {option for option in options(commands()[name]) if option.startswith("--")}

    assert long <= here
    assert options(commands()[name]) <= here | shared


def test_options_of_the_group_are_documented():
    """What stands before the command is documented too."""
    assert options(grade) <= documented(PAGE[: PAGE.index("\n## ")])


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_no_option_is_documented_that_does_not_exist(name):
    """A section names no option that its command, or `grade` itself, does not have."""
    assert documented(section(name)) <= options(commands()[name]) | options(grade) | HELP


def test_no_command_is_documented_that_does_not_exist():
    """Every section is about a command that there is."""
    assert set(re.findall(r"^## grade (\w+)", PAGE, flags=re.MULTILINE)) == set(COMMAND_NAMES)


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_arguments_stand_in_the_heading(name):
    """The heading shows the arguments as the usage line does."""
    arguments = [p.make_metavar(click.Context(grade)) for p in commands()[name].params if isinstance(p, click.Argument)]

    assert section(name).splitlines()[0] == " ".join(["## grade", name, *arguments])
