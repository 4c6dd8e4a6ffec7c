"""Every attempt and the list of a class, in one SQLite file of the output folder.

`attempts` only grows: no report is ever overwritten. `class` is the class as the last run found it, each submission
with the attempt that speaks for it. Either is changed in one transaction, so a killed run leaves both as they were.
"""

from __future__ import annotations

import json
import zlib
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL, create_engine, delete, event, func, select, update
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import Session

from grader.errors import OutputError
from grader.model import Outcome, Report, report_from_json
from grader.rows import Listed, Row, State
from grader.tables import Attempt, Entry, Setting, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Engine

NAME = "grades.db"
SCHEMA = 1
"""Version of the tables, raised when an older program would misread them."""
BUSY_SECONDS = 30
_APPLICATION = 0x47524144
"""SQLite's mark of whose file it is: `GRAD`."""
_OTHER_FOLDER = "Choose another output folder with -o."
_WHAT_HELPS = {
    "SQLITE_FULL": ("the disk is full", "Free some space and run it again: it goes on where it stopped."),
    "SQLITE_NOTADB": ("is not a database", _OTHER_FOLDER),
    "SQLITE_CORRUPT": ("is damaged", "Restore it from a backup, or choose another output folder with -o."),
    "SQLITE_READONLY": ("cannot be written", _OTHER_FOLDER),
    "SQLITE_CANTOPEN": ("cannot be opened", "Check the permissions of the folder, or choose another with -o."),
    "SQLITE_BUSY": ("is in use by another program", "Wait for it to end and run it again."),
}


class Store:
    """The attempts and the class of one output folder, which is about one assignment."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open the store in the file `path`; `create` makes one where there is none.

        Raises:
            OutputError: it cannot be opened or written, is no store, or one of another version.
        """
        if not create and not path.is_file():
            raise OutputError(f"{path}: there is no such file.", "Give the output folder of `grade batch`.")
        engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare)
        store = cls(engine, path)
        try:
            with store._explained():
                store._claim()
        except OutputError:
            engine.dispose()
            raise
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    @property
    def assignment(self) -> tuple[str, str]:
        """Name and title of the assignment; empty before the first list."""
        with self._reading() as session:
            settings = {each.name: each.value for each in session.scalars(select(Setting))}
        return settings.get("assignment", ""), settings.get("title", "")

    def list_class(self, found: Iterable[Listed], assignment: str, title: str) -> None:
        """Make `found` the class. Attempts are kept, and so is what is known of the files of the same key.

        Raises:
            OutputError: the folder is about another assignment, or cannot be written.
        """
        known, _ = self.assignment
        if known not in ("", assignment):
            raise OutputError(f"{self._path.parent}: holds the class of {known}, not of {assignment}.", _OTHER_FOLDER)
        with self._writing() as session:
            session.merge(Setting(name="assignment", value=assignment))
            session.merge(Setting(name="title", value=title))
            written = {entry.key: entry.written_id for entry in session.scalars(select(Entry))}
            session.execute(delete(Entry))
            session.expunge_all()
            session.add_all(_entry(each, place, written.get(each.key)) for place, each in enumerate(found))

    def finished(self, student: str, sha256: str, digest: str) -> int | None:
        """Return the last finished attempt at a submission, None when it has to be graded.

        An attempt is finished when it has a score, or when the file can never have one because it is no notebook.
        """
        same = (Attempt.sha256 == sha256, Attempt.student == student, Attempt.digest == digest)
        ended = Attempt.state.in_((State.GRADED.value, State.UNREADABLE.value))
        with self._reading() as session:
            return session.scalar(select(func.max(Attempt.id)).where(*same, ended))

    def save(self, found: Listed, report: Report) -> Row:
        """Save the report of an attempt, and list it as the one that speaks for its submission."""
        state = State.NEEDS_PERSON if report.score is None else State.GRADED
        attempt = Attempt(
            **_described(found, str(report.submission["sha256"]), report.assignment, report.assignment_digest),
            state=state.value,
            earned=None if report.score is None else report.score.earned,
            possible=None if report.score is None else report.score.possible,
            seconds=report.attempt.seconds,
            reason=_why(report),
            has_report=True,
            report=zlib.compress(json.dumps(report.to_json()).encode()),
        )
        return self._add(found, attempt)

    def save_reason(self, found: Listed, sha256: str, digest: str, state: State, reason: str) -> Row:
        """Save an attempt that gave no report: an unreadable file, or a fault of ours."""
        known, _ = self.assignment
        attempt = Attempt(**_described(found, sha256, known, digest), state=state.value, reason=reason)
        return self._add(found, attempt)

    def reuse(self, found: Listed, attempt: int) -> Row:
        """List an earlier attempt as the one that speaks for a submission."""
        with self._writing() as session:
            return self._link(session, found, session.get_one(Attempt, attempt))

    def mark_written(self, row: Row) -> None:
        """Note that the files in the output folder are those of the row's attempt."""
        with self._writing() as session:
            session.execute(update(Entry).where(Entry.key == row.key).values(written_id=row.attempt))

    def report(self, attempt: int) -> Report | None:
        """Return the report of an attempt, None for one that gave none."""
        with self._reading() as session:
            packed = session.scalar(select(Attempt.report).where(Attempt.id == attempt))
        return None if packed is None else report_from_json(json.loads(zlib.decompress(packed)))

    def latest(self) -> Iterator[Row]:
        """Yield the class in the order in which it was found, each submission with its latest attempt."""
        statement = select(Entry, Attempt).outerjoin(Attempt, Attempt.id == Entry.attempt_id)
        with self._reading() as session:
            for entry, attempt in session.execute(statement.order_by(Entry.position)).yield_per(500):
                yield _row(entry, attempt)

    def _add(self, found: Listed, attempt: Attempt) -> Row:
        with self._writing() as session:
            session.add(attempt)
            session.flush()
            return self._link(session, found, attempt)

    def _link(self, session: Session, found: Listed, attempt: Attempt) -> Row:
        entry = session.get_one(Entry, found.key)
        entry.attempt_id, entry.sha256 = attempt.id, attempt.sha256
        return _row(entry, attempt)

    def _claim(self) -> None:
        """Make the tables in a new file, and refuse a file of another program or version.

        Raises:
            OutputError: it is one of those.
        """
        with self._engine.begin() as connection:
            owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            is_new = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0
            if not is_new and owner != _APPLICATION:
                raise OutputError(f"{self._path}: belongs to another program.", _OTHER_FOLDER)
            if not is_new and version != SCHEMA:
                raise OutputError(
                    f"{self._path}: was written by another version of the grader "
                    f"(its tables have version {version}, these have {SCHEMA}).",
                    "Use that version, or choose another output folder with -o.",
                )
            if is_new:
                Tables.metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION}")
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._explained(), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._explained(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what is wrong with the file, where, and what to do next."""
        try:
            yield
        except DatabaseError as error:
            code = getattr(error.orig, "sqlite_errorname", "")
            what, todo = _explain(code) or (f"cannot be used: {error.orig}", _OTHER_FOLDER)
            raise OutputError(f"{self._path}: {what}.", todo) from error
        except SQLAlchemyError as error:
            raise OutputError(f"{self._path}: cannot be used: {error}.", _OTHER_FOLDER) from error


def _prepare(connection: Any, _: object) -> None:
    """Let readers read while a run writes, and keep what was committed even when the power fails."""
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _explain(code: str) -> tuple[str, str] | None:
    """Return what an error of SQLite means; `SQLITE_READONLY_DIRECTORY` is a kind of `SQLITE_READONLY`."""
    return next((found for name, found in _WHAT_HELPS.items() if code.startswith(name)), None)


def _entry(found: Listed, position: int, written: int | None) -> Entry:
    return Entry(
        key=found.key,
        position=position,
        student=found.student,
        file=found.file,
        submitted=found.submitted,
        late=found.late,
        counts=found.counts,
        written_id=written,
    )


def _described(found: Listed, sha256: str, assignment: str, digest: str) -> dict[str, Any]:
    return {
        "student": found.student,
        "file": found.file,
        "sha256": sha256,
        "assignment": assignment,
        "digest": digest,
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _row(entry: Entry, attempt: Attempt | None) -> Row:
    listed = Row(
        key=entry.key,
        student=entry.student,
        file=entry.file,
        submitted=entry.submitted,
        late=entry.late,
        counts=entry.counts,
        sha256=entry.sha256,
    )
    if attempt is None:
        return listed
    return replace(
        listed,
        state=State(attempt.state),
        earned=attempt.earned,
        possible=attempt.possible,
        reason=attempt.reason,
        seconds=attempt.seconds,
        attempt=attempt.id,
        has_report=attempt.has_report,
        written=attempt.id == entry.written_id,
    )


def _why(report: Report) -> str:
    """Return what went wrong on our side in a report without a score."""
    for result in report.results:
        if result.outcome is Outcome.GRADER_ERROR:
            return f"{result.check}: {result.message.get('detail') or 'the grader failed'}"
    return ""
