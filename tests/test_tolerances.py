"""The table of tolerances."""

from __future__ import annotations

import torch

from grader.tolerances import EXACT, TOLERANCES, choose_tolerance


def test_the_wider_dtype_of_both_decides():
    """A float32 result against a float64 expectation gets float32's tolerance."""
    assert choose_tolerance((torch.float32, torch.float64), "cpu") == TOLERANCES[torch.float32, "cpu"]


def test_whole_numbers_are_exact():
    """Integers and bools have no tolerance."""
    assert choose_tolerance((torch.int64, torch.bool), "cpu") == EXACT


def test_cuda_has_rows_of_its_own():
    """Every dtype has a row for each kind of device, never a narrower one on CUDA."""
    for (dtype, device), row in TOLERANCES.items():
        assert choose_tolerance((dtype, dtype), f"{device}:0" if device == "cuda" else device) == row
        assert TOLERANCES[dtype, "cuda"] >= TOLERANCES[dtype, "cpu"]
