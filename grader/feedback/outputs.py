"""Outputs of a cell as views. They come from the student's kernel: any key may be missing or of any type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.feedback.figures import FIGURE_NAMES, figure_address
from grader.feedback.markup import render_markdown, sanitise_html
from grader.feedback.text import Folded, fold, join_lines, shorten, terminal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markupsafe import Markup

NO_TEXT = Folded("")


@dataclass(frozen=True)
class OutputView:
    """One output as the page shows it: `kind` says which of the other fields holds it."""

    kind: str
    """`"text"`, `"stderr"`, `"traceback"`, `"figure"`, `"html"` or `"note"`."""
    text: Folded = NO_TEXT
    address: str = ""
    """A figure's `data:` address."""
    html: Markup | None = None


def view_outputs(outputs: object) -> list[OutputView]:
    """Return the views of a cell's outputs; what cannot be shown safely is a note or nothing."""
    views: list[OutputView] = []
    streams: dict[str, list[str]] = {}
    for output in outputs if isinstance(outputs, (list, tuple)) else ():
        if not isinstance(output, dict):
            continue
        if output.get("output_type") == "stream":
            name = "stderr" if output.get("name") == "stderr" else "text"
            streams.setdefault(name, []).append(join_lines(output.get("text")))
            continue
        views += _view_streams(streams)
        streams = {}
        views += _view_other(output)
    return views + list(_view_streams(streams))


def _view_streams(streams: dict[str, list[str]]) -> Iterator[OutputView]:
    """Yield each stream's text as one block: a progress bar on stderr must not tear the printed lines apart."""
    for name, pieces in streams.items():
        text = terminal_text("".join(pieces))
        if text.strip():
            yield OutputView(name, fold(text))


def _view_other(output: dict[str, Any]) -> Iterable[OutputView]:
    kind = output.get("output_type")
    if kind == "error":
        return [_view_traceback(output)]
    data = output.get("data")
    if kind in ("display_data", "execute_result") and isinstance(data, dict):
        view = _view_data(data)
        return [] if view is None else [view]
    return []


def _view_traceback(output: dict[str, Any]) -> OutputView:
    lines = output.get("traceback")
    text = "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, (list, tuple)) else ""
    if not text.strip():
        text = f"{shorten(output.get('ename', ''), 200)}: {shorten(output.get('evalue', ''), 4000)}"
    return OutputView("traceback", fold(terminal_text(text)))


def _view_data(data: dict[str, Any]) -> OutputView | None:
    """Return the richest form that is safe to show: a figure, HTML, markdown, plain text."""
    kind = next((kind for kind in FIGURE_NAMES if kind in data), None)
    if kind is not None:
        address = figure_address(kind, data[kind])
        if address is None:
            return _note(f"A figure is left out: it is no sound {FIGURE_NAMES[kind]} file.")
        return OutputView("figure", address=address)
    return _view_markup(data) or _view_plain(data)


def _view_markup(data: dict[str, Any]) -> OutputView | None:
    html = join_lines(data.get("text/html"))
    if html.strip():
        safe = sanitise_html(html)
        return _note("HTML is left out: it is too long.") if safe is None else _shown_html(safe)
    markdown = join_lines(data.get("text/markdown"))
    return _shown_html(render_markdown(markdown)) if markdown.strip() else None


def _shown_html(html: Markup) -> OutputView | None:
    """Return a view of HTML, None when sanitising left no text of it."""
    return OutputView("html", html=html) if html.striptags().strip() else None


def _view_plain(data: dict[str, Any]) -> OutputView | None:
    text = terminal_text(join_lines(data.get("text/plain")))
    return OutputView("text", fold(text)) if text.strip() else None


def _note(text: str) -> OutputView:
    return OutputView("note", Folded(text))
