"""What one request of a check to a kernel costs: median over many, with a real cold kernel.

python benchmarks/round_trips.py
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import torch

from grader.kernel.session import Session
from grader.kernel.starting import ColdKernels
from grader.model import Cell, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 500
SOURCE = """
import torch
net = torch.nn.Sequential(torch.nn.Conv2d(1, 6, 5), torch.nn.Conv2d(6, 16, 5), torch.nn.Linear(400, 120),
                          torch.nn.Linear(120, 84), torch.nn.Linear(84, 10))
rows = torch.randn(10_000, 10)
def same(x):
    return x
"""


def main() -> None:
    """Print a line for each kind of request."""
    with Session(ColdKernels(), Limits(), {}, seed=0, device="cpu") as session:
        session.run((Cell(0, "code", SOURCE),))
        channel, student = session.serve()
        channel.start_check(600, seed=0)
        same, net, rows = student.same, student.net, torch.randn(10_000, 10)
        requests: dict[str, Callable[[], Any]] = {
            "a number there and back": lambda: same(1),
            "a tensor of 10,000 x 10 float32 as the answer": lambda: student.rows,
            "the same there and back": lambda: same(rows),
            "a state_dict of LeNet's size as the answer": net.state_dict,
        }
        for name, request in requests.items():
            print(f"{_median_milliseconds(request):6.2f} ms  {name}")


def _median_milliseconds(request: Callable[[], Any]) -> float:
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        request()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


if __name__ == "__main__":
    main()
