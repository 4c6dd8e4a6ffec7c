"""The words of the system as frozen records: assignment, submission, report and what they are made of.

Everything that is shown or sent is a view of a `Report`; a report read back from JSON equals the one written.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.errors import Message

SCHEMA = 1
"""Version of the report's JSON, raised when a reader of the old one would misread the new one."""


class Outcome(Enum):
    """How a check or a cell ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    MISSING = "missing"
    ERROR = "error"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    KERNEL_DIED = "kernel_died"
    NOT_REACHED = "not_reached"
    GRADER_ERROR = "grader_error"


@dataclass(frozen=True)
class Limits:
    """What one attempt may use; every field has its unit in its name."""

    seconds: float = 120.0
    """All cells of the notebook together."""
    cell_seconds: float = 60.0
    """One cell."""
    check_seconds: float = 30.0
    """One check, all its requests together."""
    memory_mb: int = 2048
    disk_mb: int = 128
    processes: int = 32
    output_kb: int = 1024
    """Text and figures of the whole notebook; what goes beyond is cut and said so."""
    threads: int = 1
    """Threads of torch and the linear algebra libraries."""


@dataclass(frozen=True)
class Task:
    """A numbered part of an assignment."""

    name: str
    title: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """What students may know of an assignment: everything in `assignments/NAME/`."""

    name: str
    title: str
    tasks: tuple[Task, ...]
    limits: Limits
    device: str
    """`"cpu"`, or `"any"` when the notebook may use CUDA where there is one."""
    files: Mapping[str, Path]
    """Data in the student's working folder: name there (`datasets/train-images.idx3-ubyte`) to source.
    A source ending in `.gz` whose name does not is unpacked."""
    folder: Path
    """`assignments/NAME`."""
    solution: Path
    """`solutions/NAME`: solution.ipynb, checks.py, mistakes/, data/. Never readable by a student's process."""
    digest: str
    """SHA-256 over everything that can change a score: toml, checks, solution, hidden data, files."""

    @property
    def points(self) -> float:
        """All points of the assignment."""
        return sum(task.points for task in self.tasks)


@dataclass(frozen=True)
class Cell:
    """One cell of a submitted notebook, as it was in the file."""

    index: int
    kind: str
    """`"code"`, `"markdown"` or `"raw"`."""
    source: str


@dataclass(frozen=True)
class Submission:
    """One student's notebook file, identified by its SHA-256. Every text in it is hostile input."""

    path: Path
    sha256: str
    cells: tuple[Cell, ...]
    student: str = ""
    file: str = ""
    """Name to show: the path inside the folder or zip it came in."""
    submitted: str | None = None
    """ISO 8601 time of handing in, where the source says one."""
    late: bool = False


@dataclass(frozen=True)
class AttemptInfo:
    """The circumstances of one attempt."""

    seed: int
    device: str
    isolation: str
    started: str
    """ISO 8601, UTC."""
    seconds: float
    versions: dict[str, str]


@dataclass(frozen=True)
class Score:
    """Points earned of points possible."""

    earned: float
    possible: float


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    check: str
    task: str
    sentence: str
    """The check's docstring: what the student reads."""
    outcome: Outcome
    earned: float
    possible: float
    message: Message = field(default_factory=dict)
    """`{"key": ..., ...}`; `grader.messages.sentence` turns it into words. Empty when passed."""
    mistake: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class CellResult:
    """What became of one cell. `outcome` is None for cells that hold no code."""

    index: int
    kind: str
    source: str
    outcome: Outcome | None
    seconds: float = 0.0
    error: dict[str, Any] | None = None
    """`{"type", "message", "frames": [{"cell": int | None, "line": int, "function": str}]}`."""
    outputs: tuple[dict[str, Any], ...] = ()
    """nbformat 4 outputs (stream, display_data, execute_result, error), cut at the output limit."""
    cut: bool = False
    """Whether outputs were left out because of the output limit."""


@dataclass(frozen=True)
class Report:
    """The record of an attempt. `score` is None when any result is a `grader_error`."""

    assignment: str
    title: str
    assignment_digest: str
    submission: dict[str, Any]
    """`{"sha256", "file", "student", "submitted", "late"}`."""
    attempt: AttemptInfo
    tasks: tuple[Task, ...]
    score: Score | None
    results: tuple[CheckResult, ...]
    cells: tuple[CellResult, ...]
    schema: int = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values; `report_from_json` reads them back."""
        data: dict[str, Any] = plain(asdict(self))
        return data


def report_from_json(data: Mapping[str, Any]) -> Report:
    """Return the report that `Report.to_json` wrote.

    Raises:
        ValueError: the data is of another schema version.
    """
    if data.get("schema") != SCHEMA:
        raise ValueError(f"a report of schema {data.get('schema')!r} cannot be read; this version reads {SCHEMA}")
    score = data["score"]
    return Report(
        assignment=data["assignment"],
        title=data["title"],
        assignment_digest=data["assignment_digest"],
        submission=dict(data["submission"]),
        attempt=AttemptInfo(**data["attempt"]),
        tasks=tuple(Task(**task) for task in data["tasks"]),
        score=None if score is None else Score(**score),
        results=tuple(CheckResult(**{**row, "outcome": Outcome(row["outcome"])}) for row in data["results"]),
        cells=tuple(_cell_result(row) for row in data["cells"]),
    )


def _cell_result(row: Mapping[str, Any]) -> CellResult:
    outcome = row["outcome"]
    return CellResult(
        **{
            **row,
            "outcome": None if outcome is None else Outcome(outcome),
            "outputs": tuple(row["outputs"]),
        }
    )


def plain(value: Any) -> Any:
    """Return `value` as what JSON has: no enum members, no tuples, no children of dict and list."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
