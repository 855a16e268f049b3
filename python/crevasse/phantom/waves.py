"""Smooth random surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def waves(
    rng: np.random.Generator, y: NDArray[np.floating], x: NDArray[np.floating], length: float
) -> Floats:
    """A sum of random plane waves, mean about 0 and standard deviation about 1.

    Parameters
    ----------
    y, x
        Coordinates; they are broadcast against each other.
    length
        Typical wavelength, in the coordinates' unit.
    """
    total = np.zeros(np.broadcast_shapes(y.shape, x.shape), dtype=np.float32)
    n = 24
    for _ in range(n):
        angle, phase = rng.uniform(0.0, 2.0 * np.pi, size=2)
        k = 2.0 * np.pi / (length * rng.uniform(0.6, 1.8))
        total += np.cos((k * np.cos(angle)) * y + (k * np.sin(angle)) * x + phase)
    return total * np.float32(np.sqrt(2.0 / n))
