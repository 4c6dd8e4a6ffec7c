"""`grade` itself: help without waiting, exit codes, and one or two lines for every error."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import click
import pytest

from grader import cli
from grader.cli import BROKEN_PIPE, COMMANDS, FAULT, INTERRUPTED, USAGE, grade, main
from grader.errors import UserError

HEAVY = {"torch", "rich", "sqlalchemy", "numpy", "nbclient", "jinja2"}
CPU_SECONDS = 0.3


def start(*arguments, **options):
    """Run `grade` as a process of its own."""
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", **options)


@pytest.fixture
def raising(monkeypatch):
    """A function that makes `grade doctor` raise."""

    def make(error):
        @click.command()
        def doctor():
            raise error

        monkeypatch.setattr("grader.cli.doctor.doctor", doctor)

    return make


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(capsys, option):
    """Help names each command of the table with its sentence."""
    assert main([option]) == 0

    text = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert f"  {name}" in text
        assert entry.help.split(";")[0] in text


def test_help_waits_for_nothing_heavy():
    """`grade --help` imports neither torch nor rich nor SQLAlchemy, and needs at most 0.3 s of CPU."""
    program = f"""
import sys, json
from grader.cli import main
main(["--help"])
print(json.dumps(sorted({HEAVY!r} & set(sys.modules))))
"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert json.loads(ended.stdout.splitlines()[-1]) == []
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_SECONDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_an_exit_code(capsys, name):
    """The help of each command answers without torch and says what the exit codes mean."""
    assert main([name, "-h"]) == 0

    text = capsys.readouterr().out
    assert f"grade {name}" in text
    assert "Exit code:" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_and_the_commands_agree(name):
    """Each place in the table holds a command of that name."""
    command = grade.get_command(click.Context(grade), name)

    assert command.name == name


def test_version(capsys):
    """The version is printed."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"grade, version {cli.__version__}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["run"], ["batch", "x"], ["--nonsense"], ["doctor", "--x"]])
def test_wrong_usage_is_2(capsys, arguments):
    """A wrong command, option or a missing argument is said on stderr."""
    assert main(arguments) == USAGE

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error: " in captured.err


def test_a_mistake_of_its_user_is_two_lines(capsys, raising):
    """What is wrong and what to do, exit code 2, no traceback."""
    raising(UserError("x: is wrong.", "Mend it."))

    assert main(["doctor"]) == USAGE
    assert capsys.readouterr().err == "x: is wrong.\nMend it.\n"


def test_a_name_in_a_message_cannot_steer_the_terminal(capsys, raising):
    """Escape sequences and overrides of the writing direction are shown, not obeyed."""
    raising(UserError("a\x1b[2Jb\u202ec: is wrong."))

    main(["doctor"])

    assert capsys.readouterr().err == r"a\x1b[2Jb\u202ec: is wrong." + "\n"


def test_a_fault_of_ours_is_70_and_says_how_to_see_more(capsys, raising):
    """An unexpected exception is one sentence and a hint, without a traceback."""
    raising(ZeroDivisionError("in our code"))

    assert main(["doctor"]) == FAULT

    said = capsys.readouterr().err
    assert "ZeroDivisionError: in our code" in said
    assert "grade --debug doctor" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError("x"), FAULT), (UserError("x"), USAGE)])
def test_debug_shows_the_traceback(capsys, raising, error, code):
    """With --debug the traceback of any error comes first."""
    raising(error)

    assert main(["--debug", "doctor"]) == code
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130(capsys, raising):
    """Ctrl-C ends any command with one line."""
    raising(KeyboardInterrupt())

    assert main(["doctor"]) == INTERRUPTED
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_broken_pipe_is_silent():
    """When nobody reads the output any more, nothing is said about it."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "grader", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)

    assert (ended.returncode, ended.stderr) == (BROKEN_PIPE, b"")


def test_an_encoding_without_chinese_letters(tmp_path):
    """A name that the output's encoding lacks is written with escapes instead of ending in an error."""
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}

    ended = start("run", tmp_path / "李伟.ipynb", env=environment)

    assert ended.returncode == USAGE
    assert r"\u674e\u4f1f.ipynb: there is no such file." in ended.stderr
