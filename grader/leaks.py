"""What feedback must never show: lines of the checks and the solution, long numbers in them, where they are kept."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from grader.release import build_handout, read_solution, solution_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.checks import Check
    from grader.mistakes import Mistake
    from grader.model import Assignment

MIN_LINE = 25
"""Shorter lines are found anywhere; this many characters in a row are no accident."""
MIN_DIGITS = 4
"""Numbers of fewer significant digits are found anywhere."""

_INLINE = {"span", "code", "a", "b", "i", "em", "strong", "mark"}
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Secrets:
    """What feedback on one assignment must not show, and what its students are told anyway."""

    lines: frozenset[str]
    numbers: frozenset[str]
    told: str
    """Handout, sentences of the checks, explanations of the mistakes."""

    def with_results(self, printed: str) -> Secrets:
        """Return these secrets and the long numbers in what the solution notebook prints: results to be found."""
        return replace(self, numbers=self.numbers | _long_numbers(printed))

    def find_in(self, page: str, own: str) -> list[str]:
        """Return the secrets that an HTML page shows to a student whose notebook holds the text `own`."""
        shown, known = _squeeze(_visible(page)), _squeeze(f"{self.told}\n{own}")
        lines = [line for line in self.lines if line in shown and line not in known]
        numbers = self.numbers & set(_NUMBER.findall(shown)) - set(_NUMBER.findall(known))
        return sorted(lines) + sorted(numbers)


def find_secrets(assignment: Assignment, checks: tuple[Check, ...], mistakes: tuple[Mistake, ...]) -> Secrets:
    """Return what feedback on an assignment must not show."""
    hidden = [*_code_lines((assignment.solution / "checks.py").read_text(encoding="utf-8"))]
    hidden += solution_lines(assignment)
    lines = {line for line in map(_squeeze, hidden) if len(line) >= MIN_LINE}
    return Secrets(
        lines=frozenset({*lines, str(assignment.solution)}),
        numbers=_long_numbers("\n".join(hidden)),
        told="\n".join(_told(assignment, checks, mistakes)),
    )


def _code_lines(source: str) -> Iterator[str]:
    """Yield the lines of a module without its docstrings, which students read."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.Module | ast.ClassDef) and ast.get_docstring(node):
            said = node.body[0]
            told.update(range(said.lineno, (said.end_lineno or said.lineno) + 1))
    for number, line in enumerate(source.splitlines(), start=1):
        if number not in told:
            yield line


def _long_numbers(text: str) -> frozenset[str]:
    return frozenset(number for number in _NUMBER.findall(text) if _digits(number) >= MIN_DIGITS)


def _digits(number: str) -> int:
    """Return how many significant digits a number is written with; those of round numbers do not count."""
    mantissa = re.split("e", number, flags=re.IGNORECASE)[0]
    return len(mantissa.replace(".", "").strip("0"))


def _told(assignment: Assignment, checks: tuple[Check, ...], mistakes: tuple[Mistake, ...]) -> Iterator[str]:
    yield assignment.title
    yield from (task.title for task in assignment.tasks)
    yield from (check.sentence for check in checks)
    for mistake in mistakes:
        yield from (mistake.title, mistake.explanation, mistake.zh)
    yield from (cell["source"] for cell in build_handout(assignment)["cells"])
    yield from (cell["source"] for cell in read_solution(assignment)["cells"] if cell["cell_type"] != "code")


def _squeeze(text: str) -> str:
    return " ".join(text.split())


class _Texts(HTMLParser):
    """Collects what a page holds: texts and attributes, apart from its style and embedded files."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self._skips = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skips = tag == "style"
        self.texts += [] if tag in _INLINE else ["\n"]
        self.attributes += [value for _, value in attrs if value and not value.startswith("data:")]

    def handle_endtag(self, tag: str) -> None:
        self._skips = False
        self.texts += [] if tag in _INLINE else ["\n"]

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.texts.append(data)


def _visible(page: str) -> str:
    """Return the texts and attributes of a page; highlighting does not tear lines of code apart."""
    parser = _Texts()
    parser.feed(page)
    parser.close()
    return "\n".join(["".join(parser.texts), *parser.attributes])
