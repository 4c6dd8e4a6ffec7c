"""Reading a notebook file that nobody vouches for, and what a check may ask of its source.

Only what grading needs is read: the kind and the source of each cell. Everything else in the file (kernel,
language, tags, ids, outputs, attachments, unknown keys) is ignored: nothing in it can switch anything off.
`nbformat` is not used: it takes ten times as long (0.3 s for 10,000 cells) and only warns of what it finds wrong.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import stat
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from grader.errors import NotebookError
from grader.model import Cell, Submission
from grader.names import clean_student, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 64 * 1024 * 1024
MAX_CELLS = 10_000
MAX_VALUES = 8_000_000
"""JSON of nothing but small values needs up to twenty times its size in memory: 64 MiB would be 1.4 GB."""
MAX_PARSED_CELL = 200_000
MAX_PARSED = 500_000
"""Characters of source turned into syntax trees; a tree can take a kilobyte for each character."""

_FORMAT = 4
_RESAVE = "Open it in Jupyter, save it again and hand in that file."
_CLEAR = "Clear all outputs in Jupyter, save, and hand in that file."
_CONVERT = "Convert it: `jupyter nbconvert --to notebook --nbformat 4 --inplace NOTEBOOK`, and hand that in."
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_notebook(path: Path, name: str | None = None) -> Submission:
    """Return the submission in the file `path`, called `name` in messages (default: the path).

    Raises:
        NotebookError: there is no such file, or it is no notebook that can be graded.
    """
    shown = str(path) if name is None else name
    return parse_notebook(read_file(path, shown), shown, path=path)


def read_file(path: Path, name: str, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file; a pipe or a device is never read, nor more than `limit`.

    Raises:
        NotebookError: it cannot be read or is larger.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        _reject(name, "there is no such file", "Check the path.")
    except (OSError, ValueError) as error:
        _reject(name, f"cannot be read: {_reason(error)}", "Check its name and permissions.")
    try:
        _check_file(os.fstat(descriptor), name, limit)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        _reject(name, f"cannot be read: {_reason(error)}", "Copy the file again.")
    finally:
        os.close(descriptor)
    if len(data) > limit:
        _reject_size(name, limit)
    return data


def _check_file(status: os.stat_result, name: str, limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        _reject(name, "is a folder, not a notebook", "Give a file in it, or use `grade batch` for the folder.")
    if not stat.S_ISREG(status.st_mode):
        _reject(name, "is no ordinary file", "Give a notebook file.")
    if status.st_size > limit:
        _reject_size(name, limit)


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "its name is not valid"


def parse_notebook(data: bytes, name: str, *, path: Path | None = None) -> Submission:
    """Return the submission that the file's bytes `data` hold; `name` is what messages call it.

    Raises:
        NotebookError: the bytes are no notebook that can be graded.
    """
    if len(data) > MAX_BYTES:
        _reject_size(name, MAX_BYTES)
    notebook = _parse_json(data, name)
    _check_format(notebook, name)
    cells = _read_cells(notebook, name)
    where = Path(name) if path is None else path
    return Submission(
        path=where,
        sha256=hashlib.sha256(data).hexdigest(),
        cells=cells,
        student=clean_student(where.stem),
        file=printable(where.name),
    )


def _parse_json(data: bytes, name: str) -> Any:
    if not data.strip(b" \t\r\n\0"):
        _reject(name, "the file is empty", _RESAVE)
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        _reject(name, f"holds more than {MAX_VALUES:,} values", _CLEAR)
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        _reject(name, f"is not UTF-8 text (byte {error.start})", _RESAVE)
    except json.JSONDecodeError as error:
        _reject(name, f"is not JSON (line {error.lineno}, column {error.colno})", _RESAVE)
    except RecursionError:
        _reject(name, "is JSON nested too deep to be a notebook", _RESAVE)
    except ValueError:
        _reject(name, "holds a number of thousands of digits", _RESAVE)


def _check_format(notebook: Any, name: str) -> None:
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _reject(name, "is JSON, but no notebook: it has no `nbformat`", _RESAVE)
    if version < _FORMAT:
        _reject(name, f"is in the old notebook format {version}, not {_FORMAT}", _CONVERT)
    if version > _FORMAT:
        _reject(name, f"is in notebook format {printable(str(version), 20)}, newer than {_FORMAT}", _CONVERT)


def _read_cells(notebook: dict[str, Any], name: str) -> tuple[Cell, ...]:
    rows = notebook.get("cells")
    if not isinstance(rows, list):
        _reject(name, "is no valid notebook: `cells` is no list", _RESAVE)
    if len(rows) > MAX_CELLS:
        _reject(name, f"has {len(rows):,} cells; at most {MAX_CELLS:,} are graded", "Delete the cells not needed.")
    cells = tuple(_read_cell(index, row, name) for index, row in enumerate(rows))
    if not any(cell.kind == "code" for cell in cells):
        _reject(name, "has no code cell", "Write your solution in code cells, save, and hand in that file.")
    return cells


def _read_cell(index: int, row: Any, name: str) -> Cell:
    """Return one cell; a kind that only a newer minor version knows is raw text."""
    if not isinstance(row, dict):
        _reject(name, f"is no valid notebook: cell {index + 1} is no object", _RESAVE)
    kind, source = row.get("cell_type"), row.get("source")
    if not isinstance(kind, str):
        _reject(name, f"is no valid notebook: cell {index + 1} has no `cell_type`", _RESAVE)
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        _reject(name, f"is no valid notebook: the `source` of cell {index + 1} is no text", _RESAVE)
    return Cell(index, kind if kind in {"code", "markdown"} else "raw", _clean_source(source))


def _clean_source(source: str) -> str:
    """Return `source` with Unix line ends, and without halves of characters that no encoder takes."""
    return _SURROGATE.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))


def _reject_size(name: str, limit: int) -> NoReturn:
    _reject(name, f"is larger than {limit // 2**20} MB", _CLEAR)


def _reject(name: str, what: str, todo: str) -> NoReturn:
    raise NotebookError(f"{printable(name)}: {what}.", todo) from None


@dataclass(frozen=True)
class NotebookSource:
    """What a check's argument `notebook` is: the student's source, never executed."""

    cells: tuple[Cell, ...]

    @cached_property
    def source(self) -> str:
        """All code cells, in order, a blank line between two."""
        return "\n\n".join(cell.source for cell in self.cells if cell.kind == "code")

    @cached_property
    def tree(self) -> ast.Module:
        """The statements of all code cells that parse, magics removed. Lines are counted within each cell."""
        body = [statement for statements in self._parsed.values() for statement in statements or ()]
        return ast.Module(body=body, type_ignores=[])

    @property
    def unread(self) -> tuple[int, ...]:
        """Code cells that are not in `tree`, by index: they are no Python, or too long to be looked at."""
        return tuple(index for index, statements in self._parsed.items() if statements is None)

    @cached_property
    def _parsed(self) -> dict[int, list[ast.stmt] | None]:
        parsed: dict[int, list[ast.stmt] | None] = {}
        left = MAX_PARSED
        for cell in self.cells:
            if cell.kind == "code":
                fits = len(cell.source) <= min(left, MAX_PARSED_CELL)
                left -= len(cell.source) if fits else 0
                parsed[cell.index] = _parse_cell(cell.source) if fits else None
        return parsed

    def calls(self, name: str) -> bool:
        """Return whether a function or method called `name` is called anywhere."""
        return name in self._called

    def mentions(self, name: str) -> bool:
        """Return whether `name` occurs as a variable, an attribute or an imported name."""
        return name in self._mentioned

    @cached_property
    def _called(self) -> frozenset[str]:
        functions = (node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return frozenset(name for function in functions for name in _names(function))

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        return frozenset(name for node in ast.walk(self.tree) for name in _names(node))


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names that one node itself holds."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.ImportFrom):
        yield from (node.module or "").split(".")
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
        yield node.asname or node.name


def _parse_cell(source: str) -> list[ast.stmt] | None:
    """Return the statements of a cell, None when it is no Python even without its magics."""
    statements = _parse(source)
    return _parse(_without_magics(source)) if statements is None else statements


def _parse(source: str) -> list[ast.stmt] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
_STATEMENT_MAGIC = re.compile(
    r"^([ \t]*)%(?:time|timeit|prun|memit)\b(?:[ \t]+-\w+(?:[ \t]+\d+\b)?)*[ \t]*(?=\S)", re.MULTILINE
)
_LINE_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+[ \t]*\?{1,2}[ \t]*)$", re.MULTILINE)
_ASSIGNED_MAGIC = re.compile(r"^([\w., \t\[\]]+=[ \t]*)[%!].*$", re.MULTILINE)
_PYTHON_CELLS = {"time", "timeit", "capture", "prun", "memit"}


def _without_magics(source: str) -> str:
    """Return `source` with IPython's magics replaced by nothing of effect; what `%time` runs is kept.

    Used only for cells that do not parse as they are, so that text in strings stays untouched elsewhere.
    """
    cell_magic = _CELL_MAGIC.match(source)
    if cell_magic:
        source = source[cell_magic.end() :] if cell_magic[1] in _PYTHON_CELLS else ""
    source = _STATEMENT_MAGIC.sub(r"\1", source)
    source = _ASSIGNED_MAGIC.sub(r"\1None", source)
    return _LINE_MAGIC.sub(r"\1pass", source)
