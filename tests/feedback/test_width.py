"""Pages in a real browser, at the width of a phone."""

from __future__ import annotations

import html
import re
import shutil
import subprocess

import pytest
from sample_reports import EVERY_OUTCOME, display, make_cell, make_png, make_report, stream

from grader.feedback import IndexRow, render_index, render_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE_PIXELS = 360
LONG = "W" * 400
WIDE_TABLE = "<table><tr>" + "<td>123456789</td>" * 60 + "</tr></table>"

# A frame, because a headless window cannot be as narrow as a phone; the page itself still runs no script.
WRAPPER = """<iframe srcdoc="{page}" style="border:0;width:{width}px;height:800px"></iframe><p></p><script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument, root = page.documentElement;
  const pixels = root.scrollWidth - root.clientWidth;
  document.querySelector("p").textContent = `${{page.title}} overflows by ${{pixels}} pixels`;
}}
</script>"""

PAGES = {
    "every outcome": render_report(EVERY_OUTCOME),
    "long": render_report(
        make_report(
            cells=[
                make_cell(
                    stream(LONG * 20),
                    display(text_html=WIDE_TABLE),
                    display(image_png=make_png()),
                    source=f"x = '{LONG}'\n" * 3,
                    error={"type": LONG, "message": LONG, "frames": [{"cell": 0, "line": 1, "function": LONG}]},
                )
            ],
            title=LONG,
            submission={**EVERY_OUTCOME.submission, "student": LONG, "file": LONG, "late": True},
        )
    ),
    "class": render_index(
        [
            IndexRow(LONG, LONG, 10, 10, "graded", late=True, href="a.html", seconds=100),
            IndexRow("Ada", "a.ipynb", None, None, "unreadable", LONG, counts=False),
        ],
        LONG,
    ),
}


def measure_overflow(page, folder):
    """Return by how many pixels a page is wider than a frame of a phone's width."""
    wrapper = folder / "wrapper.html"
    wrapper.write_text(WRAPPER.format(page=html.escape(page), width=PHONE_PIXELS), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder / 'profile'}"]
    command = [CHROMIUM, *flags, "--dump-dom", wrapper.as_uri()]
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return int(re.search(r"<p>.+ overflows by (\d+) pixels</p>", dumped)[1])


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways_on_a_phone(name, tmp_path):
    """At 360 pixels long names, lines and tables wrap or scroll in their own box."""
    assert measure_overflow(PAGES[name], tmp_path) == 0


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
def test_the_measurement_sees_a_page_that_is_too_wide(tmp_path):
    """A box of 900 pixels is more than 500 pixels too wide."""
    page = PAGES["every outcome"].replace("<main>", '<main><div style="width:900px">x</div>')

    assert measure_overflow(page, tmp_path) > 500
