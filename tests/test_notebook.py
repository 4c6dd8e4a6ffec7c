import json
import os
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import NotebookError
from grader.model import Cell
from grader.notebook import MAX_BYTES, NotebookSource, parse_notebook, read_notebook


def notebook_bytes(*cells, **top):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **top}).encode()


def code(source, **more):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source, **more}


def source_of(*sources):
    return NotebookSource(tuple(Cell(index, "code", source) for index, source in enumerate(sources)))


def rejected(data, name="ann.ipynb"):
    with pytest.raises(NotebookError) as caught:
        parse_notebook(data, name)
    lines = str(caught.value).split("\n")
    assert len(lines) == 2
    assert lines[0].startswith(f"{name}: ")
    assert lines[1]
    return lines[0]


def test_kinds_and_sources_of_cells_are_read():
    """Cells come in order, with source as text whether it was a string or a list of lines."""
    data = notebook_bytes(
        code(["a = 1\n", "b = 2"], id="x"),
        {"cell_type": "markdown", "source": "# Hi"},
        {"cell_type": "raw", "source": []},
    )

    submission = parse_notebook(data, "class/ann.ipynb")

    assert submission.cells == (Cell(0, "code", "a = 1\nb = 2"), Cell(1, "markdown", "# Hi"), Cell(2, "raw", ""))
    assert (submission.student, submission.file) == ("ann", "ann.ipynb")


def test_submission_is_identified_by_the_bytes_of_its_file():
    """A space more in the file is another submission."""
    data = notebook_bytes(code("1"))

    first, second = parse_notebook(data, "a"), parse_notebook(data + b" ", "a")

    assert first.sha256 != second.sha256
    assert parse_notebook(data, "b").sha256 == first.sha256


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + notebook_bytes(code("x")), id="byte order mark"),
        pytest.param(notebook_bytes(code("x")).replace(b", ", b",\r\n"), id="crlf"),
        pytest.param(notebook_bytes(code("x", id="a"), code("y", id="a")), id="duplicated ids"),
        pytest.param(notebook_bytes(code("x"), nbformat_minor=2), id="no ids"),
        pytest.param(notebook_bytes(code("x"), nbformat_minor=99, new="key"), id="newer minor version"),
        pytest.param(notebook_bytes(code("x"), metadata={"kernelspec": {"name": "julia"}}), id="another kernel"),
        pytest.param(notebook_bytes(code("x"), metadata=None), id="no metadata"),
        pytest.param(
            notebook_bytes(code("x", metadata={"tags": ["raises-exception"]}, outputs=7)), id="tags and bad outputs"
        ),
        pytest.param(notebook_bytes(code("x", attachments={"a.png": {}}, execution_count=float("nan"))), id="NaN"),
        pytest.param(notebook_bytes(code("x"), {"cell_type": "diagram", "source": "?"}), id="unknown kind"),
        pytest.param(notebook_bytes(code("x"), nbformat_minor=10**400), id="huge minor version"),
    ],
)
def test_unusual_notebooks_are_accepted(data):
    """What Jupyter opens is graded, whatever its metadata say."""
    assert parse_notebook(data, "a.ipynb").cells[0].source == "x"


def test_line_ends_are_normalised():
    """A notebook saved on Windows has the same sources as one saved on Linux."""
    assert parse_notebook(notebook_bytes(code(["a\r", "\nb\r\nc\rd"])), "a").cells[0].source == "a\nb\nc\nd"


def test_half_characters_are_replaced():
    """A lone surrogate in a source can be encoded afterwards, so that nothing fails later."""
    data = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "a = \'\\ud800\\ude00 \\udc00\'"}]}'

    source = parse_notebook(data, "a").cells[0].source

    assert source == "a = '\U00010200 \ufffd'"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \r\n\0", "empty"),
        (b"\xff\xfe{\0}\0", "not UTF-8 text (byte 0)"),
        (b'{"cells": [\n  {"a" 1}]}', "not JSON (line 2, column 8)"),
        (b"<!DOCTYPE html>", "not JSON (line 1, column 1)"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"nbformat": ' + b"9" * 5_000 + b"}", "thousands of digits"),
        (b"[[],{}," * 4_000_000, "more than 8,000,000 values"),
        (b"[]", "no notebook"),
        (b"null", "no notebook"),
        (b'"cells"', "no notebook"),
        (b'{"cells": []}', "no notebook"),
        (b'{"nbformat": true, "cells": []}', "no notebook"),
        (b'{"nbformat": 4.0, "cells": []}', "no notebook"),
        (b'{"nbformat": -1, "cells": []}', "no notebook"),
        (b'{"nbformat": 2, "worksheets": []}', "old notebook format 2"),
        (b'{"nbformat": 3, "worksheets": []}', "old notebook format 3"),
        (b'{"nbformat": 5, "cells": []}', "notebook format 5, newer than 4"),
        (b'{"nbformat": 4}', "`cells` is no list"),
        (b'{"nbformat": 4, "cells": {}}', "`cells` is no list"),
        (b'{"nbformat": 4, "cells": []}', "no code cell"),
        (notebook_bytes({"cell_type": "markdown", "source": "x"}), "no code cell"),
        (notebook_bytes(code("x"), 3), "cell 2 is no object"),
        (notebook_bytes({"source": "x"}), "cell 1 has no `cell_type`"),
        (notebook_bytes({"cell_type": ["code"], "source": "x"}), "cell 1 has no `cell_type`"),
        (notebook_bytes(code(None)), "`source` of cell 1 is no text"),
        (notebook_bytes({"cell_type": "code"}), "`source` of cell 1 is no text"),
        (notebook_bytes(code(["a", 1])), "`source` of cell 1 is no text"),
        (notebook_bytes(code({"a": 1})), "`source` of cell 1 is no text"),
        (notebook_bytes(*[code("x")] * 10_001), "10,001 cells"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_notebooks_are_rejected_in_two_lines(data, says):
    """A file that cannot be graded gets one line of what and where, and one of what to do."""
    assert says in rejected(data)


def test_old_format_is_told_how_to_convert():
    """The command that turns nbformat 3 into 4 is in the message."""
    with pytest.raises(NotebookError, match="jupyter nbconvert --to notebook --nbformat 4 --inplace"):
        parse_notebook(b'{"nbformat": 3}', "a")


def test_hundred_thousand_cells_are_rejected_quickly():
    """Ten times too many cells cost less than a few seconds."""
    data = notebook_bytes(*[code("x = 1")] * 100_000)
    started = time.perf_counter()

    message = rejected(data)

    assert "100,000 cells" in message
    assert time.perf_counter() - started < 5


def test_hostile_name_is_escaped_and_cut():
    """Escape sequences and overrides of the writing direction reach no terminal; a long name is cut."""
    with pytest.raises(NotebookError) as caught:
        parse_notebook(b"", "\x1b[2J\u202egnp.\n" + "x" * 500)

    assert str(caught.value).startswith("\\x1b[2J\\u202egnp.\\nxx")
    assert len(str(caught.value).split(":")[0]) == 120


def test_file_is_read(tmp_path):
    """A file on the disk gives the same submission as its bytes."""
    path = tmp_path / 'Zoë 王 "x".ipynb'
    path.write_bytes(notebook_bytes(code("x")))

    submission = read_notebook(path)

    assert submission.path == path
    assert submission.student == 'Zoë 王 "x"'


def test_missing_file_folder_pipe_and_device_are_rejected(tmp_path):
    """Nothing but an ordinary file is read, and a pipe does not hang the grader."""
    os.mkfifo(tmp_path / "pipe")
    cases = {
        tmp_path / "none": "no such file",
        tmp_path: "is a folder",
        tmp_path / "pipe": "no ordinary file",
        tmp_path / "a" / "b": "no such file",
        tmp_path / ("x" * 300): "cannot be read",
        tmp_path / "nul\0": "cannot be read",
    }
    for path, says in cases.items():
        with pytest.raises(NotebookError, match=says):
            read_notebook(path)
    with pytest.raises(NotebookError, match="no ordinary file"):
        read_notebook(type(tmp_path)("/dev/zero"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_rejected(tmp_path):
    """A file without read permission is named, with the reason."""
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"{}")
    path.chmod(0)

    with pytest.raises(NotebookError, match="Permission denied"):
        read_notebook(path)


def test_large_file_is_rejected_unread(tmp_path):
    """200 MB are refused by their size alone."""
    path = tmp_path / "a.ipynb"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)

    with pytest.raises(NotebookError, match="larger than 64 MB"):
        read_notebook(path)
    with pytest.raises(NotebookError, match="larger than 64 MB"):
        parse_notebook(b"x" * (MAX_BYTES + 1), "a")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["code", "raw"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cell_type", "source", "cells", "nbformat", "id"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_submission_or_a_notebook_error(data):
    """Nothing but `NotebookError` comes out of the reader, whatever the bytes."""
    with suppress(NotebookError):
        assert parse_notebook(data, "a").cells


@settings(max_examples=150, deadline=None)
@given(st.lists(json_values, max_size=3), json_values)
def test_any_cells_are_a_submission_or_a_notebook_error(cells, source):
    """A submission that is accepted can be encoded and looked at by checks."""
    data = json.dumps({"nbformat": 4, "cells": [*cells, code(source), code("\ud800")]}).encode()
    try:
        submission = parse_notebook(data, "a")
    except NotebookError:
        return
    notebook = NotebookSource(submission.cells)
    assert notebook.source.encode("utf-8").decode("utf-8") == notebook.source
    assert notebook.calls("f") is False


def test_source_joins_code_cells():
    """Markdown is no part of the source that checks see."""
    notebook = NotebookSource((Cell(0, "code", "a"), Cell(1, "markdown", "b"), Cell(2, "code", "c")))

    assert notebook.source == "a\n\nc"


def test_calls_finds_functions_and_methods():
    """A call counts by its last name, in whatever cell and however nested."""
    notebook = source_of("def f():\n    return [loss.sum().backward() for _ in x]", "print(step)", "a.zero_grad")

    assert notebook.calls("backward")
    assert notebook.calls("sum")
    assert notebook.calls("print")
    assert not notebook.calls("step")
    assert not notebook.calls("zero_grad")
    assert not notebook.calls("loss")


@pytest.mark.parametrize(
    "source",
    [
        "lstsq",
        "torch.linalg.lstsq",
        "from torch.linalg import lstsq",
        "from a import b as lstsq",
        "import lstsq.x",
        "from lstsq import a",
    ],
)
def test_mentions_finds_names_attributes_and_imports(source):
    """A forbidden name is found in each form in which code can use it."""
    assert source_of(source).mentions("lstsq")
    assert not source_of(source).mentions("lst")
    assert not source_of(f"'{source}'").mentions("lstsq")


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nfit(x)",
        "!pip install torch\nfit(x)",
        "%%time\nfit(x)",
        "\n%%capture out\nfit(x)",
        "%time fit(x)",
        "if True:\n    %timeit -n 10 -q fit(x)",
        "files = !ls\nfit(x)",
        "fit?\nfit(x)",
        "?fit\nfit(x)",
        "for a in b:\n    !ls\nfit(x)",
        "await fit(x)",
        "x = '''\n%notmagic\n!\n'''\nfit(x)",
        "print('\\d')\nfit(x)",
    ],
)
def test_magics_do_not_hide_code(source):
    """The Python of a cell is seen whatever magics stand in it."""
    assert source_of(source).calls("fit")


@pytest.mark.parametrize("source", ["%%bash\nfit(x)", "def (:\nfit(x)", "fit(x\0)", "%%writefile a.py\nfit(x)"])
def test_cells_that_are_no_python_are_left_out(source):
    """A cell that does not parse hides no other cell."""
    notebook = source_of("a(1)", source, "b(2)")

    assert not notebook.calls("fit")
    assert notebook.calls("a")
    assert notebook.calls("b")


def test_cells_that_were_not_looked_at_are_known():
    """A check can tell that a cell was too long, or no Python, before it claims that a name is not used."""
    notebook = source_of("a(1)", "def (:", "#" * 300_000 + "\nb(2)", "%matplotlib inline")

    assert notebook.unread == (1, 2)
    assert not notebook.calls("b")


def test_trees_are_bounded_over_all_cells():
    """Many long cells together cost no more than a few: what goes beyond is known as unread."""
    notebook = source_of(*["#" * 199_000] * 5, "fit(x)")

    assert notebook.unread == (2, 3, 4)
    assert notebook.calls("fit")


HOSTILE = {
    "parentheses": "(" * 90_000 + ")" * 90_000,
    "brackets": "[" * 190_000,
    "minus": "-" * 190_000 + "1",
    "attributes": "a" + ".b" * 90_000,
    "sums": "1" + "+1" * 90_000,
    "calls": "f" + "()" * 90_000,
    "lambdas": "lambda:" * 25_000 + "1",
    "blocks": "".join(" " * depth + "if a:\n" for depth in range(600)),
    "digits": "9" * 190_000,
    "spaces": " " * 190_000 + "%",
    "spaces before magic": "!\n" + " " * 190_000 + "x",
    "percent signs": "%" * 190_000,
    "question marks": "a?" * 90_000,
    "cell magic": "%%" * 90_000,
    "f-strings": "f'{" * 60_000,
    "equals": "!\n" + "a, " * 60_000,
    "time magic": "!\n%time" + " -a 1" * 35_000,
    "form feed and nul": "\f\0" * 90_000,
    "continuations": "\\\n" * 90_000,
    "names": "a\n" * 90_000,
    "huge": "f()\n" * 1_000_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_source_neither_crashes_nor_stalls(source):
    """Source made to exhaust a parser costs seconds at most and hides no other cell."""
    started = time.perf_counter()
    notebook = source_of(source, "fit(x)")

    assert notebook.calls("fit")
    assert time.perf_counter() - started < 5


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("%!?=()[]{}'\"\\\n \tatime-1.:#;\0\r\f"), max_size=60))
def test_any_source_gives_a_tree(source):
    """No text of a cell makes the tree raise."""
    assert source_of(source, "fit(x)").calls("fit")
