"""The vocabulary of checks: each function returns when its claim holds, and ends the check when it does not.

Always actual first, expected second. What is actual comes from a student's process and may be anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from grader.comparison import Rules, as_tensor, compare, describe
from grader.errors import CheckFault, Failed, PartlyEarned, StudentRaised
from grader.kernel.remote import Handle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "at_least",
    "at_most",
    "close",
    "differs",
    "dtype",
    "equal",
    "gradients",
    "raises",
    "same_network",
    "shape",
    "that",
    "tiers",
]

_dtype = torch.dtype


def close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: bool = True,
    shape: bool = True,
    size: bool = True,
) -> None:
    """Expect values equal up to a tolerance, by default the one of their dtype and device.

    Args:
        actual: a tensor, array, number, or a list, tuple or dict of them.
        expected: likewise. A Python number accepts any single value.
        rtol: relative tolerance.
        atol: absolute tolerance.
        dtype: False accepts another dtype, and an array, list or number for a tensor.
        shape: False accepts another shape with as many values.
        size: False keeps from the student by how much values differ. For a result that is the same for every student:
            whoever hands in twice could compute it from the difference.

    Raises:
        Failed: with the first difference in type, shape, dtype, device or values.
    """
    compare(_plain(actual), _plain(expected), Rules(rtol=rtol, atol=atol, dtype=dtype, shape=shape, size=size))


def equal(actual: Any, expected: Any, *, dtype: bool = True) -> None:
    """Expect exactly equal values; `dtype=False` as in `close`.

    Raises:
        Failed: with the first difference.
    """
    compare(_plain(actual), _plain(expected), Rules(dtype=dtype, exact=True))


def shape(actual: Any, expected: Sequence[int]) -> None:
    """Expect a tensor or array of that shape, by value or as a handle.

    Raises:
        Failed: it has another shape, or none.
    """
    found = _attribute(actual, "shape")
    if not isinstance(found, (tuple, list)):
        raise Failed({"key": "no_value", "actual": describe(actual)})
    if tuple(found) != tuple(expected):
        raise Failed({"key": "wrong_shape", "actual": str(tuple(found))}, {"expected": str(tuple(expected))})


def dtype(actual: Any, expected: _dtype | np.dtype[Any] | str) -> None:
    """Expect a tensor or array of that dtype (`torch.float32`, `"float32"`), by value or as a handle.

    Raises:
        Failed: it has another dtype, or none.
    """
    found = _attribute(actual, "dtype")
    if not isinstance(found, (torch.dtype, np.dtype)):
        raise Failed({"key": "no_value", "actual": describe(actual)})
    if _dtype_name(found) != _dtype_name(expected):
        raise Failed({"key": "wrong_dtype", "actual": str(found)}, {"expected": str(expected)})


def at_least(actual: Any, bound: float) -> None:
    """Expect a finite number that is `bound` or more.

    Raises:
        Failed: it is smaller, or no number.
    """
    number = _number(actual)
    if number < bound:
        raise Failed({"key": "too_small", "actual": number}, {"expected": f"at least {bound:g}"})


def at_most(actual: Any, bound: float) -> None:
    """Expect a finite number that is `bound` or less.

    Raises:
        Failed: it is larger, or no number.
    """
    number = _number(actual)
    if number > bound:
        raise Failed({"key": "too_large", "actual": number}, {"expected": f"at most {bound:g}"})


def tiers(
    actual: Any,
    *,
    at_least: Mapping[float, float] | None = None,
    at_most: Mapping[float, float] | None = None,
) -> None:
    """Earn the points of the best threshold that a number reaches.

    Args:
        actual: a number, recomputed outside from predictions.
        at_least: thresholds and their points, such as `{0.80: 1, 0.90: 2}`.
        at_most: likewise, for a number that should be small.

    Raises:
        PartlyEarned: a threshold is reached, but not the best one.
        Failed: none is reached, or it is no finite number.
        CheckFault: both or none of the two mappings are given.
    """
    if (at_least is None) == (at_most is None):
        raise CheckFault("tiers takes either at_least or at_most")
    number = _number(actual)
    thresholds: Mapping[float, float] = at_least or at_most or {}
    reached = [points for bound, points in thresholds.items() if (number >= bound if at_least else number <= bound)]
    best = max(thresholds.values())
    earned = max(reached, default=0.0)
    if earned < best:
        message = {"key": "tier", "actual": number, "earned": earned, "possible": best}
        hidden = {"expected": str(dict(thresholds))}
        raise PartlyEarned(earned, message, hidden) if earned > 0 else Failed(message, hidden)


def differs(actual: Any, other: Any) -> None:
    """Expect a value that is not close to another one: something must have changed.

    Raises:
        Failed: both are close.
    """
    try:
        compare(_plain(actual), _plain(other), Rules(dtype=False))
    except Failed:
        return
    raise Failed({"key": "unchanged"})


def raises(names: str | tuple[str, ...], function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Expect that a call raises the exception of that name, or a child of it.

    Raises:
        Failed: it returns, or raises another one.
    """
    wanted = (names,) if isinstance(names, str) else names
    try:
        function(*args, **kwargs)
    except StudentRaised as error:
        if not set(wanted) & set(error.mro):
            message = {**error.message, "key": "raised_other"}
            raise Failed(message, {"expected": " or ".join(wanted)}) from error
    else:
        raise Failed({"key": "did_not_raise"}, {"expected": " or ".join(wanted)})


def gradients(function: Handle, *inputs: Any, rtol: float | None = None) -> None:
    """Expect that autograd's gradients of a function in a kernel agree with central differences.

    Each floating input is turned into float64 and checked along three random directions `v`:
    `(f(x + h v) - f(x - h v)) / 2h` against `<gradient, v>`, with the result weighted at random.

    Args:
        function: a handle; its result is a float64 tensor when its inputs are.
        inputs: its arguments, at least one floating tensor.
        rtol: relative tolerance, by default 1e-4.

    Raises:
        Failed: a gradient is missing or wrong.
    """
    points = [_as_double(value) for value in inputs]
    result = function(*points)
    if not isinstance(result, torch.Tensor):
        raise Failed({"key": "no_value", "actual": describe(result)})
    weights = torch.randn(result.shape, dtype=torch.float64)
    floating = [position for position, value in enumerate(points) if _is_floating(value)]
    found = function.gradients(tuple(points), weights)
    if not isinstance(found, list) or len(found) != len(floating):
        raise Failed({"key": "no_gradient", "what": "the inputs"})
    for position, gradient in zip(floating, found, strict=True):
        value_at = _weighted_sum(function, points, position, weights)
        what, tolerance = f"argument {position + 1}", 1e-4 if rtol is None else rtol
        _expect_gradient(value_at, points[position], gradient, what, tolerance)


def same_network(mine: Handle, theirs: Handle, *inputs: Any, rtol: float | None = None) -> None:
    """Expect equal outputs after copying the parameters of `theirs` to `mine`, by order and shape.

    Names of layers do not matter; parameters that were defined in another order are matched by their shapes.

    Raises:
        Failed: the shapes do not match, or an output differs.
    """
    names, shapes = _parameters(mine)
    source = [value for _, value in theirs.named_parameters()]
    order = _match([tuple(value.shape) for value in source], shapes)
    if order is None:
        expected = str([tuple(value.shape) for value in source])
        raise Failed({"key": "wrong_parameters", "actual": str(shapes)[:300]}, {"expected": expected})
    state = {name: source[position] for name, position in zip(names, order, strict=True)}
    mine.load_state_dict(state, strict=False)
    close(mine(*inputs), theirs(*inputs), rtol=rtol)


def that(condition: object, sentence: str) -> None:
    """Expect anything else; `sentence` is what the student reads when it does not hold.

    Raises:
        Failed: `condition` is not true.
    """
    if not isinstance(condition, (bool, np.bool_, int)) or not condition:
        raise Failed({"key": "said", "sentence": sentence})


def _plain(value: Any) -> Any:
    """Return a handle's object by value where it is a plain one, itself otherwise."""
    return value.value() if isinstance(value, Handle) else value


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, Handle):
        return value.ref(name)
    return getattr(value, name, None) if isinstance(value, (torch.Tensor, np.ndarray, np.generic)) else None


def _dtype_name(value: Any) -> str:
    return str(value).removeprefix("torch.")


def _number(value: Any) -> float:
    tensor = as_tensor(_plain(value))
    if tensor is None or tensor.numel() != 1 or tensor.is_complex():
        raise Failed({"key": "no_value", "actual": describe(value)})
    number = float(tensor)
    if not np.isfinite(number):
        raise Failed({"key": "not_finite", "actual": str(number)})
    return number


def _is_floating(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _as_double(value: Any) -> Any:
    return value.detach().double() if _is_floating(value) else value


def _expect_gradient(
    value_at: Callable[[torch.Tensor], float], point: torch.Tensor, gradient: Any, what: str, rtol: float
) -> None:
    """Compare one input's gradient with central differences along random directions."""
    step = 1e-6
    if not isinstance(gradient, torch.Tensor) or gradient.shape != point.shape:
        raise Failed({"key": "no_gradient", "what": what})
    for _ in range(3):
        direction = torch.randn_like(point)
        numeric = (value_at(point + step * direction) - value_at(point - step * direction)) / (2 * step)
        analytic = float((gradient.double() * direction).sum())
        if not abs(numeric - analytic) <= rtol * max(1.0, abs(numeric), abs(analytic)):
            raise Failed({"key": "wrong_gradient", "what": what}, {"expected": f"{numeric:.6g}"})


def _weighted_sum(
    function: Handle, points: list[Any], position: int, weights: torch.Tensor
) -> Callable[[torch.Tensor], float]:
    """Return the weighted sum of a function's result as a function of the argument at `position` alone."""

    def value_at(moved: torch.Tensor) -> float:
        result = function(*[moved if place == position else value for place, value in enumerate(points)])
        if not isinstance(result, torch.Tensor) or result.shape != weights.shape:
            raise Failed({"key": "no_value", "actual": describe(result)})
        return float((result.double() * weights).sum())

    return value_at


def _parameters(network: Handle) -> tuple[list[str], list[tuple[int, ...]]]:
    """Return names and shapes of a student's parameters, whatever `named_parameters` gives."""
    pairs = list(network.named_parameters())
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], torch.Tensor)):  # noqa: PLR2004
            raise Failed({"key": "wrong_parameters", "actual": describe(pair)})
    return [str(name) for name, _ in pairs], [tuple(value.shape) for _, value in pairs]


def _match(wanted: list[tuple[int, ...]], shapes: list[tuple[int, ...]]) -> list[int] | None:
    """Return for each of `shapes` the first unused position in `wanted` of the same shape."""
    left = list(range(len(wanted)))
    order = []
    for shape_ in shapes:
        position = next((n for n in left if wanted[n] == shape_), None)
        if position is None:
            return None
        left.remove(position)
        order.append(position)
    return None if left else order
