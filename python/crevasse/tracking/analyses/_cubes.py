"""Volumes cut into cubes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def cubes(places: tuple[Ints, ...], spacing: tuple[float, ...], edge: float) -> Iterator[Ints]:
    """Axis by axis, the number of the cube of that edge in which each voxel lies."""
    for place, length in zip(places, spacing, strict=True):
        yield np.floor(place * length / edge).astype(np.int64)
