"""Markdown, HTML and source code of a student as markup that is safe on a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from grader.feedback.text import clean, one_newline

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_STYLED = 20_000
MAX_MARKDOWN, MAX_BRACKETS = 10_000, 1_000
"""Longer texts are shown as they are: markdown and highlighting can take quadratic time on purpose-made input."""
MAX_HTML, MAX_TAGS = 100_000, 4_000
"""HTML that is longer, or that may be nested deeper, is left out: sanitising takes quadratic time by its depth."""

INLINE = {"b", "br", "code", "del", "em", "i", "kbd", "s", "small", "span", "strong", "sub", "sup", "u"}
BLOCKS = {"blockquote", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "ul"}
TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
HEADINGS = {"h4", "h5", "h6"}
DROPPED_WITH_CONTENT = {"iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"}
SPANS = {"colspan", "rowspan"}
SMALL_NUMBER = re.compile(r"[1-9][0-9]?")

_LEXER = PythonLexer(stripnl=False, ensurenl=False)
_FORMATTER = HtmlFormatter(nowrap=True)


def _make_markdown() -> MarkdownIt:
    """Return a parser that makes no HTML of its input's and no images, and whose headings stand below the page's."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")

    def lower_headings(state: object) -> None:
        for token in getattr(state, "tokens", ()):
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(6, int(token.tag[1]) + 3)}"

    parser.core.ruler.push("lower_headings", lower_headings)
    return parser


_MARKDOWN = _make_markdown()


def render_markdown(source: str) -> Markup:
    """Return a markdown cell as HTML without links, images or raw HTML; a very long one as plain text."""
    if len(source) > MAX_MARKDOWN or source.count("[") > MAX_BRACKETS:
        return Markup("<pre>{}</pre>").format(clean(source))
    return _sanitise(_MARKDOWN.render(clean(one_newline(source))), INLINE | BLOCKS | TABLES | HEADINGS)


def sanitise_html(html: str) -> Markup | None:
    """Return HTML that a cell displayed: text, lists and tables of it; None when it is too long to be shown."""
    if len(html) > MAX_HTML or html.count("<") > MAX_TAGS:
        return None
    return _sanitise(clean(one_newline(html)), INLINE | BLOCKS | TABLES)


def _sanitise(html: str, tags: set[str]) -> Markup:
    """Return HTML with nothing but these tags: no address, no style, no class, no id, no handler."""
    safe = nh3.clean(
        html,
        tags=tags,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes={"td": SPANS, "th": SPANS},
        attribute_filter=_keep_small_spans,
        url_schemes=set(),
        link_rel=None,
    )
    return Markup(safe)  # noqa: S704 -- sanitised in the lines above


def _keep_small_spans(_tag: str, _attribute: str, value: str) -> str | None:
    return value if SMALL_NUMBER.fullmatch(value) else None


def highlight_lines(source: str, *, styled: bool = True) -> list[Markup]:
    """Return Python source as one piece of markup per line."""
    source = clean(one_newline(source))
    if not styled or len(source) > MAX_STYLED:
        return [escape(line) for line in source.split("\n")]
    html = highlight(source, _LEXER, _FORMATTER)
    lines = html.split("\n")[: source.count("\n") + 1]  # the formatter ends the last line too
    return [Markup(line) for line in lines]  # noqa: S704 -- escaped by pygments


def mark_names(text: str) -> Markup:
    """Return a sentence with what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    kinds: tuple[Callable[[str], Markup], ...] = (escape, Markup("<code>{}</code>").format)
    return Markup().join(kinds[position % 2](part) for position, part in enumerate(parts))
