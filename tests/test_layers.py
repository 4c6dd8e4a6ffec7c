"""Imports point downwards only, and files and functions stay short."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

# From top to bottom. A module imports from its own group and from the lines below; groups of one line that are
# parted by a bar do not know each other. `grader` is the package's own __init__.
LAYERS = """
__main__
cli
batch | verify leaks variants
workers worker
grading checking references
feedback | store gradebook rows tables | grader checks expect comparison
kernel | seeds tolerances data
release course manifest mistakes secret | intake layouts gradescope listing archives moments
notebook
names files messages model
errors
"""

# `inside` runs in the student's process. It stands apart: it imports nothing of the package, and nothing imports
# it, except that both ends of the socket share one frame format.
INSIDE_FOR_KERNEL = "grader.inside.wire"

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40

PACKAGE = Path(__file__).parent.parent / "grader"
FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def imported_modules(name):
    """Return the modules of the package that a module names in its imports, wherever they stand in the file."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            assert node.level == 0, f"{name} imports relatively"
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            yield from inner or {node.module}


IMPORTS = {name: set(imported_modules(name)) for name in MODULES}


def places():
    """Return line and group of each first name below `grader`."""
    found = {}
    for line, text in enumerate(LAYERS.strip().splitlines()):
        for group, names in enumerate(text.split("|")):
            for name in names.split():
                assert name not in found, f"{name} stands twice in LAYERS"
                found[name] = (line, group)
    return found


PLACES = places()


def place(module):
    return PLACES[part(module)]


def part(module):
    """Return the name that stands in LAYERS: `kernel` for `grader.kernel.channel`."""
    return [*module.split("."), module][1]


def is_inside(module):
    return part(module) == "inside"


def points_down(module, other):
    """Return whether a module may import another one."""
    line, group = place(module)
    other_line, other_group = place(other)
    return other_line > line or (other_line == line and other_group == group)


def test_every_module_has_a_layer():
    """A new module must be given its place in LAYERS."""
    homeless = {part(name) for name in MODULES if not is_inside(name)} - PLACES.keys()

    assert not homeless


@pytest.mark.parametrize("name", [name for name in MODULES if not is_inside(name)])
def test_imports_point_downwards(name):
    """A module imports from its own layer and from the ones below, never from above or beside."""
    others = {other for other in IMPORTS[name] if not is_inside(other)}
    wrong = {other for other in others if not points_down(name, other)}

    assert not wrong


def test_no_modules_import_each_other_in_a_circle():
    """Following imports never leads back to where one started; imports for types only count too."""
    done: set[str] = set()

    def visit(name, path):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for other in sorted(IMPORTS[name] - {name}):
                visit(other, [*path, name])
            done.add(name)

    for name in MODULES:
        visit(name, [])

    assert done == set(MODULES)


def test_what_runs_inside_imports_nothing_else_of_the_package():
    """No file of grader/inside/ imports a module outside of it, so that none is loaded in a student's process."""
    inside = [name for name in MODULES if is_inside(name)]
    wrong = {other for name in inside for other in IMPORTS[name] if not is_inside(other)}

    assert inside
    assert not wrong


def test_nothing_outside_imports_what_runs_inside():
    """Only grader/kernel/ imports from grader/inside/, and of it only the frame format."""
    links = {(part(name), other) for name in MODULES for other in IMPORTS[name] if is_inside(other)}
    outside = {(name, other) for name, other in links if name != "inside"}

    assert outside <= {("kernel", INSIDE_FOR_KERNEL)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_files_and_functions_are_short(path):
    """No file has more than 400 lines, no function more than 40."""
    text = path.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = [
        f"{f.name}: {f.end_lineno - f.lineno + 1}" for f in functions if f.end_lineno - f.lineno >= MAX_FUNCTION_LINES
    ]

    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert not long
