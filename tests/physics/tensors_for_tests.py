"""Elastic tensors that several tests start from."""

import numpy as np


def cubic(c11: float, c12: float, c44: float) -> np.ndarray:
    C = np.diag([c11 - c12] * 3 + [c44] * 3)
    C[:3, :3] += c12
    return C


def random_tensor(seed: int) -> np.ndarray:
    half = np.random.default_rng(seed).normal(size=(6, 6))
    return 20 * half @ half.T + 10 * np.eye(6)
