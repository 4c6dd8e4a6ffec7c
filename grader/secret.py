"""The secret of a course: seeds derived from it cannot be predicted by anyone who knows everything else."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from pathlib import Path

from grader.errors import UserError

VARIABLE = "GRADE_SECRET"
MIN_CHARACTERS = 16

_HEX = re.compile(r"[0-9a-f]{64}")


def find_secret(course: Path) -> bytes:
    """Return the secret of the course in the folder `course`; the first call draws it.

    It is what the environment's GRADE_SECRET says, else the text of COURSE/.grade/secret, else, where the
    course cannot be written, that of a file for this course below `$XDG_STATE_HOME/grade`.

    Raises:
        UserError: the secret is too short, damaged or not readable, or can be kept nowhere.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _check_given(given)
    state = _state_file(course)
    for path in (course / ".grade" / "secret", state):
        secret = _read(path) or _create(path)
        if secret:
            return secret
    raise UserError(
        f"{state}: the secret of the course can be kept neither here nor in {course}.",
        f"Set the environment variable {VARIABLE} to a random text, the same each time.",
    )


def _check_given(given: str) -> bytes:
    if len(given) < MIN_CHARACTERS:
        raise UserError(
            f"{VARIABLE} has {len(given)} characters; a secret needs at least {MIN_CHARACTERS}.",
            f'Draw one, for example: export {VARIABLE}="$(openssl rand -hex 32)"',
        )
    return given.encode("utf-8", "surrogateescape")


def _state_file(course: Path) -> Path:
    """Return where the secret is kept for a course that cannot be written: one file for each path."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    key = hashlib.sha256(os.fsencode(course.resolve())).hexdigest()[:32]
    return folder / "grade" / "secrets" / key


def _read(path: Path) -> bytes | None:
    """Return the secret in a file, None where there is none; one that cannot be read is not replaced."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read: {error.strerror}.", f"Make it readable to you, or set {VARIABLE}."
        ) from error
    except UnicodeDecodeError:
        text = ""
    if not _HEX.fullmatch(text):
        raise UserError(
            f"{path}: holds no secret (64 hexadecimal digits).",
            "Restore it, or delete it: another is drawn, and regrading uses other inputs.",
        )
    return text.encode("ascii")


def _create(path: Path) -> bytes | None:
    """Draw a secret and return what the file then holds; None where it cannot be written.

    The file is complete before it gets its name, and gets it only if no other process was faster.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".secret.", dir=path.parent)
    except OSError:
        return None
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(descriptor)
        _link(beside, path)
        _keep_out_of_git(path.parent)
    except OSError:
        return None
    finally:
        beside.unlink(missing_ok=True)
    return _read(path)


def _link(beside: Path, path: Path) -> None:
    """Give the file its name unless the name is taken."""
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return


def _keep_out_of_git(folder: Path) -> None:
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")
