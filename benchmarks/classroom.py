"""A class of real notebooks: the linear regressions among the fixtures, right and wrong ones in turn.

    python benchmarks/classroom.py FOLDER --notebooks 12

writes one notebook per student. When more are asked for than there are, copies are made; a markdown cell with
the copy's number makes each of them a submission of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "submissions"
ASSIGNMENT = "linear_regression"
CELL_IDS_SINCE = 5
VERDICTS = ("correct", "wrong")


def main() -> None:
    """Write the class that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a class of real notebooks.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--notebooks", type=int, default=12, metavar="N")
    options = parser.parse_args()
    written = write_class(options.folder, options.notebooks)
    print(f"{len(written)} notebooks in {options.folder}")


def write_class(folder: Path, count: int) -> list[Path]:
    """Write `count` notebooks to `folder`, one per student, and return their paths."""
    sources = _in_turn([_fixtures(verdict) for verdict in VERDICTS])
    if not sources:
        sys.exit(f"no notebook of {ASSIGNMENT} below {FIXTURES}")
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(sources, number, folder) for number in range(count)]


def _fixtures(verdict: str) -> list[Path]:
    """Return the assignment's notebooks of one verdict, without those for a kernel that only we replace."""
    return [path for path in sorted((FIXTURES / verdict / ASSIGNMENT).glob("*.ipynb")) if _is_python(path)]


def _is_python(path: Path) -> bool:
    metadata = json.loads(path.read_text(encoding="utf-8-sig"))["metadata"]
    return metadata.get("kernelspec", {}).get("name", "python3") == "python3"


def _in_turn(groups: Sequence[Sequence[Path]]) -> list[Path]:
    return [path for path in chain.from_iterable(zip_longest(*groups)) if path is not None]


def _write(sources: Sequence[Path], number: int, folder: Path) -> Path:
    source, copy = sources[number % len(sources)], number // len(sources)
    notebook: dict[str, Any] = json.loads(source.read_text(encoding="utf-8-sig"))
    if copy:
        notebook["cells"].insert(0, _note(notebook, copy))
    target = folder / f"{source.stem}{f'_{copy}' if copy else ''}.ipynb"
    target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
    return target


def _note(notebook: dict[str, Any], copy: int) -> dict[str, Any]:
    """Return a markdown cell with the copy's number; it has an id where cells have ids."""
    cell = {"cell_type": "markdown", "metadata": {}, "source": f"Copy {copy}"}
    return {"id": f"copy-{copy}", **cell} if notebook["nbformat_minor"] >= CELL_IDS_SINCE else cell


if __name__ == "__main__":
    main()
