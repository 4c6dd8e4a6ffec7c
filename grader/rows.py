"""A submission of a class, on one line: what the store keeps of it, and what gradebook and class page show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class State(Enum):
    """What is known about a submission."""

    GRADED = "graded"
    NEEDS_PERSON = "needs a person"
    UNREADABLE = "unreadable"
    PENDING = "not graded yet"


class Listed(Protocol):
    """What is kept of a submission that was found; `grader.intake.Found` says more about each."""

    @property
    def key(self) -> str:
        """Stem of its files, unique in the class."""
        ...

    @property
    def student(self) -> str:
        """Name to show."""
        ...

    @property
    def file(self) -> str:
        """Place to show."""
        ...

    @property
    def submitted(self) -> str | None:
        """Time of handing in."""
        ...

    @property
    def late(self) -> bool:
        """Whether it came late."""
        ...

    @property
    def counts(self) -> bool:
        """Whether it is its student's latest."""
        ...


@dataclass(frozen=True)
class Row:
    """One submission of the class, with the attempt that speaks for it."""

    key: str
    student: str
    file: str
    submitted: str | None
    late: bool
    counts: bool
    sha256: str
    state: State = State.PENDING
    earned: float | None = None
    possible: float | None = None
    reason: str = ""
    """Why there is no score."""
    seconds: float | None = None
    attempt: int | None = None
    has_report: bool = False
    written: bool = False
    """Whether the files in the output folder are those of the attempt."""

    @property
    def passed(self) -> bool:
        """Whether it earned every point."""
        return self.earned is not None and self.possible is not None and self.earned >= self.possible
