"""Automated grading of PyTorch course notebooks.

A check is written with two names from here::

    from grader import check, expect

They are loaded when first used, so that `grade --help` never waits for torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader import expect
    from grader.checks import check

__version__ = "0.1.0"
__all__ = ["__version__", "check", "expect"]


def __getattr__(name: str) -> Any:
    """Load `check` or `expect` at first use (PEP 562)."""
    if name == "check":
        return importlib.import_module("grader.checks").check
    if name == "expect":
        return importlib.import_module("grader.expect")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
