"""What a spreadsheet and other programs read: grades.csv of a class, and a report as strict JSON.

grades.csv is UTF-8 with a byte order mark: without one, Excel reads names as if they were in the code page of its
country, and 李伟 as 鏉庝紵. LibreOffice, pandas (`encoding="utf-8-sig"`) and learning-management systems accept it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from grader.names import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.model import Report
    from grader.rows import Row

GRADEBOOK = "grades.csv"
ENCODING = "utf-8-sig"
MAX_REASON = 500
COLUMNS = (
    "student",
    "file",
    "assignment",
    "earned",
    "possible",
    "percent",
    "state",
    "late",
    "submitted",
    "reason",
    "sha256",
    "counts",
)
_FORMULA = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
"""What makes a spreadsheet compute a cell instead of showing it; some do so for full-width signs too."""
_YES = {True: "yes", False: "no"}


def render_gradebook(rows: Iterable[Row], assignment: str) -> bytes:
    """Return grades.csv: a line for each submission, in the order of the rows, lines ended as RFC 4180 says.

    A submission without a score has empty points, never a zero. `counts` is `no` for all but the latest submission
    of a student.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_line(row, assignment) for row in rows)
    return text.getvalue().encode(ENCODING, "replace")


def render_json(report: Report) -> str:
    """Return a report as JSON that every reader accepts: infinite numbers and NaN as the words `inf` and `nan`."""
    return json.dumps(_strict(report.to_json()), ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _line(row: Row, assignment: str) -> list[str]:
    return [
        _text(row.student),
        _text(row.file),
        _text(assignment),
        _number(row.earned),
        _number(row.possible),
        _number(100 * row.earned / row.possible) if row.earned is not None and row.possible else "",
        row.state.value,
        _YES[row.late],
        _text(row.submitted or ""),
        _text(row.reason),
        row.sha256,
        _YES[row.counts],
    ]


def _text(value: str) -> str:
    """Return a text on one line that no spreadsheet takes for a formula."""
    shown = printable(value, MAX_REASON)
    return f"'{shown}" if value.startswith(_FORMULA) or shown.startswith(_FORMULA) else shown


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _strict(value: Any) -> Any:
    """Return a JSON value without what only Python calls JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strict(item) for item in value]
    return value
