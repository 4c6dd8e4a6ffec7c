"""One report as one HTML page, and the templates that both pages share."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.feedback.cells import open_notebook, view_cells
from grader.feedback.markup import mark_names
from grader.feedback.steps import find_next_step
from grader.feedback.tasks import view_tasks
from grader.feedback.text import clean, shorten
from grader.files import bundled

if TYPE_CHECKING:
    from grader.model import Report

MINUTE = 60
EN_DASH = "\N{EN DASH}"


def render_report(report: Report) -> str:
    """Return the feedback of one report as a self-contained HTML page, which can be encoded as UTF-8."""
    notebook = open_notebook(report)
    tasks = view_tasks(report, notebook)
    step = find_next_step(report, tasks)
    cells = view_cells(notebook)
    page = load_templates().get_template("report.html")
    return page.render(report=report, tasks=tasks, step=step, cells=cells)


@cache
def load_templates() -> Environment:
    """Return the templates; every value that they show is escaped and free of unprintable characters."""
    environment = Environment(
        loader=FileSystemLoader(bundled("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "duration": format_duration,
        "moment": format_moment,
        "names": mark_names,
        "points": format_points,
        "short": shorten,
    }
    return environment


def format_points(points: float | None) -> str:
    """Return points without needless zeros, a dash for None."""
    return EN_DASH if points is None else f"{round(points, 2):g}"


def format_duration(seconds: float) -> str:
    """Return a time that is easy to read: `under 0.1 s`, `0.4 s`, `12 s`, `2 min 5 s`."""
    if seconds < 0.05:  # noqa: PLR2004 -- would read 0.0
        return "under 0.1 s"
    if seconds < 10:  # noqa: PLR2004 -- one digit more where it tells something
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def format_moment(text: object) -> str:
    """Return an ISO 8601 time as a date and a time of day, any other text as it is."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return shorten(text, 60)
    zone = f" {moment:%Z}" if moment.tzinfo else ""
    return f"{moment.day} {moment:%B %Y, %H:%M}{zone}"


def _finalize(value: Any) -> Any:
    if isinstance(value, Markup):
        return Markup(clean(value))  # noqa: S704 -- takes characters away, adds no markup
    return clean(value) if isinstance(value, str) else value
