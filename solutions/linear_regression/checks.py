"""Checks of linear_regression.

The variables come first: a notebook's `fit` may write to its global `losses` when it is called again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from grader import check, expect

STEPS = 1000


@check(task="age_height", points=3)
def line_is_right(student: Any, reference: Any) -> None:
    """`w` and `b` are the slope and the intercept after 1000 steps from zero with a learning rate of 0.001."""
    _expect_line(_line_of(student), _line_of(reference), rtol=1e-5, size=False)


@check(task="age_height", points=1)
def computed_in_double_precision(student: Any, reference: Any) -> None:
    """`w` and `b` are right to the last digits, as only float64 can hold them."""
    # float64 sums agree to 1e-13 in any order; one run in float32 is 1e-7 off
    _expect_line(_line_of(student), _line_of(reference), rtol=1e-9, size=False)


@check(task="age_height", points=1)
def losses_are_recorded(student: Any, reference: Any) -> None:
    """`losses` holds the mean squared error of each of the 1000 steps, from the first to the last."""
    losses = _losses_of(student)
    expect.that(len(losses) in (STEPS, STEPS + 1), f"`losses` has {len(losses)} entries, not one for each step.")
    # the loss may be noted before or after the update of its step
    expect.close(float(losses[0]), float(_losses_of(reference)[0]), rtol=0.15)
    slope, intercept = (_number(value) for value in _line_of(student))
    error = slope * reference.x + intercept - reference.y
    expect.close(float(losses[-1]), float((error**2).mean()), rtol=1e-2)


@check(task="age_height", points=1)
def loss_falls(student: Any) -> None:
    """The losses never rise from one step to the next, and end far below the first one."""
    losses = _losses_of(student)
    expect.that(len(losses) > 1, "`losses` holds fewer than two losses.")
    rises = int((~(losses[1:] <= losses[:-1] + 1e-6 * losses[0].abs())).sum())  # a NaN is no fall
    expect.that(rises == 0, f"The loss rises in {rises} of {len(losses) - 1} steps.")
    expect.that(float(losses[0]) > 10 * float(losses[-1]), "The last loss is not far below the first one.")


@check(task="fit", points=1)
def first_step_is_right(student: Any, reference: Any) -> None:
    """One step of `fit` from w = b = 0 goes against the gradient of the mean squared error, times lr."""
    x, y = _draw_points()
    lr = float(torch.empty(1).uniform_(0.01, 0.05))
    _expect_line(_pair(student.fit(x, y, lr, 1)), _pair(reference.fit(x, y, lr, 1)), rtol=1e-5)


@check(task="fit", points=2)
def many_steps_are_right(student: Any, reference: Any) -> None:
    """On other points, with other learning rates and numbers of steps, `fit` ends where gradient descent ends."""
    for _ in range(3):
        x, y = _draw_points()
        lr, steps = float(torch.empty(1).uniform_(0.01, 0.05)), int(torch.randint(5, 16, ()))
        _expect_line(_pair(student.fit(x, y, lr, steps)), _pair(reference.fit(x, y, lr, steps)), rtol=1e-5)


@check(task="fit", points=1)
def gradients_come_from_autograd(student: Any, notebook: Any) -> None:
    """`fit` moves the line, and the gradients come from autograd (`backward`), not from a formula."""
    x, y = _draw_points()
    slope, _ = _pair(student.fit(x, y, 0.01, 5))
    expect.that(abs(_number(slope)) > 0, "`fit` leaves the slope at zero.")
    expect.that(notebook.calls("backward") or notebook.calls("grad"), "Your notebook never calls `backward()`.")


def _draw_points() -> tuple[torch.Tensor, torch.Tensor]:
    """Return x and y of a line with noise, whose slope and intercept are not near zero."""
    x = torch.empty(int(torch.randint(20, 41, ())), dtype=torch.float64).uniform_(-1.0, 3.0)
    slope, intercept = torch.empty(2, dtype=torch.float64).uniform_(0.5, 2.0)
    return x, slope * x + intercept + 0.1 * torch.randn(len(x), dtype=torch.float64)


def _expect_line(actual: tuple[Any, Any], expected: tuple[Any, Any], rtol: float, *, size: bool = True) -> None:
    """Expect slope and intercept, each a number or a tensor of one element."""
    for mine, theirs in zip(actual, expected, strict=True):
        expect.close(mine, _number(theirs), rtol=rtol, atol=0.0, shape=False, size=size)


def _line_of(names: Any) -> tuple[Any, Any]:
    """Return slope and intercept of a notebook: `w` and `b`, or one `w` that holds both."""
    w = names.w
    return _pair(w) if _size(w) == 2 else (w, names.b)


def _pair(result: Any) -> tuple[Any, Any]:
    """Return the two values of a pair, or of a tensor of shape (2, 1)."""
    two = isinstance(result, (list, tuple)) and len(result) == 2
    expect.that(two or _size(result) == 2, "`w` and `b` are asked for, or one `w` of shape (2, 1).")
    first, second = result if two else result.reshape(-1)
    return first, second


def _size(value: Any) -> int:
    """Return the number of elements of a tensor or array, 0 for anything else."""
    return int(np.prod(value.shape)) if isinstance(value, (torch.Tensor, np.ndarray)) else 0


def _number(value: Any, what: str = "`w` or `b`") -> float:
    """Return a number or the only element of a tensor or array."""
    is_single = isinstance(value, (int, float, np.number)) or _size(value) == 1
    expect.that(is_single, f"{what} is not a single number.")
    return float(value.reshape(-1)[0] if _size(value) == 1 else value)


def _losses_of(names: Any) -> torch.Tensor:
    """Return `losses` as one row of numbers, from a list, tensor or array."""
    losses = names.losses
    if isinstance(losses, (list, tuple)):
        losses = torch.tensor([_number(loss, "An entry of `losses`") for loss in losses], dtype=torch.float64)
    is_row = _size(losses) > 0
    expect.that(is_row, "`losses` is no list, tensor or array of numbers, or it is empty.")
    return torch.as_tensor(losses).double().reshape(-1)
