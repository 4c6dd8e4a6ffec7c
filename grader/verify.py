"""Proving assignments before students see them.

Each assignment is graded with notebooks whose score is known: its solution, its handout, a stub of zeros, and the
solution with one known mistake at a time. What comes out must be what the assignment says.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from grader.checks import load_checks
from grader.errors import CourseError, UserError
from grader.leaks import Secrets, find_secrets
from grader.messages import sentence
from grader.mistakes import Mistake, read_mistakes
from grader.model import Outcome
from grader.notebook import parse_notebook
from grader.release import build_handout, handout_path, is_current, notebook_bytes, read_solution
from grader.variants import replace_task, zero_stub
from grader.workers import Answer, Job, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.checks import Check
    from grader.course import Course
    from grader.model import Assignment, CellResult, CheckResult, Report, Submission

    Watch = Callable[[int, int, str], None]
    """Called with how many gradings are done, how many there are, and what was graded last."""

SOLUTION = "solution"
HANDOUT = "handout"
ZEROS = "zeros"
MISTAKE = "mistake "

_SHOWN = 300


@dataclass(frozen=True)
class Proof:
    """Whether one claim about an assignment holds."""

    assignment: str
    claim: str
    held: bool
    detail: str = ""
    """Why it does not hold, one reason a line."""


@dataclass(frozen=True)
class Variant:
    """A notebook whose score is known before it is graded."""

    assignment: str
    name: str
    data: bytes

    def load(self) -> Submission:
        """Return the notebook as if a student had handed it in."""
        return parse_notebook(self.data, f"{self.name}.ipynb")


@dataclass(frozen=True)
class Plan:
    """What is graded to prove one sound assignment."""

    assignment: Assignment
    checks: tuple[Check, ...]
    mistakes: tuple[Mistake, ...]
    secrets: Secrets
    variants: tuple[Variant, ...]


def verify(
    course: Course,
    names: Sequence[str] = (),
    *,
    jobs: int = 1,
    device: str = "auto",
    watch: Watch | None = None,
) -> tuple[Proof, ...]:
    """Prove the assignments called `names` (default: all) and return a proof for each claim.

    Raises:
        UserError: there is no assignment of such a name, or no such device.
        KernelFault: no worker process can be started.
    """
    wanted = tuple(dict.fromkeys(names)) or tuple(course.assignments)
    for name in wanted:
        with suppress(CourseError):
            course.assignment(name)
    plans = {name: _plan(course, name) for name in wanted}
    variants = [variant for plan in plans.values() if isinstance(plan, Plan) for variant in plan.variants]
    answers: dict[Variant, Answer] = {}
    with Pool(course.folder, jobs=min(jobs, max(1, len(variants))), device=device) as pool:
        for answer in pool.run(Job(variant, variant.assignment, page=True) for variant in variants):
            variant = cast("Variant", answer.job.source)
            answers[variant] = answer
            if watch:
                watch(len(answers), len(variants), f"{variant.assignment}: {variant.name}")
    return tuple(proof for name, plan in plans.items() for proof in _prove(name, plan, answers))


def _plan(course: Course, name: str) -> Plan | list[str]:
    """Return what is to be graded, or every problem that stands in the way."""
    try:
        assignment = course.assignment(name)
    except CourseError as error:
        return list(error.problems)
    problems: list[str] = []
    checks = _collect(load_checks, assignment, problems) or ()
    mistakes = _collect(read_mistakes, assignment, problems) or ()
    handout = _collect(build_handout, assignment, problems)
    problems += _unknown_checks(assignment, checks, mistakes) if checks else []
    if problems or handout is None:
        return problems
    solution = read_solution(assignment)
    notebooks = {
        SOLUTION: solution,
        HANDOUT: handout,
        ZEROS: zero_stub(handout, solution, assignment),
        **{MISTAKE + each.name: replace_task(solution, each.task, each.source) for each in mistakes},
    }
    variants = tuple(Variant(name, variant, notebook_bytes(made)) for variant, made in notebooks.items())
    return Plan(assignment, checks, mistakes, find_secrets(assignment, checks, mistakes), variants)


def _collect(read: Callable[[Assignment], Any], assignment: Assignment, problems: list[str]) -> Any:
    try:
        return read(assignment)
    except CourseError as error:
        problems += error.problems
    except UserError as error:
        problems.append(error.what)
    return None


def _unknown_checks(assignment: Assignment, checks: Sequence[Check], mistakes: Sequence[Mistake]) -> list[str]:
    known = [check.name for check in checks]
    return [
        f"solutions/{assignment.name}/mistakes/{mistake.name}.py: fails: there is no check `{name}`."
        for mistake in mistakes
        for name in mistake.fails
        if name not in known
    ]


def _prove(name: str, plan: Plan | list[str], answers: dict[Variant, Answer]) -> Iterator[Proof]:
    """Yield a proof for each claim about one assignment."""
    if not isinstance(plan, Plan):
        yield Proof(name, "its files are sound", held=False, detail="\n".join(plan))
        return
    found = {variant.name: answers[variant] for variant in plan.variants}
    claims = {
        "its files are sound": [],
        "the solution earns every point": _lost_points(found[SOLUTION]),
        "the handout is up to date": _stale(plan.assignment),
        "the handout earns nothing": _earned_points(found[HANDOUT]),
        "zeros earn nothing": _earned_points(found[ZEROS]),
        **{_claim(each): _unexpected(each, found[MISTAKE + each.name]) for each in plan.mistakes},
        "every check is failed by a mistake": _never_failed(plan, found),
        "the feedback gives nothing away": _leaks(plan.secrets, found),
    }
    for claim, reasons in claims.items():
        yield Proof(name, claim, held=not reasons, detail="\n".join(reasons))


def _claim(mistake: Mistake) -> str:
    return f"mistake {mistake.name} fails exactly its checks"


def _results(answer: Answer) -> tuple[CheckResult, ...]:
    return answer.report.results if answer.report else ()


def _faults(answer: Answer) -> list[str]:
    """Return why a grading says nothing about the assignment: our fault, in whole or in one check."""
    if answer.report is None:
        return [answer.fault or answer.unreadable]
    return [_how(result) for result in answer.report.results if result.outcome is Outcome.GRADER_ERROR]


def _lost_points(answer: Answer) -> list[str]:
    lost = [_how(result) for result in _results(answer) if _is_failed(result)]
    return _faults(answer) + lost


def _earned_points(answer: Answer) -> list[str]:
    return _faults(answer) + [_how(result) for result in _results(answer) if result.earned > 0]


def _stale(assignment: Assignment) -> list[str]:
    if is_current(assignment):
        return []
    state = "is not that of the solution" if handout_path(assignment).exists() else "is missing"
    return [f"assignments/{assignment.name}/handout.ipynb {state}; run `grade release {assignment.name}`."]


def _unexpected(mistake: Mistake, answer: Answer) -> list[str]:
    """Return how the failed checks differ from those that a mistake names."""
    results = _results(answer)
    passed = [_how(each) for each in results if each.check in mistake.fails and _is_passed(each)]
    failed = [_how(each) for each in results if each.check not in mistake.fails and _is_failed(each)]
    return _faults(answer) + passed + [f"fails too: {how}" for how in failed]


def _is_passed(result: CheckResult) -> bool:
    return result.outcome is Outcome.PASSED


def _is_failed(result: CheckResult) -> bool:
    """Return whether a check found something wrong; our own fault says nothing about the submission."""
    return result.outcome not in (Outcome.PASSED, Outcome.GRADER_ERROR)


def _never_failed(plan: Plan, found: dict[str, Answer]) -> list[str]:
    answers = [found[MISTAKE + mistake.name] for mistake in plan.mistakes]
    failed = {result.check for answer in answers for result in _results(answer) if _is_failed(result)}
    return [f"{check.name} is failed by none" for check in plan.checks if check.name not in failed]


def _leaks(secrets: Secrets, found: dict[str, Answer]) -> list[str]:
    """Return what the pages of all variants but the solution show that they must not."""
    solution = found[SOLUTION].report
    secrets = secrets.with_results(_own_text(solution.cells) if solution else "")
    return [
        reason
        for variant, answer in found.items()
        if variant != SOLUTION and answer.report is not None
        for reason in _shown_secrets(secrets, variant, answer, answer.report)
    ]


def _shown_secrets(secrets: Secrets, variant: str, answer: Answer, report: Report) -> list[str]:
    if answer.page is None:
        return [f"there is no feedback on {variant}: {answer.page_fault}"]
    shown = secrets.find_in(answer.page, _own_text(report.cells))
    return [f"the feedback on {variant} shows: {secret}" for secret in shown]


def _own_text(cells: Sequence[CellResult]) -> str:
    """Return what a student's notebook holds and prints."""
    printed = (_printed(output) for cell in cells for output in cell.outputs)
    return "\n".join([*(cell.source for cell in cells), *printed])


def _printed(output: dict[str, Any]) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(map(str, text))


def _how(result: CheckResult) -> str:
    """Return how a check ended, on one line."""
    why = result.message.get("detail") or sentence(result.message)
    text = f"{result.check}: {result.outcome.value}, {result.earned:g} of {result.possible:g}"
    return f"{text} ({' '.join(str(why).split())[:_SHOWN]})" if why else text
