"""How close is close: one row per dtype and kind of device.

The rows are wider than those of `torch.testing`, because a right solution may sum in another order than the reference,
and narrower than any listed mistake. A check that needs another tolerance passes it and says why.
"""

from __future__ import annotations

from typing import NamedTuple

import torch


class Tolerance(NamedTuple):
    """`|actual - expected| <= absolute + relative * |expected|`."""

    relative: float
    absolute: float


EXACT = Tolerance(0.0, 0.0)

TOLERANCES: dict[tuple[torch.dtype, str], Tolerance] = {
    (torch.float64, "cpu"): Tolerance(1e-7, 1e-9),
    (torch.float32, "cpu"): Tolerance(1e-4, 1e-5),
    (torch.bfloat16, "cpu"): Tolerance(2e-2, 1e-2),
    (torch.float16, "cpu"): Tolerance(2e-3, 1e-3),
    # on CUDA matrix products and convolutions may run in TF32, with 10 bits of mantissa
    (torch.float64, "cuda"): Tolerance(1e-7, 1e-9),
    (torch.float32, "cuda"): Tolerance(2e-3, 1e-3),
    (torch.bfloat16, "cuda"): Tolerance(2e-2, 1e-2),
    (torch.float16, "cuda"): Tolerance(4e-3, 2e-3),
}


def choose_tolerance(dtypes: tuple[torch.dtype, torch.dtype], device: str) -> Tolerance:
    """Return the row for a comparison of two dtypes: the wider of both; whole numbers and bools are exact."""
    kind = "cuda" if device.startswith("cuda") else "cpu"
    rows = [TOLERANCES[dtype, kind] for dtype in dtypes if (dtype, kind) in TOLERANCES]
    return max(rows, default=EXACT)
