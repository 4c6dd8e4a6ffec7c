"""What a page shows of the outputs of a cell."""

from __future__ import annotations

import base64
from xml.etree import ElementTree as ET

import pytest
from sample_reports import display, make_png, stream

from grader.feedback.figures import figure_address
from grader.feedback.markup import highlight_lines, mark_names
from grader.feedback.outputs import view_outputs
from grader.feedback.text import MAX_CHARACTERS, fold, terminal_text

SVG = "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg xmlns='http://www.w3.org/2000/svg'/>"


def encode(content):
    return base64.b64encode(content).decode()


def test_colours_of_a_terminal_are_taken_away():
    """Escape sequences for colours, titles and cursors leave the text alone."""
    assert terminal_text("\x1b[31mred\x1b[39;49m \x1b]0;title\x07\x1b[2Kend") == "red end"


def test_a_progress_bar_is_shown_as_it_ended():
    """Of a line that was overwritten only the last state is left."""
    assert terminal_text("\r 0%|\r 50%|#\r100%|##\ndone\r\n") == "100%|##\ndone\n"


def test_a_million_states_of_a_progress_bar_take_no_time():
    """Only the last state is looked at, however many there were."""
    assert terminal_text("x" * 500_000 + "\ry" * 500_000) == "y"


def test_pieces_of_a_stream_are_one_text():
    """Prints between the updates of a progress bar stay together, and so does the bar."""
    pieces = [stream("\r 0%", "stderr"), stream("loss 2\n"), stream("\r50%", "stderr"), stream("loss 1\n")]
    views = view_outputs(pieces)

    assert [(view.kind, view.text.head) for view in views] == [("stderr", "50%"), ("text", "loss 2\nloss 1")]


def test_text_may_be_a_list_of_lines():
    """Text is put together where a notebook has it as a list."""
    assert view_outputs([stream(["a\n", "b\n"])])[0].text.head == "a\nb"


def test_a_long_text_is_folded_and_nothing_of_it_is_lost():
    """The first lines are shown, the others follow on demand."""
    text = "\n".join(f"line {number}" for number in range(200))
    folded = fold(text)

    assert f"{folded.head}\n{folded.rest}" == text
    assert folded.more == f"{folded.rest.count(chr(10)) + 1} more lines"
    assert folded.head.count("\n") < 30


def test_a_long_line_is_folded_too():
    """A line of many characters is as long as many lines."""
    folded = fold("z" * 10_000)

    assert len(folded.head) + len(folded.rest) == 10_000
    assert folded.more == f"{len(folded.rest)} more characters"


def test_a_text_that_is_hardly_too_long_is_not_folded():
    """Nobody is asked to unfold two lines."""
    assert fold("\n".join("x" * 26)).rest == ""


def test_a_text_too_long_for_the_page_is_cut_and_says_so():
    """What is beyond the limit of one text is not on the page."""
    folded = fold("z" * (MAX_CHARACTERS + 1))

    assert len(folded.head) + len(folded.rest) == MAX_CHARACTERS
    assert folded.cut


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image/png", base64.b64decode(make_png())),
        ("image/jpeg", b"\xff\xd8\xff\xe0 a photograph"),
        ("image/gif", b"GIF89a\x02\x00\x02\x00 an animation"),
    ],
)
def test_a_figure_is_embedded_with_its_kind(kind, content):
    """A file that begins as its kind does is put into the page, bytes unchanged."""
    assert figure_address(kind, encode(content)) == f"data:{kind};base64,{encode(content)}"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("image/png", encode(b"<svg onload=alert(1)>")),
        ("image/png", encode(b"GIF89a\x02\x00\x02\x00")),
        ("image/jpeg", "not base64!"),
        ("image/gif", "R0lGODlh\ud800"),
        ("image/png", ""),
        ("image/png", None),
        ("image/png", {"a": 1}),
        ("image/svg+xml", "<html><script>alert(1)</script></html>"),
    ],
)
def test_a_figure_that_is_not_what_it_claims_is_left_out(kind, data):
    """A file with other first bytes, or that cannot be decoded, becomes a note."""
    output = {"output_type": "display_data", "data": {kind: data, "text/plain": "<Figure>"}, "metadata": {}}

    assert figure_address(kind, data) is None
    assert view_outputs([output])[0].kind == "note"


@pytest.mark.parametrize(
    ("kind", "data"),
    [("image/png", make_png(60_000, 60_000)), ("image/gif", encode(b"GIF89a\xff\xff\xff\xff"))],
)
def test_a_figure_that_would_unfold_to_gigabytes_is_left_out(kind, data):
    """A header that promises more pixels than a screen has is not handed to a browser."""
    assert figure_address(kind, data) is None


def test_an_svg_loses_what_stands_before_its_first_tag():
    """Entities and encodings are declared before the first tag; the picture is there as UTF-8."""
    content = base64.b64decode(figure_address("image/svg+xml", SVG).partition(",")[2])

    assert b"ENTITY" not in content
    assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_richest_safe_form_of_a_value_is_shown():
    """A figure goes before HTML, HTML before plain text; other types are ignored."""
    both = view_outputs([display(text_html="<b>x</b>", text_plain="x"), display(image_png=make_png(), text_plain="x")])

    assert [view.kind for view in both] == ["html", "figure"]
    assert view_outputs([display(application_json={"a": 1})]) == []


def test_html_without_any_text_gives_way_to_plain_text():
    """What was a script alone is shown as its plain text."""
    views = view_outputs([display(text_html="<script>draw()</script>", text_plain="<Chart>")])

    assert [(view.kind, view.text.head) for view in views] == [("text", "<Chart>")]


def test_html_that_is_too_long_is_left_out_with_a_note():
    """Megabytes of HTML become one sentence."""
    views = view_outputs([display(text_html="<p>x</p>" * 100_000), display(text_html="<b>" * 5_000 + "x")])

    assert [(view.kind, view.text.head) for view in views] == [("note", "HTML is left out: it is too long.")] * 2


def test_a_traceback_is_shown_without_colours():
    """The traceback of an error output is plain text; without one, type and text stand for it."""
    full = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["\x1b[31mCell In[1]\x1b[0m", "E: e"]}

    assert view_outputs([full])[0].text.head == "Cell In[1]\nE: e"
    assert view_outputs([{**full, "traceback": []}])[0].text.head == "E: e"


@pytest.mark.parametrize("source", ["", "a", "a\n", "\n\na\r\nb\rc", "'''\na\n'''\n\n", "def f(:\n  %time\n!ls"])
@pytest.mark.parametrize("styled", [True, False])
def test_highlighting_keeps_every_line(source, styled):
    """There are as many pieces of markup as lines, each with that line's text."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    assert [line.striptags() for line in highlight_lines(source, styled=styled)] == [line.strip() for line in lines]


def test_names_between_backticks_are_code():
    """A sentence's names are set as code, everything is escaped, and an odd backtick stays one."""
    assert mark_names("`w` < `b`") == "<code>w</code> &lt; <code>b</code>"
    assert mark_names("a ` b") == "a ` b"
