"""Reports that the tests of the feedback look at, and a reader of the pages made from them."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser

from grader.model import AttemptInfo, CellResult, CheckResult, Outcome, Report, Score, Task

TASKS = (Task("fit", "Fit a line", 6), Task("predict", "Predict heights", 4))
ATTEMPT = AttemptInfo(7, "cpu", "isolated", "2026-03-02T06:05:09+00:00", 4.218, {"python": "3.11.9", "torch": "2.13.0"})
SUBMISSION = {"sha256": "9f86d081" * 8, "file": "ada/line.ipynb", "student": "Ada", "submitted": None, "late": False}
FIT = "import torch\n\ndef fit(x, y):\n    return x @ y\n\nw = fit(1, 2)"
NAME_ERROR = {
    "type": "NameError",
    "message": "name 'predict' is not defined",
    "frames": [{"cell": 2, "line": 2, "function": "<cell line: 2>()"}],
}


def make_png(width=2, height=2):
    """Return a PNG in base64 whose header says this size."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * 2 for _ in range(2)))
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(content).decode()


def make_result(number=1, outcome=Outcome.PASSED, message=None, **changes):
    """Return what a check of 2 points found."""
    earned = 2.0 if outcome is Outcome.PASSED else 0.0
    result = CheckResult(f"check_{number}", "fit", f"Claim {number}: `fit` holds.", outcome, earned, 2.0, message or {})
    return replace(result, **changes)


def make_cell(*outputs, source="print(1)", index=0, **changes):
    """Return a code cell that ran and has these outputs."""
    return replace(CellResult(index, "code", source, Outcome.PASSED, 0.2, outputs=tuple(outputs)), **changes)


def make_report(results=None, cells=None, **changes):
    """Return a report; all checks pass unless results are given."""
    results = tuple(results if results is not None else [make_result(number) for number in (1, 2, 3)])
    unsettled = any(result.outcome is Outcome.GRADER_ERROR for result in results)
    score = None if unsettled else Score(sum(r.earned for r in results), sum(r.possible for r in results))
    report = Report(
        "line", "Linear regression", "4e07" * 16, SUBMISSION, ATTEMPT, TASKS, score, results, tuple(cells or NOTEBOOK)
    )
    return replace(report, **changes)


def stream(text, name="stdout"):
    """Return an output of printed text."""
    return {"output_type": "stream", "name": name, "text": text}


def display(**data):
    """Return an output that shows data; `text_html` stands for text/html."""
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kind.replace("_", "/", 1).replace("_", "+"): value for kind, value in data.items()},
    }


NOTEBOOK = (
    CellResult(0, "markdown", "# A line\n\nThe **model** is `w * x`.", None),
    make_cell(stream("loss 0.5\n"), display(image_png=make_png()), source=FIT, index=1),
    make_cell(source="x = 1\npredict(x)", index=2, outcome=Outcome.ERROR, error=NAME_ERROR),
    CellResult(3, "code", "", None),
)

RAISED = {
    "key": "raised",
    "type": "RuntimeError",
    "text": "inconsistent tensor size",
    "frames": [{"cell": 1, "line": 6, "function": "<module>"}, {"cell": 1, "line": 4, "function": "fit"}],
}
DIFFERS = {
    "key": "values_differ",
    "wrong": 1,
    "total": 2,
    "share": 0.5,
    "worst_absolute": 0.31,
    "worst_relative": 1.83,
    "index": [0],
    "atol": 1e-6,
    "rtol": 1e-5,
}

EVERY_OUTCOME = make_report(
    [
        make_result(number, outcome, RAISED if outcome is Outcome.ERROR else {"key": "said", "sentence": "So it is."})
        for number, outcome in enumerate(Outcome, start=1)
    ]
)


class Page(HTMLParser):
    """Tags, attributes and text of a page as a browser's parser sees them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        """All text, each run of spaces as one."""
        return " ".join("".join(self.texts).split())

    def values(self, name):
        """Return all values of an attribute, in their order."""
        return [value for _, attribute, value in self.attributes if attribute == name]
