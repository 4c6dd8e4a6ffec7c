"""Writing files so that a reader never sees half of one, and finding what travels with the package."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.errors import OutputError

PACKAGE = Path(__file__).resolve().parent


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` beside `path`, then rename: a full disk or a kill leaves the old file.

    Raises:
        OutputError: the folder cannot be written or the disk is full.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}.", "Choose another folder.") from error
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}.", "Free some space or choose another folder."
        ) from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def bundled(name: str) -> Path:
    """Return a folder that travels with the package: `templates`, `assignments` or `solutions`.

    In a checkout they stand at its top level, in a wheel inside the package.
    """
    inside_wheel = PACKAGE / "bundled" / name
    return inside_wheel if inside_wheel.is_dir() else PACKAGE.parent / name
