"""The tables of the store. A change that an older program would misread raises `grader.store.SCHEMA`."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Tables(DeclarativeBase):
    """All tables."""


class Setting(Tables):
    """What the output folder is about: `assignment` and `title`."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Attempt(Tables):
    """One attempt; never changed, never deleted."""

    __tablename__ = "attempts"
    __table_args__ = (Index("by_submission", "sha256", "student", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student: Mapped[str]
    file: Mapped[str]
    sha256: Mapped[str]
    """Empty when the file could not be read at all."""
    assignment: Mapped[str]
    digest: Mapped[str]
    """Of the assignment."""
    state: Mapped[str]
    earned: Mapped[float | None] = mapped_column(default=None)
    possible: Mapped[float | None] = mapped_column(default=None)
    seconds: Mapped[float | None] = mapped_column(default=None)
    reason: Mapped[str]
    saved: Mapped[str]
    """ISO 8601, UTC."""
    has_report: Mapped[bool] = mapped_column(default=False)
    report: Mapped[bytes | None] = mapped_column(deferred=True, default=None)
    """JSON, compressed with zlib; not loaded unless asked for."""


class Entry(Tables):
    """A submission of the class, as the last run found it."""

    __tablename__ = "class"

    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    student: Mapped[str]
    file: Mapped[str]
    submitted: Mapped[str | None]
    late: Mapped[bool]
    counts: Mapped[bool]
    sha256: Mapped[str] = mapped_column(default="")
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"), default=None)
    written_id: Mapped[int | None]
    """The attempt whose files lie in the output folder."""
