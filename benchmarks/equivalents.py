"""The checks of the bundled linear regression as the other graders take them: code that runs in the notebook.

Each has the name, the points and the meaning of ours in `solutions/linear_regression/checks.py`. They are
plain assertions about the names that the notebook defines, because that is what a check is in those graders.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from textwrap import indent


@dataclass(frozen=True)
class Equivalent:
    """One check as code that raises when the claim does not hold."""

    name: str
    points: int
    body: str

    @property
    def code(self) -> str:
        """Return the check as a function and its call, so that no name of the notebook is overwritten."""
        return f"def _{self.name}():\n{indent(self.body.strip(), '    ')}\n\n_{self.name}()"

    def doctest(self) -> str:
        """Return the code as a doctest, statement by statement."""
        lines = self.code.splitlines()
        starts = {statement.lineno for statement in ast.parse(self.code).body}
        prompts = (">>> " if number in starts else "... " for number in range(1, len(lines) + 1))
        return "\n".join(prompt + line for prompt, line in zip(prompts, lines, strict=True))


NUMBERS = """
import numpy as np
import torch
def numbers(*values):
    return np.concatenate([np.asarray(v.detach() if torch.is_tensor(v) else v, dtype=float).ravel() for v in values])
"""

DATA = """
x, y = np.loadtxt("ex2x.dat").ravel(), np.loadtxt("ex2y.dat").ravel()
line = numbers(*([w] if numbers(w).size == 2 else [w, b]))
history = numbers(*losses)
"""

DESCENT = """
generator = torch.Generator().manual_seed(7)
def draw():
    points = torch.rand(30, dtype=torch.float64, generator=generator) * 4 - 1
    return points, 1.2 * points + 0.7 + 0.1 * torch.randn(30, dtype=torch.float64, generator=generator)
def descend(points, targets, lr, steps):
    slope = intercept = 0.0
    for _ in range(steps):
        error = slope * points + intercept - targets
        slope, intercept = slope - lr * 2 * (error * points).mean(), intercept - lr * 2 * error.mean()
    return numbers(slope, intercept)
def fitted(*arguments):
    result = fit(*arguments)
    return numbers(*result) if isinstance(result, (tuple, list)) else numbers(result)
"""

EQUIVALENTS = (
    Equivalent(
        "line_is_right",
        3,
        f"""{NUMBERS}{DATA}
assert line.shape == (2,)
assert np.allclose(line, [0.16947100643, 0.16979947159], rtol=1e-5, atol=0)
""",
    ),
    Equivalent(
        "computed_in_double_precision",
        1,
        f"""{NUMBERS}{DATA}
slope = intercept = 0.0
for _ in range(1000):
    error = slope * x + intercept - y
    slope, intercept = slope - 0.002 * (error * x).mean(), intercept - 0.002 * error.mean()
assert np.allclose(line, [slope, intercept], rtol=1e-9, atol=0)
""",
    ),
    Equivalent(
        "losses_are_recorded",
        1,
        f"""{NUMBERS}{DATA}
assert len(history) in (1000, 1001)
assert np.isclose(history[0], (y**2).mean(), rtol=0.15)
assert np.isclose(history[-1], ((line[0] * x + line[1] - y) ** 2).mean(), rtol=1e-2)
""",
    ),
    Equivalent(
        "loss_falls",
        1,
        f"""{NUMBERS}{DATA}
assert len(history) > 1
assert (np.diff(history) <= 1e-6 * abs(history[0])).all()
assert history[0] > 10 * history[-1]
""",
    ),
    Equivalent(
        "first_step_is_right",
        1,
        f"""{NUMBERS}{DESCENT}
points, targets = draw()
assert np.allclose(fitted(points, targets, 0.03, 1), descend(points, targets, 0.03, 1), rtol=1e-5, atol=0)
""",
    ),
    Equivalent(
        "many_steps_are_right",
        2,
        f"""{NUMBERS}{DESCENT}
for lr, steps in ((0.02, 8), (0.03, 11), (0.045, 15)):
    points, targets = draw()
    assert np.allclose(fitted(points, targets, lr, steps), descend(points, targets, lr, steps), rtol=1e-5, atol=0)
""",
    ),
    Equivalent(
        "gradients_come_from_autograd",
        1,
        f"""{NUMBERS}{DESCENT}
assert abs(fitted(*draw(), 0.01, 5)[0]) > 0
assert any(".backward(" in cell or ".grad(" in cell for cell in In[:-1])
""",
    ),
)
