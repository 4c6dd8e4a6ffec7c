"""Notebooks made from a solution notebook, whose score is known before they are graded."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from grader.model import Cell
from grader.notebook import NotebookSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from grader.model import Assignment
    from grader.release import Notebook

_IMPORTS = "import torch\nfrom torch import nn\n"
_FUNCTION = """
def {name}(*args, **kwargs):
    return torch.zeros(1)
"""
_CLASS = """
class {name}(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, *args, **kwargs):
        return torch.zeros(1)
"""
_VARIABLE = "\n{name} = torch.zeros(1)\n"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def replace_task(notebook: Notebook, task: str, source: str) -> Notebook:
    """Return a notebook in which `source` stands in the cell of `task`."""
    return _replace(notebook, lambda cell: source if cell["id"] == task else cell["source"])


def zero_stub(handout: Notebook, solution: Notebook, assignment: Assignment) -> Notebook:
    """Return the handout with zeros for everything that the solution's task cells define.

    Every function returns `torch.zeros(1)`, every class is a module that takes anything and returns it, every
    variable is it: what earns points for being there, but not for being right, is found with it.
    """
    tasks = {task.name for task in assignment.tasks}
    stubs = {cell["id"]: _stub(cell["source"]) for cell in solution["cells"] if cell["id"] in tasks}
    return _replace(handout, lambda cell: stubs.get(cell["id"], cell["source"]))


def _replace(notebook: Notebook, source_of: Callable[[dict[str, Any]], str]) -> Notebook:
    return {**notebook, "cells": [{**cell, "source": source_of(cell)} for cell in notebook["cells"]]}


def _stub(source: str) -> str:
    tree = NotebookSource((Cell(0, "code", source),)).tree
    return _IMPORTS + "".join(_definitions(tree.body))


def _definitions(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield a stand-in for each name that the statements define, imports apart."""
    kinds: dict[str, str] = {}
    for node in _walk(body):
        if isinstance(node, ast.ClassDef):
            kinds[node.name] = _CLASS
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kinds[node.name] = _FUNCTION
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            kinds.setdefault(node.id, _VARIABLE)
    return (kind.format(name=name) for name, kind in kinds.items())


def _walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of the outermost scope: what loops and conditions hold, but not the insides of functions."""
    for node in nodes:
        yield node
        if not isinstance(node, _SCOPES + _COMPREHENSIONS):
            yield from _walk(ast.iter_child_nodes(node))
