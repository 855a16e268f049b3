"""Seeded volumes that benchmarks and big tests share; each is made at any edge length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.uint8]


def crack(edge: int, *, fraction: float = 0.03, seed: int = 0) -> Mask:
    """Warped penny cracks 2 to 6 voxels wide and small pores, `fraction` foreground."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((edge, edge, edge), dtype=np.uint8)
    filled, target = 0, fraction * mask.size
    while filled < 0.97 * target:
        filled += _add_penny(mask, rng)
    while filled < target:
        filled += _add_pore(mask, rng)
    return mask


def _add_penny(mask: Mask, rng: np.random.Generator) -> int:
    """One disc with a sinusoidal surface, at a random place and tilt. Returns the voxels added."""
    edge = mask.shape[0]
    radius = rng.uniform(0.06, 0.16) * edge
    half_width = rng.uniform(1.0, 3.0)
    normal = rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    u = np.cross(normal, [1.0, 0.0, 0.0] if abs(normal[0]) < 0.9 else [0.0, 1.0, 0.0])
    u /= np.linalg.norm(u)
    v = np.cross(normal, u)
    centre = rng.uniform(0, edge, size=3)
    low = np.maximum(np.floor(centre - radius - 4), 0).astype(int)
    high = np.minimum(np.ceil(centre + radius + 4), edge).astype(int)
    grid = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    offset = [g - c for g, c in zip(grid, centre, strict=True)]
    along_u = sum(o * k for o, k in zip(offset, u, strict=True))
    along_v = sum(o * k for o, k in zip(offset, v, strict=True))
    height = sum(o * k for o, k in zip(offset, normal, strict=True))
    wave = rng.uniform(0.5, 2.5) * np.sin(along_u * rng.uniform(2, 6) / radius)
    inside = (np.abs(height - wave) <= half_width) & (along_u**2 + along_v**2 <= radius**2)
    return _paint(mask, low, high, inside)


def _add_pore(mask: Mask, rng: np.random.Generator) -> int:
    edge = mask.shape[0]
    radius = rng.uniform(1.0, 3.5)
    centre = rng.uniform(0, edge, size=3)
    low = np.maximum(np.floor(centre - radius), 0).astype(int)
    high = np.minimum(np.ceil(centre + radius) + 1, edge).astype(int)
    grid = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    squared = sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True))
    return _paint(mask, low, high, squared <= radius**2)


def _paint(
    mask: Mask, low: NDArray[np.int_], high: NDArray[np.int_], inside: NDArray[np.bool_]
) -> int:
    part = mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    added = int(np.count_nonzero(inside & (part == 0)))
    part[inside] = 1
    return added


def blob(edge: int, *, seed: int = 0) -> Mask:
    """Half of a Gaussian random field of correlation length 8."""
    rng = np.random.default_rng(seed)
    field = rng.standard_normal((edge, edge, edge), dtype=np.float32)
    field = ndimage.gaussian_filter(field, 8, mode="wrap", output=np.float32)
    return (field > 0).astype(np.uint8)


def noise(edge: int, *, fraction: float = 0.25, seed: int = 0) -> Mask:
    """Independent voxels, `fraction` of them foreground: the worst case for runs."""
    rng = np.random.default_rng(seed)
    return (rng.random((edge, edge, edge), dtype=np.float32) < fraction).astype(np.uint8)


def phases(edge: int, *, seed: int = 0) -> Mask:
    """Seven phases and background: a Gaussian random field cut at its octiles."""
    rng = np.random.default_rng(seed)
    field = rng.standard_normal((edge, edge, edge), dtype=np.float32)
    field = ndimage.gaussian_filter(field, 8, mode="wrap", output=np.float32)
    bounds = np.quantile(field[:: max(1, edge // 32)], np.arange(1, 8) / 8)
    return np.digitize(field, bounds).astype(np.uint8)


VOLUMES: dict[str, Callable[[int], Mask]] = {
    "crack": crack,
    "blob": blob,
    "noise": noise,
    "phases": phases,
}
