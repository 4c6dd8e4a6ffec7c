"""Seeds that a student cannot predict and a regrade repeats."""

from __future__ import annotations

import hashlib
import hmac
import random

import numpy as np
import torch

SEED_BITS = 48
"""Fits a JSON number in every reader."""


def attempt_seed(secret: bytes, sha256: str, digest: str) -> int:
    """Return the seed of a submission's attempts at an assignment, by HMAC-SHA256 under the course's secret."""
    text = f"{sha256}:{digest}".encode()
    return _shorten(hmac.new(secret, text, hashlib.sha256).digest())


def derived_seed(seed: int, *names: str) -> int:
    """Return the seed of a part of an attempt: one of its checks, its kernel."""
    text = ":".join([str(seed), *names]).encode()
    return _shorten(hashlib.sha256(text).digest())


def seed_here(seed: int) -> torch.Generator:
    """Seed torch, NumPy and random in this process and return a generator of the same seed."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 -- what checks may draw from
    random.seed(seed)
    return torch.Generator().manual_seed(seed)


def _shorten(digest: bytes) -> int:
    return int.from_bytes(digest[: SEED_BITS // 8], "big")
