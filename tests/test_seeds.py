"""Seeds: repeated by a regrade, unknown to a student."""

from __future__ import annotations

import random

import numpy as np
import torch

from grader.seeds import attempt_seed, derived_seed, seed_here


def test_a_seed_depends_on_secret_submission_and_assignment():
    """Equal inputs give equal seeds; each of the three changes it."""
    seed = attempt_seed(b"secret", "sha", "digest")

    assert seed == attempt_seed(b"secret", "sha", "digest")
    assert len({seed, *(attempt_seed(*other) for other in ((b"s", "sha", "digest"), (b"secret", "x", "digest")))}) == 3
    assert seed != attempt_seed(b"secret", "sha", "x")
    assert 0 <= seed < 2**48


def test_derived_seeds_differ_by_name():
    """Each check of an attempt draws numbers of its own."""
    assert derived_seed(1, "a") != derived_seed(1, "b")


def test_seeding_covers_torch_numpy_and_random():
    """All three generators start over."""

    def draw():
        generator = seed_here(9)
        return torch.rand(1).item(), np.random.rand(), random.random(), torch.rand(1, generator=generator).item()

    assert draw() == draw()
