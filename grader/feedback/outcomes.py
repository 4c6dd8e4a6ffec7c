"""How a page names an outcome: a word and the icon's name, so that colour says nothing alone."""

from __future__ import annotations

from dataclasses import dataclass

from grader.model import Outcome


@dataclass(frozen=True)
class Badge:
    """An outcome in a word, with the name of its icon, which is the CSS class of its colour too."""

    word: str
    icon: str


_WORDS = {
    Outcome.PASSED: "Passed",
    Outcome.PARTIAL: "Partly",
    Outcome.FAILED: "Failed",
    Outcome.MISSING: "Missing",
    Outcome.ERROR: "Raised an error",
    Outcome.TIMED_OUT: "Timed out",
    Outcome.OUT_OF_MEMORY: "Out of memory",
    Outcome.KERNEL_DIED: "Kernel ended",
    Outcome.NOT_REACHED: "Not reached",
    Outcome.GRADER_ERROR: "Needs a person",
}
_CELL_WORDS = {Outcome.PASSED: "Ran", Outcome.NOT_REACHED: "Not run"}
_KIND_WORDS = {"markdown": "Text", "raw": "Raw text", "code": "Empty"}


def badge_check(outcome: Outcome) -> Badge:
    """Return the badge of a check's outcome."""
    return Badge(_WORDS[outcome], outcome.value)


def badge_cell(outcome: Outcome | None, kind: str) -> Badge:
    """Return the badge of a cell's outcome; a cell without code has only a word."""
    if outcome is None:
        return Badge(_KIND_WORDS.get(kind, ""), "")
    return Badge(_CELL_WORDS.get(outcome, _WORDS[outcome]), outcome.value)
