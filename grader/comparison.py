"""Comparing what a student's process sent with what is right: type, shape, dtype, device, then values.

Nothing here trusts `actual`: it may be any plain value, of any shape, with NaN in it. A difference ends the check with
a message that says what differs, by how much and where, and never what was expected; that is in `hidden`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from grader.errors import Failed
from grader.tolerances import EXACT, Tolerance, choose_tolerance

MAX_SHOWN = 200


@dataclass(frozen=True)
class Rules:
    """What a comparison asks for beside close values."""

    rtol: float | None = None
    atol: float | None = None
    dtype: bool = True
    """Whether kind (tensor, array, number, list) and dtype must be the expected ones."""
    shape: bool = True
    """Whether the shape must be the expected one; else only the number of values."""
    exact: bool = False
    size: bool = True
    """Whether a message may say by how much values differ."""
    where: str = ""
    """Position inside a list, tuple or dict, such as `[2]['w']`."""

    def below(self, key: Any) -> Rules:
        """Return the rules for the part under `key`."""
        return replace(self, where=f"{self.where}[{key!r}]"[:MAX_SHOWN])


def compare(actual: Any, expected: Any, rules: Rules) -> None:
    """End the check unless `actual` is what is expected.

    Raises:
        Failed: with the first difference found.
    """
    if not rules.dtype:
        left, right = as_tensor(actual), as_tensor(expected)
        if left is not None and right is not None:
            _compare_tensors(left, right, rules)
            return
    if isinstance(expected, (list, tuple)):
        _compare_items(actual, expected, rules)
    elif isinstance(expected, dict):
        _compare_keys(actual, expected, rules)
    elif is_number(expected) or isinstance(expected, (torch.Tensor, np.ndarray)):
        _compare_numeric(actual, expected, rules)
    elif type(actual) is not type(expected):
        raise _differs("wrong_type", rules, actual=describe(actual), expected=describe(expected))
    elif actual != expected:
        raise _differs("not_equal", rules, expected=repr(expected)[:MAX_SHOWN])


def _compare_items(actual: Any, expected: list[Any] | tuple[Any, ...], rules: Rules) -> None:
    if not isinstance(actual, (list, tuple)):
        raise _differs("wrong_type", rules, actual=describe(actual), expected=describe(expected))
    if len(actual) != len(expected):
        raise _differs("wrong_length", rules, actual=len(actual), expected=len(expected))
    for position, (mine, theirs) in enumerate(zip(actual, expected, strict=True)):
        compare(mine, theirs, rules.below(position))


def _compare_keys(actual: Any, expected: dict[Any, Any], rules: Rules) -> None:
    if not isinstance(actual, dict):
        raise _differs("wrong_type", rules, actual=describe(actual), expected=describe(expected))
    if set(actual) != set(expected):
        raise _differs("wrong_keys", rules, expected=str(sorted(map(str, expected)))[:MAX_SHOWN])
    for key, theirs in expected.items():
        compare(actual[key], theirs, rules.below(key))


def _compare_numeric(actual: Any, expected: Any, rules: Rules) -> None:
    """Compare tensors, arrays and numbers after their kinds: a number agrees with any single value."""
    left, right = as_tensor(actual), as_tensor(expected)
    if left is None or right is None:
        raise _differs("no_value", rules, actual=describe(actual))
    if is_number(expected):
        if left.numel() != 1 or (rules.shape and left.dim() > 0):
            raise _differs("wrong_shape", rules, actual=str(tuple(left.shape)), expected="a number")
    elif _kind(actual) != _kind(expected):
        raise _differs("wrong_type", rules, actual=describe(actual), expected=describe(expected))
    _compare_tensors(left, right, replace(rules, dtype=rules.dtype and not is_number(expected)))


def _compare_tensors(actual: torch.Tensor, expected: torch.Tensor, rules: Rules) -> None:
    same_shape = actual.shape == expected.shape
    if not same_shape and (rules.shape or actual.numel() != expected.numel()):
        shapes = {"actual": str(tuple(actual.shape)), "expected": str(tuple(expected.shape))}
        raise _differs("wrong_shape", rules, **shapes)
    if rules.dtype and actual.dtype != expected.dtype:
        raise _differs("wrong_dtype", rules, actual=str(actual.dtype), expected=str(expected.dtype))
    mine, theirs = origin(actual), origin(expected)
    if rules.dtype and mine.partition(":")[0] != theirs.partition(":")[0]:
        raise _differs("wrong_device", rules, actual=mine, expected=theirs)
    _compare_values(actual.reshape(expected.shape), expected, rules)


def _compare_values(actual: torch.Tensor, expected: torch.Tensor, rules: Rules) -> None:
    tolerance = _tolerance(actual, expected, rules)
    wide = torch.complex128 if actual.is_complex() or expected.is_complex() else torch.float64
    left, right = actual.detach().to(wide), expected.detach().to(wide)
    difference = (left - right).abs()
    if tolerance == EXACT:
        wrong = actual != expected  # whole numbers above 2**53 do not survive float64
    else:
        wrong = ~((left == right) | (difference <= tolerance.absolute + tolerance.relative * right.abs()))
    wrong &= ~(left.isnan() & right.isnan())
    if wrong.any():
        raise _values_differ(difference, right, wrong, tolerance, rules)


def _tolerance(actual: torch.Tensor, expected: torch.Tensor, rules: Rules) -> Tolerance:
    if rules.exact:
        return EXACT
    default = choose_tolerance((actual.dtype, expected.dtype), origin(actual))
    relative = default.relative if rules.rtol is None else rules.rtol
    absolute = default.absolute if rules.atol is None else rules.atol
    return Tolerance(relative, absolute)


def _values_differ(
    difference: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor, tolerance: Tolerance, rules: Rules
) -> Failed:
    """Return the end of the check with share, worst difference and its place, as `torch.testing` words them."""
    message = {
        "key": "values_differ",
        "where": rules.where,
        "wrong": int(wrong.sum()),
        "total": wrong.numel(),
        "share": float(wrong.double().mean()),
        "not_finite": int((~difference.isfinite() & wrong).sum()),
    }
    if rules.size:
        message |= _worst(difference, expected, wrong)
        message |= {"rtol": tolerance.relative, "atol": tolerance.absolute}
    return Failed(message, {"expected": _short(expected)})


def _worst(difference: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor) -> dict[str, Any]:
    """Return the worst finite difference and its index."""
    finite = torch.where(difference.isfinite() & wrong, difference, -1.0)
    worst = int(finite.argmax())
    absolute = max(0.0, float(finite.reshape(-1)[worst]))
    size = float(expected.abs().reshape(-1)[worst])
    return {
        "worst_absolute": absolute,
        "worst_relative": absolute / size if size and math.isfinite(size) else None,
        "index": [int(n) for n in np.unravel_index(worst, tuple(expected.shape))] if expected.dim() else [],
    }


def as_tensor(value: Any) -> torch.Tensor | None:
    """Return numbers, arrays and rectangular lists of them as a tensor, None for anything else."""
    if isinstance(value, torch.Tensor):
        return value
    try:
        if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
            return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)
        if isinstance(value, (np.ndarray, np.generic)):
            native = np.array(value, dtype=value.dtype.newbyteorder("="))
            return torch.from_numpy(native)
        if isinstance(value, (list, tuple)) and value:
            parts = [as_tensor(item) for item in value]
            return None if any(part is None for part in parts) else torch.stack(parts)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    return None


def is_number(value: Any) -> bool:
    """Return whether a value is a Python number, bool included."""
    return isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)


def origin(tensor: torch.Tensor) -> str:
    """Return the device on which a tensor was before it crossed, its own otherwise."""
    return str(getattr(tensor, "origin", tensor.device))


def describe(value: Any) -> str:
    """Return the kind of a value in words that a student uses."""
    kind = _kind(value)
    if kind == "tensor":
        return f"torch.Tensor of shape {tuple(value.shape)}"
    if kind == "array":
        return f"numpy.ndarray of shape {np.shape(value)}"
    if type(value).__name__ == "Handle":
        return str(value._type)  # noqa: SLF001 -- a handle's attributes are the student's object's
    return type(value).__name__


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return "tensor"
    return "array" if isinstance(value, (np.ndarray, np.generic)) else "other"


def _differs(key: str, rules: Rules, *, actual: Any = None, expected: Any = None) -> Failed:
    message = {"key": key, "where": rules.where}
    if actual is not None:
        message["actual"] = actual
    return Failed(message, {} if expected is None else {"expected": expected})


def _short(tensor: torch.Tensor) -> str:
    text = np.array2string(tensor.numpy(), precision=6, threshold=20, edgeitems=2)
    return " ".join(text.split())[:MAX_SHOWN]
