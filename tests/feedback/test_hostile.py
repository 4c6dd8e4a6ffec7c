"""Nothing that a student writes becomes more than text and safe markup on a page."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_reports import EVERY_OUTCOME, Page, display, make_cell, make_png, make_report, stream

from grader.feedback import IndexRow, render_index, render_report
from grader.feedback.markup import render_markdown, sanitise_html
from grader.files import bundled
from grader.model import CellResult, Outcome, report_from_json

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"'><img src=x onerror=alert(1)>",
    "handler": '" onmouseover="alert(1)" x="',
    "style": "</style><script>alert(1)</script>",
    "title": "</title></pre></code><script>alert(1)</script>",
    "comment": "<!-- --><!--><script>alert(1)</script>",
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "javascript": "[x](javascript:alert(1)) <a href='javascript:alert(1)'>x</a>",
    "data": "[x](data:text/html,<script>alert(1)</script>) <iframe src='data:text/html,x'></iframe>",
    "foreign": "![x](https://evil.example/x.png) <img src=//evil.example/x> <link rel=stylesheet href=//evil.example>",
    "form": "<form action=https://evil.example><input name=password></form><base href=//evil.example>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "css": "<p style='background:url(https://evil.example)' class=score id=checks>x</p><style>*{display:none}</style>",
    "template": "{{ 7 * 7 }}{% include 'style.css' %}{# x #}",
    "bidi": "a\u202egnp.exe\u2066\u2069",
    "controls": "a\x00b\x01\x07\x08\x0b\x0c\x1b[31m\x7f\x85\r\n",
    "surrogate": "a\ud800b\udfff\uffff",
    "backticks": "`<b onclick=x>` `",
    "long": "W" * 5_000,
}
ALLOWED_META = {"Content-Security-Policy"}
FORBIDDEN_TAGS = {"script", "iframe", "object", "embed", "form", "input", "base", "link", "math", "video", "audio"}
FIGURE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/]+=*")
FIXED = {"schema", "outcome", "key"}


def poison(value, attack, name=""):
    """Return JSON values with every text replaced by the attack, except those that the grader alone writes."""
    if isinstance(value, dict):
        return {key: poison(item, attack, key) for key, item in value.items()}
    if isinstance(value, list):
        return [poison(item, attack, name) for item in value]
    return attack if isinstance(value, str) and name not in FIXED else value


def poisoned_report(attack):
    """Return a report in which every text is the attack, in cells of all kinds and outputs of all types."""
    outputs = [
        stream(attack),
        stream(attack, "stderr"),
        {"output_type": "error", "ename": attack, "evalue": attack, "traceback": [attack, attack]},
        *(display(**{kind: attack}) for kind in ("text_html", "text_plain", "text_markdown", "text_latex")),
        *(display(**{kind: attack}) for kind in ("image_png", "image_svg_xml", "application_javascript")),
    ]
    report = report_from_json(poison(EVERY_OUTCOME.to_json(), attack))
    kinds = tuple(CellResult(index, kind, attack, None) for index, kind in enumerate(("markdown", "raw", "code")))
    error = {"type": attack, "message": attack, "frames": [{"cell": 3, "line": 1, "function": attack}]}
    broken = make_cell(*outputs, source=attack, index=3, outcome=Outcome.ERROR, error=error)
    tasks = tuple(replace(task, name=attack) for task in report.tasks[:1])
    return replace(report, cells=(*kinds, broken), tasks=tasks)


def assert_harmless(html):
    """Assert that a page runs nothing, loads nothing and leads nowhere else."""
    page = Page(html)
    names = {name for _, name, _ in page.attributes}

    html.encode("utf-8")
    assert not FORBIDDEN_TAGS & set(page.tags)
    assert page.tags.count("style") == page.tags.count("head") == page.tags.count("body") == 1
    assert not {name for name in names if name.startswith("on")}
    assert not {"style", "srcset", "action", "formaction", "background", "poster", "xlink:href", "data"} & names
    assert set(page.values("http-equiv")) <= ALLOWED_META
    assert all(FIGURE.fullmatch(value) for value in page.values("src"))
    assert not [value for value in page.values("href") if ":" in value or value.startswith(("/", "\\"))]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    assert len(page.values("id")) == len(set(page.values("id")))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_in_every_text_of_a_report_stays_text(attack):
    """Names, files, messages, sources, errors and outputs cannot add a script, an address or a style."""
    html = render_report(poisoned_report(attack))

    assert_harmless(html)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_in_every_text_of_a_class_stays_text(attack):
    """Students, files, reasons and paths of a batch cannot add a script, an address or a style."""
    row = IndexRow(attack, attack, 1, 2, attack, attack, late=True, counts=False, href=attack, seconds=1)

    assert_harmless(render_index([row, replace(row, state="graded")], attack))


def test_an_attack_is_shown_as_what_it_is():
    """Escaping loses nothing: the student reads the very text that they wrote."""
    page = Page(render_report(make_report(cells=[make_cell(stream(ATTACKS["script"]), source=ATTACKS["handler"])])))

    assert ATTACKS["script"] in page.text
    assert ATTACKS["handler"] in page.text


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "//evil.example/x", "\\\\evil.example", "https://evil.example"]
)
def test_a_link_of_the_class_page_stays_below_it(href):
    """A path can name neither a scheme nor a host."""
    link = IndexRow("Ada", "a.ipynb", 1, 2, "graded", href=href).link

    assert ":" not in link
    assert not link.startswith(("/", "\\"))


def test_the_page_forbids_scripts_and_foreign_requests():
    """A policy in the page itself denies everything but its own style and figures."""
    html = render_report(make_report())
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"

    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html


def test_the_style_loads_nothing():
    """The style sheet names no address, and it has nothing that a template would take for its own."""
    style = (bundled("templates") / "style.css").read_text()

    assert "url(" not in style
    assert "@import" not in style
    assert style.strip() in render_report(make_report())


def test_tables_of_html_output_are_kept_without_their_attributes():
    """A data frame's table stays a table; styles, classes, handlers and huge spans are gone."""
    html = (
        "<style>td{}</style><table class='dataframe' id='checks' border=1><tr onclick=x><th colspan=2>a</th>"
        "<td colspan=99999 style='color:red'>1</td></tr></table><a href='https://evil.example'>more</a>"
    )
    table = '<table><tbody><tr><th colspan="2">a</th><td>1</td></tr></tbody></table>more'

    assert sanitise_html(html) == table


def test_markdown_keeps_its_structure_but_no_address():
    """Headings stand below the page's own, tables are kept, links are their text, raw HTML is text."""
    html = render_markdown(
        "# One\n\n[site](https://evil.example) <b>x</b>\n\n|a|\n|-|\n|1|\n\n![i](https://evil.example)"
    )

    assert "<h4>One</h4>" in html
    assert "<td>1</td>" in html
    assert "&lt;b&gt;" in html
    assert "evil.example" not in html


def test_names_are_isolated_from_the_text_around_them():
    """A name in another direction cannot turn the words beside it around."""
    submission = {**EVERY_OUTCOME.submission, "student": "\u0645\u062d\u0645\u062f"}

    assert "<bdi>\u0645\u062d\u0645\u062f</bdi>" in render_report(make_report(submission=submission))


def test_a_long_name_is_shortened():
    """A name of 400 characters does not fill the screen."""
    page = Page(render_report(make_report(submission={**EVERY_OUTCOME.submission, "student": "N" * 400})))

    assert "N" * 199 + "…" in page.text
    assert "N" * 200 not in page.text


def test_a_normal_notebook_makes_a_small_page():
    """Thirty cells of code and text with ten figures of 20 kB stay below half a megabyte."""
    figure = base64.b64encode(base64.b64decode(make_png()) + b"\0" * 20_000).decode()
    code = "def f(x):\n    return x + 1  # one more\n" * 12
    cells = [make_cell(stream("loss 0.1\n" * 40), source=code, index=index) for index in range(20)]
    cells += [make_cell(display(image_png=figure), index=index) for index in range(20, 30)]

    assert len(render_report(make_report(cells=cells)).encode()) < 500_000


def test_sixty_figures_are_all_there_but_not_all_at_once():
    """Of many outputs the first ones are open and the others folded."""
    html = render_report(make_report(cells=[make_cell(*[display(image_png=make_png())] * 60)]))
    before, _, after = html.partition("48 more outputs")

    assert before.count("<img") == 12
    assert after.count("<img") == 48


def test_a_huge_traceback_neither_fills_the_page_nor_hides_the_error():
    """A text of megabytes is cut for the page; the exception's type stays readable."""
    error = {
        "type": "RecursionError",
        "message": "m" * 1_000_000,
        "frames": [{"cell": 0, "line": 1, "function": "f"}] * 20,
    }
    output = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["t" * 3_000_000]}
    html = render_report(make_report(cells=[make_cell(output, outcome=Outcome.ERROR, error=error)]))

    assert len(html) < 200_000
    assert "RecursionError" in html
    assert html.count("Cell 1, line 1") == 1


KEYS = ("output_type", "data", "text", "name", "ename", "evalue", "traceback", "image/png", "text/html", "text/plain")
WORDS = ("stream", "display_data", "execute_result", "error", "stdout", "stderr", "<b>x</b>", "\ud800", "iVBORw0KGgo=")
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    outputs=st.lists(st.dictionaries(st.sampled_from(KEYS), ODD, max_size=6) | ODD, max_size=4), error=ODD, message=ODD
)
def test_no_structure_of_outputs_or_errors_makes_a_page_fail(outputs, error, message):
    """Keys may be missing and values of any type: there is still a harmless page."""
    cell = make_cell(*outputs, outcome=Outcome.ERROR, error=error)
    result = replace(EVERY_OUTCOME.results[0], outcome=Outcome.FAILED)
    result = replace(result, message={"key": "raised", "frames": message, "type": message, "text": message})

    assert_harmless(render_report(make_report([result], cells=[cell])))
