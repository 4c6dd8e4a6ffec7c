"""Running cells: every one ends in its outcome, whatever it does."""

from __future__ import annotations

import resource
import time

from conftest import make_cells, open_session

from grader.model import Cell, Limits, Outcome


def run(*sources, **limits):
    """Return the results of running these cells in a new kernel."""
    with open_session(Limits(**{"cell_seconds": 10, **limits})) as session:
        return session.run(make_cells(*sources))


def outcomes(results):
    return [cell.outcome for cell in results]


def text_of(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_a_broken_cell_does_not_end_the_notebook():
    """Cells after one that raises, or does not parse, run as before."""
    results = run("x = 1", "1 / 0", "def f(:", "y = x + 1\nprint(y)")

    assert outcomes(results) == [Outcome.PASSED, Outcome.ERROR, Outcome.ERROR, Outcome.PASSED]
    assert results[1].error["type"] == "ZeroDivisionError"
    assert results[1].error["frames"] == [{"cell": 1, "line": 1, "function": ""}]
    assert results[2].error["type"] == "SyntaxError"
    assert text_of(results[3]) == "2\n"


def test_leaving_politely_ends_only_the_cell():
    """exit(), quit(), sys.exit() and SystemExit leave the kernel and its names alone."""
    results = run("x = 1", "exit()", "quit()", "import sys\nsys.exit(1)", "raise SystemExit", "print(x)")

    assert results[-1].outcome is Outcome.PASSED
    assert text_of(results[-1]) == "1\n"


def test_an_endless_cell_is_interrupted_and_later_cells_run():
    """A cell over its limit is timed out; what it defined before and the cells after it count."""
    results = run("x = 1\nwhile True:\n    pass", "print(x)", cell_seconds=1)

    assert outcomes(results) == [Outcome.TIMED_OUT, Outcome.PASSED]


def test_a_cell_that_ignores_the_interrupt_is_killed():
    """A cell that swallows KeyboardInterrupt is ended with its kernel; later cells are not reached."""
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
    started = time.monotonic()
    results = run(stubborn, "print(1)", cell_seconds=1)

    assert outcomes(results) == [Outcome.TIMED_OUT, Outcome.NOT_REACHED]
    assert time.monotonic() - started < 15


def test_the_total_time_ends_a_notebook_of_slow_cells():
    """Cells within their own limit, but together over the notebook's, end with timed out and not reached."""
    results = run(*["import time\ntime.sleep(1.2)"] * 4, cell_seconds=2, seconds=2)

    assert outcomes(results) == [Outcome.PASSED, Outcome.TIMED_OUT, Outcome.NOT_REACHED, Outcome.NOT_REACHED]


def test_a_cell_that_ends_the_process_is_noticed_at_once():
    """os._exit and a segmentation fault are kernel_died, within a second, not a time limit later."""
    started = time.monotonic()
    results = run("import os\nos._exit(0)", "print(1)")

    assert outcomes(results) == [Outcome.KERNEL_DIED, Outcome.NOT_REACHED]
    assert results[0].seconds < 2
    assert time.monotonic() - started < 20


def test_output_over_the_limit_is_cut_and_said():
    """A flood of output keeps what fits, says that it was cut, and the next cell runs."""
    flood = "for _ in range(3000):\n    print('x' * 10_000)"
    results = run("print('first')", flood, "y = 1", output_kb=100)

    assert outcomes(results) == [Outcome.PASSED] * 3
    assert text_of(results[0]) == "first\n"
    assert results[1].cut
    assert len(text_of(results[1])) <= 100 * 1024


def test_one_huge_message_is_dropped_and_said():
    """Output of 100 MB at once never enters the grader; the cell says that output was cut, later ones show theirs."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    results = run("print('x' * 100_000_000)", "print('on')")

    assert outcomes(results) == [Outcome.PASSED] * 2
    assert results[0].cut
    assert text_of(results[1]) == "on\n"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_magics_figures_tqdm_await_and_warnings_work():
    """What ordinary notebooks do runs, and figures are kept."""
    plot = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    results = run(
        plot,
        "!ls",
        "%%time\nx = 1",
        "display(x)\nx",
        "from tqdm.notebook import tqdm\nfor _ in tqdm(range(3)):\n    pass",
        "import asyncio\nawait asyncio.sleep(0)",
        "import warnings\nwarnings.warn('careful')",
        "%timeit -n1 -r1 x",
    )

    assert outcomes(results) == [Outcome.PASSED] * 8
    assert "image/png" in results[0].outputs[0]["data"]
    assert "careful" in text_of(results[6])


def test_nobody_is_there_to_type():
    """input() raises instead of waiting for ever."""
    results = run("name = input('name? ')", "print('on')")

    assert outcomes(results) == [Outcome.ERROR, Outcome.PASSED]


def test_cells_without_code_are_kept_and_not_run():
    """Markdown and empty code cells have no outcome."""
    with open_session() as session:
        results = session.run((Cell(0, "markdown", "# 1/0"), Cell(1, "code", "  \n"), Cell(2, "code", "x = 1")))

    assert outcomes(results) == [None, None, Outcome.PASSED]


def test_a_memory_bomb_is_out_of_memory_and_later_cells_run():
    """A tensor over the memory limit is refused to the cell, not taken from the machine."""
    results = run("import torch", "x = torch.ones(2**30)", "print('on')", memory_mb=1500)

    assert outcomes(results) == [Outcome.PASSED, Outcome.OUT_OF_MEMORY, Outcome.PASSED]


def test_threads_are_fixed_and_random_numbers_are_seeded():
    """torch computes on one thread, and two runs of one attempt draw the same numbers."""
    drawn = "torch.rand(1), numpy.random.rand(), random.random()"
    source = f"import torch, numpy, random\nprint(torch.get_num_threads(), {drawn})"
    first, second = run(source), run(source)

    assert text_of(first[0]).startswith("1 tensor")
    assert text_of(first[0]) == text_of(second[0])


def test_an_error_below_blank_lines_is_mapped_to_its_line():
    """Blank lines at the start of a cell, which IPython drops, do not shift the line of an error."""
    results = run("\n\n\nx = 1\n1 / 0")

    assert results[0].error["frames"][-1]["line"] == 5


def test_nothing_can_be_installed():
    """pip finds no index: it says no at once, and the notebook goes on."""
    results = run("!pip install surely-not-installed-here", "print('on')", cell_seconds=30)

    assert results[1].outcome is Outcome.PASSED
    assert "No matching distribution" in text_of(results[0])
