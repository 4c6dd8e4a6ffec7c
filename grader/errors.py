"""Every error of the grader, in one tree.

::

    GraderError
    ├── UserError                 a person's mistake: one or two lines, exit code 2
    │   ├── NotebookError         a file that cannot be read as a notebook
    │   ├── SubmissionsError      a folder or zip in which no submission is found
    │   ├── CourseError           an invalid course; carries every problem, with file and key
    │   └── OutputError           an output folder or file that cannot be written
    ├── CheckEnded                the end of one check before its last line; says how
    │   ├── Failed                a claim does not hold
    │   ├── PartlyEarned          a claim holds up to a threshold
    │   ├── MissingName           the notebook never defines a name
    │   ├── StudentRaised         the student's code raised
    │   ├── TimedOut              the student's code did not answer in time
    │   ├── OutOfMemory           the student's kernel was ended for its memory
    │   ├── KernelDied            the student's kernel is gone, or speaks no protocol
    │   └── NotReached            the kernel had ended before this check
    └── GraderFault               our fault: never a zero, never full marks; the attempt is repeated
        ├── KernelFault           a kernel could not be started or driven
        ├── ReferenceFault        the reference solution failed
        └── CheckFault            a check is wrong, not the submission
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Message = dict[str, Any]
"""What a report says about a check: `{"key": ..., ...}`, turned into a sentence by `grader.messages`."""


class GraderError(Exception):
    """Anything that the grader raises on purpose."""


class UserError(GraderError):
    """A mistake that its reader can mend: says what, where, and what to do next."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(f"{what}\n{todo}" if todo else what)
        self.what = what
        self.todo = todo


class NotebookError(UserError):
    """A file that cannot be read as a notebook."""


class SubmissionsError(UserError):
    """A folder or zip in which no submission is found."""


class OutputError(UserError):
    """An output folder or file that cannot be written."""


class CourseError(UserError):
    """An invalid course. `problems` lists all of them, each with file and key."""

    def __init__(self, problems: Sequence[str], todo: str = "") -> None:
        super().__init__("\n".join(problems), todo)
        self.problems = tuple(problems)


class CheckEnded(GraderError):
    """The end of one check before its last line; `message` is what the report says."""

    outcome: ClassVar[str]

    def __init__(self, message: Mapping[str, Any], hidden: Mapping[str, Any] | None = None) -> None:
        super().__init__(str(message.get("key", "")))
        self.message: Message = dict(message)
        self.hidden: Message = dict(hidden or {})
        """What only a check with `reveal=True` may add to the message: expected values, thresholds."""


class Failed(CheckEnded):
    """A claim of the check does not hold."""

    outcome = "failed"


class PartlyEarned(CheckEnded):
    """A claim holds up to a threshold that earns `points` of the check's points."""

    outcome = "partial"

    def __init__(self, points: float, message: Mapping[str, Any], hidden: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, hidden)
        self.points = points


class MissingName(CheckEnded):
    """The notebook never defines a name that the check needs."""

    outcome = "missing"


class StudentRaised(CheckEnded):
    """The student's code raised; the message holds type, text and frames mapped to cells."""

    outcome = "error"

    def __init__(self, message: Mapping[str, Any], mro: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.mro = tuple(mro)
        """Names of the exception's class and its parents, as the student's process gives them."""


class TimedOut(CheckEnded):
    """The student's code did not answer in time."""

    outcome = "timed_out"


class OutOfMemory(CheckEnded):
    """The student's kernel was ended for its memory."""

    outcome = "out_of_memory"


class KernelDied(CheckEnded):
    """The student's kernel is gone, or what it sends is no reply."""

    outcome = "kernel_died"


class NotReached(CheckEnded):
    """The student's kernel had ended before this check."""

    outcome = "not_reached"


class GraderFault(GraderError):
    """Our fault. The attempt is repeated; then a person looks at it. Never a score."""


class KernelFault(GraderFault):
    """A kernel could not be started or driven."""


class ReferenceFault(GraderFault):
    """The reference solution failed where it must not."""


class CheckFault(GraderFault):
    """A check is wrong: it raised something of its own, or used an argument that cannot travel."""
