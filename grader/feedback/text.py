"""Text from a student's process, made fit for a page: printable, as a terminal would show it, folded when long."""

from __future__ import annotations

import re
from dataclasses import dataclass

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters except tab and newline
    "\u202a-\u202e\u2066-\u2069"  # bidirectional controls: text must not be shown in another order than it runs
    "\ud800-\udfff\ufffe\uffff]"  # lone surrogates and noncharacters, which UTF-8 or HTML do not have
)
ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # window titles and links
    r"|[ -/]*[0-~])"
)
SHOWN_LINES, SHOWN_CHARACTERS = 24, 4_000
SLACK_LINES = 6
"""A text that is longer than `SHOWN_LINES` by no more than this is not worth folding."""
MAX_CHARACTERS = 60_000
"""What of one text is on the page at all, folded part included."""


def clean(text: str) -> str:
    """Return text without characters that a page cannot hold or that would mislead its reader."""
    return UNPRINTABLE.sub(REPLACEMENT, text)


def join_lines(value: object) -> str:
    """Return a notebook's text, which is a string or a list of strings; anything else is empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return "".join(part for part in value if isinstance(part, str))
    return ""


def one_newline(text: str) -> str:
    """Return text whose lines end in a newline, as HTML and Python's tokenizer see them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def terminal_text(text: str) -> str:
    """Return what a terminal would show: no colours, and of a line that was overwritten its last state."""
    plain = ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n")
    return clean("\n".join(_last_state(line) for line in plain.split("\n")))


def _last_state(line: str) -> str:
    """Return what a progress bar left on its line."""
    return line.rstrip("\r").rpartition("\r")[2]


def shorten(text: object, length: int) -> str:
    """Return at most `length` characters of a text, an ellipsis included."""
    whole = str(text)
    return whole if len(whole) <= length else whole[: length - 1] + "…"


@dataclass(frozen=True)
class Folded:
    """A text whose first lines are shown at once and whose rest on demand."""

    head: str
    rest: str = ""
    more: str = ""
    """How much the rest is, in words."""
    cut: bool = False
    """Whether the end of the text is not on the page."""


def fold(text: str) -> Folded:
    """Return a text with its long tail folded away."""
    text = text.rstrip("\n")
    cut, text = len(text) > MAX_CHARACTERS, text[:MAX_CHARACTERS]
    lines = text.split("\n")
    if len(lines) <= SHOWN_LINES + SLACK_LINES and len(text) <= SHOWN_CHARACTERS:
        return Folded(text)
    head = "\n".join(lines[:SHOWN_LINES])[:SHOWN_CHARACTERS]
    rest = text[len(head) :].removeprefix("\n")
    number = rest.count("\n") + 1
    more = f"{number} more lines" if number > 1 else f"{len(rest)} more characters"
    return Folded(head, rest, more, cut)
