"""What a check is, and how the checks of an assignment are loaded.

A check is a function whose name is the claim and whose docstring is the sentence that the student reads; see
docs/authoring.md for the arguments that it may ask for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from grader.model import Assignment

ARGUMENTS = ("student", "reference", "fresh", "notebook", "rng", "seed", "data", "device")
MARK = "__grader_check__"


@dataclass(frozen=True)
class Check:
    """One claim about a submission, worth points."""

    name: str
    task: str
    points: float
    reveal: bool
    """Whether messages may show expected values and thresholds."""
    sentence: str
    arguments: tuple[str, ...]
    function: Callable[..., None]


def check(task: str, points: float, *, reveal: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a function to be a check of `task` that is worth `points`."""

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        setattr(function, MARK, (task, points, reveal))
        return function

    return mark


def load_checks(assignment: Assignment) -> tuple[Check, ...]:
    """Return the checks of `solutions/NAME/checks.py` in the order in which they stand there.

    Raises:
        CourseError: the file cannot be imported, or its checks are not sound; lists every problem.
    """
    path = assignment.solution / "checks.py"
    module = _import(path, assignment.name)
    checks = [_read(value) for value in vars(module).values() if hasattr(value, MARK)]
    problems = [problem for found in checks for problem in _problems(found, assignment, path)]
    if not checks:
        problems.append(f"{path}: declares no check. Mark each with @check(task=..., points=...).")
    problems += _wrong_sums(checks, assignment, path)
    if problems:
        raise CourseError(problems)
    return tuple(checks)


def _import(path: Path, name: str) -> ModuleType:
    """Import a checks.py from where it is, under a name of its own, without leaving bytecode beside it."""
    unique = f"grader_checks_{name}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(unique, path)
    if spec is None or spec.loader is None:
        raise CourseError([f"{path}: cannot be imported."])
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = _line_in(error, path)
        raise CourseError([f"{path}:{line}: {type(error).__name__}: {error}"]) from error
    return module


def _line_in(error: BaseException, path: Path) -> int:
    """Return the last line of `path` in the traceback of an error."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    line, step = 0, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            line = step.tb_lineno
        step = step.tb_next
    return line


def _read(function: Any) -> Check:
    task, points, reveal = getattr(function, MARK)
    return Check(
        name=function.__name__,
        task=task,
        points=points,
        reveal=reveal,
        sentence=" ".join((inspect.getdoc(function) or "").split()),
        arguments=tuple(inspect.signature(function).parameters),
        function=function,
    )


def _problems(found: Check, assignment: Assignment, path: Path) -> list[str]:
    where = f"{path}:{found.function.__code__.co_firstlineno}: check {found.name}"
    tasks = [task.name for task in assignment.tasks]
    problems = [
        f"{where}: unknown argument {name!r}; known: {', '.join(ARGUMENTS)}."
        for name in found.arguments
        if name not in ARGUMENTS
    ]
    if found.task not in tasks:
        problems.append(f"{where}: unknown task {found.task!r}; assignment.toml has: {', '.join(tasks)}.")
    if not found.sentence:
        problems.append(f"{where}: has no docstring, which is the sentence that students read.")
    if not isinstance(found.points, (int, float)) or found.points <= 0:
        problems.append(f"{where}: points must be a number above zero.")
    return problems


def _wrong_sums(checks: list[Check], assignment: Assignment, path: Path) -> list[str]:
    """Return a problem for each task whose points are not the sum of its checks' points."""
    problems = []
    for task in assignment.tasks:
        total = sum(found.points for found in checks if found.task == task.name)
        if abs(total - task.points) > 1e-9:  # noqa: PLR2004 -- points such as 0.1 do not add up exactly
            problems.append(
                f"{path}: the checks of task {task.name!r} are worth {total:g} points, "
                f"assignment.toml says {task.points:g}."
            )
    return problems
