"""Compare `grade batch` with other graders on the same notebooks in the same run.

    make bench
    python benchmarks/compare.py --notebooks 12 --repeats 2

Each contender first grades one notebook, so that caches are warm. Then all of them grade the class, one after
the other, in turning order. The figures go into `docs/benchmarks.md`, between its two markers.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from classroom import write_class
from contenders import ROOT, WORK, Contender, Scores, contenders
from usage import Usage, adopt_orphans

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass
class Series:
    """What one contender used, repeat by repeat, and the points that it gave."""

    contender: Contender
    usages: list[Usage] = field(default_factory=list)
    scores: Scores = field(default_factory=dict)

    def seconds(self) -> float:
        """Return the median of the wall seconds."""
        return statistics.median(usage.seconds for usage in self.usages)

    def cpu_seconds(self) -> float:
        """Return the median of the CPU seconds."""
        return statistics.median(usage.cpu_seconds for usage in self.usages)

    def peak_mb(self) -> float:
        """Return the highest peak."""
        return max(usage.peak_mb for usage in self.usages)


def main() -> None:
    """Install, measure, write."""
    options = _options()
    load = os.getloadavg()[0]
    adopt_orphans()
    chosen = [one for one in contenders() if not options.only or any(word in one.name for word in options.only)]
    for contender in chosen:
        contender.install()
    submissions = write_class(_emptied(WORK / "class"), options.notebooks)
    series = measure_all(chosen, submissions, options.repeats)
    figures = render(series, options.notebooks, load)
    print(figures)
    if not options.only:
        write_figures(PAGE, figures)
        print(f"written to {PAGE}")


def measure_all(chosen: Sequence[Contender], submissions: Sequence[Path], repeats: int) -> list[Series]:
    """Warm every contender up, then let all grade the class `repeats` times."""
    series = [Series(contender) for contender in chosen]
    for one in series:
        _grade(one.contender, submissions[:1])
    for repeat in range(repeats):
        turn = repeat % len(series)
        for one in series[turn:] + series[:turn]:
            usage, one.scores = _grade(one.contender, submissions)
            one.usages.append(usage)
            if missing := {path.stem for path in submissions} - set(one.scores):
                sys.exit(f"{one.contender.name} did not grade {', '.join(sorted(missing))}")
    return series


def _grade(contender: Contender, submissions: Sequence[Path]) -> tuple[Usage, Scores]:
    folder = WORK / "run" / contender.name.replace(" ", "-").replace(",", "")
    contender.lay_out(submissions, folder)
    usage = contender.grade(folder)
    print(f"{contender.name}: {len(submissions)} notebooks in {usage.seconds:.1f} s", flush=True)
    return usage, contender.scores(folder)


def render(series: Sequence[Series], notebooks: int, load: float) -> str:
    """Return the figures as Markdown."""
    ours = series[0]
    head = (
        "| grader | notebooks a minute | seconds a notebook | CPU seconds a notebook | peak memory (MB) "
        "| wall time, ours = 1 | CPU time, ours = 1 | same points as ours |\n" + "|---|" + "---:|" * 7
    )
    rows = [_row(one, ours, notebooks) for one in series]
    repeats = len(ours.usages)
    return "\n".join([_circumstances(load), "", _what(notebooks, repeats), "", head, *rows])


def _row(one: Series, ours: Series, notebooks: int) -> str:
    cells = [
        f"{one.contender.name} ({one.contender.version})",
        f"{60 * notebooks / one.seconds():.1f}",
        f"{one.seconds() / notebooks:.2f}",
        f"{one.cpu_seconds() / notebooks:.2f}",
        f"{one.peak_mb():.0f}",
        f"{one.seconds() / ours.seconds():.2f}",
        f"{one.cpu_seconds() / ours.cpu_seconds():.2f}",
        _agreement(one.scores, ours.scores),
    ]
    return f"| {' | '.join(cells)} |"


def _agreement(scores: Scores, ours: Scores) -> str:
    """Return how many checks of the class earned the same points from both."""
    pairs = [
        (scores.get(student, {}).get(check), points)
        for student, checks in ours.items()
        for check, points in checks.items()
    ]
    return f"{sum(theirs == points for theirs, points in pairs)} of {len(pairs)}"


def _circumstances(load: float) -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}. {_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}. Python {platform.python_version()}, "
        f"torch {version('torch')}, nbclient {version('nbclient')}, ipykernel {version('ipykernel')}. "
        f"Load average before the start: {load:.1f}."
    )


def _processor() -> str:
    names = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def _what(notebooks: int, repeats: int) -> str:
    return (
        f"A class of {notebooks} notebooks, median of {repeats} repeats; the peak is the highest of all. "
        "One thread for linear algebra everywhere."
    )


def write_figures(page: Path, figures: str) -> None:
    """Replace what stands between the page's markers."""
    text = page.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{figures}\n{END}{after}")


def _emptied(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.ipynb"):
        path.unlink()
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare graders on the same notebooks.")
    parser.add_argument("--notebooks", type=int, default=12, metavar="N")
    parser.add_argument("--repeats", type=int, default=2, metavar="N")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="WORD",
        help="contenders whose name has one of these; writes no page",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
