"""A grainy solid: pores on the faces of its grains, and cracks that leave them room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.bodies import Crack, Flaw, Pore
from crevasse.phantom.sheets import Sheet, Vector, Voxels, ellipsoid, merged

Index = NDArray[np.int64]
_GAP = 2.6
"""Centres of two bodies' voxels lie at least that far apart, so a voxel between them is solid."""

_PATCH = 4.0
"""Path, in voxels, that opens at once when a crack is born."""


@dataclass(frozen=True, eq=False)
class Region:
    """Where solid is, (z, y, x), and what of it is taken."""

    solid: NDArray[np.bool_]
    taken: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "taken", np.zeros(self.solid.size, dtype=np.bool_))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the volume."""
        nz, ny, nx = self.solid.shape
        return nz, ny, nx

    def within(self, index: Index) -> NDArray[np.bool_]:
        """Which voxels are solid's."""
        return self.solid.reshape(-1)[index]

    def holds(self, point: Vector, margin: int) -> bool:
        """Whether a point lies in the solid by that much, along each axis."""
        at = np.rint(point).astype(int)
        if np.any(at < margin) or np.any(at >= np.array(self.shape) - margin):
            return False
        moves = margin * np.vstack([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
        return all(bool(self.solid[tuple(at + move)]) for move in moves)


@dataclass(frozen=True, eq=False)
class Network:
    """A crack, and the sheets that it is made of; the first is its trunk."""

    crack: Crack
    sheets: tuple[Sheet, ...]


def grow_network(
    region: Region,
    id: int,
    trunk: Sheet,
    branches: int,
    rng: np.random.Generator,
    *,
    ramp: float,
    through: bool = False,
) -> Network | None:
    """A trunk with branches to both sides, and what branches off these; None if it does not fit.

    `through`: the trunk may end beyond the solid.
    """
    sheets = [trunk]
    for _ in range(branches):
        parent = sheets[int(rng.integers(0, min(len(sheets), 3)))]
        at = rng.uniform(0.25, 0.7) * parent.length
        angle = np.deg2rad(rng.uniform(25.0, 55.0)) * rng.choice([-1.0, 1.0])
        branch = parent.turned(
            angle,
            at,
            length=rng.uniform(0.35, 0.6) * trunk.length,
            half_breadth=rng.uniform(0.6, 0.9) * parent.half_breadth,
            half_width=0.85 * parent.half_width,
        )
        if branch.ahead[0] > 0.0 and region.holds(branch.point(branch.length), 4):
            sheets.append(branch)
    if not through and not region.holds(trunk.point(trunk.length), 4):
        return None
    zone = np.concatenate([s.voxels(region.shape, margin=_GAP + 0.5).flat for s in sheets])
    if region.taken[zone].any():
        return None
    voxels = _inside(merged([s.voxels(region.shape) for s in sheets]), region)
    # It begins as a patch, not as the few voxels that a rough electrode lets through.
    along = np.maximum(voxels.along, np.float32(trunk.start + _PATCH))
    crack = Crack(
        id,
        voxels.flat,
        region.shape,
        along,
        voxels.away,
        voxels.width,
        ramp=ramp,
        thinning=2.5 * ramp,
    )
    region.taken[voxels.flat] = True
    return Network(crack, tuple(sheets))


def pore_beside(region: Region, network: Network, id: int, rng: np.random.Generator) -> Pore | None:
    """A flat pore along a crack's flank that closes as the crack widens there."""
    trunk = network.sheets[0]
    radii = np.array([0.13 * trunk.length, 0.6 * trunk.half_breadth, 1.8])
    radii = np.clip(radii, 1.8, 14.0)
    axes = np.stack([trunk.ahead, trunk.side, trunk.normal])
    for _ in range(40):
        at = rng.uniform(0.15, 0.55) * trunk.length
        away = trunk.half_width + _GAP + radii[2] + rng.uniform(1.0, 3.5)
        centre = trunk.point(at) + rng.choice([-1.0, 1.0]) * away * trunk.normal
        found = _pore_voxels(region, centre, axes, radii)
        if found is not None:
            region.taken[found[0]] = True
            rounding = _rounding(found[1], radii)
            over = 1.5 * network.crack.ramp
            return Pore(id, *found, rounding, closes_at=trunk.start + at, closes_over=over)
    return None


def flaw_beside(
    region: Region, network: Network, id: int, size: float, opens_at: float
) -> Flaw | None:
    """An empty crack along a crack's flank that opens while lithium leaves it."""
    trunk = network.sheets[0]
    for share in (0.3, 0.4, 0.5, 0.6, 0.2, 0.7):
        for sign in (-1.0, 1.0):
            centre = trunk.point(share * trunk.length)
            centre = centre + sign * (trunk.half_width + _GAP + 3.5) * trunk.normal
            sheet = Sheet(
                centre - 0.5 * size * trunk.ahead,
                trunk.ahead,
                trunk.normal,
                size,
                0.4 * size,
                0.9,
            )
            zone = sheet.voxels(region.shape, margin=_GAP + 0.5).flat
            if region.taken[zone].any() or not region.within(zone).all():
                continue
            voxels = merged([sheet.voxels(region.shape)])
            region.taken[voxels.flat] = True
            return Flaw(id, *voxels, opens_at=opens_at)
    return None


def fill_with_pores(
    region: Region,
    low: int,
    high: int,
    n_voxels: float,
    first_id: int,
    size: float,
    rng: np.random.Generator,
) -> Iterator[Pore]:
    """Pores of `n_voxels` in all, with their centres at low <= z < high; `size`: typical radius."""
    remaining, one = n_voxels, first_id
    seeds = _grain_seeds(region, low, high, 9.0 * size, rng)
    for _ in range(200_000):
        if remaining < 20.0:
            return
        radius = size * float(rng.lognormal(0.0, 0.35))
        radius = max(1.6, min(radius, (remaining / 3.4) ** (1.0 / 3.0)))
        centre, axes = _grain_face(seeds, rng)
        radii = radius * np.array([1.35, 1.1, 0.7])
        if not low <= centre[0] < high or radii[2] < 1.1:
            centre = rng.uniform([low, 0, 0], [high, *region.shape[1:]])
        radii = np.maximum(radii, 1.1)
        found = _pore_voxels(region, centre, axes, radii)
        if found is None:
            continue
        n_open = int(np.count_nonzero(found[1] >= 0.0))
        if n_open > remaining + 4.0:
            continue
        region.taken[found[0]] = True
        yield Pore(one, *found, _rounding(found[1], radii))
        remaining -= n_open
        one += 1
    raise RuntimeError("no room is left for the pores; take another seed or a larger scale")


def _pore_voxels(
    region: Region, centre: Vector, axes: NDArray[np.float64], radii: Vector
) -> tuple[Index, NDArray[np.float32]] | None:
    zone, _ = ellipsoid(region.shape, centre, axes, radii, margin=_GAP + 0.5)
    # Off the outer faces, and off the electrodes.
    if not len(zone) or region.taken[zone].any() or not region.within(zone).all():
        return None
    y, x = zone // region.shape[2] % region.shape[1], zone % region.shape[2]
    if (
        min(y.min(), x.min()) == 0
        or y.max() == region.shape[1] - 1
        or x.max() == region.shape[2] - 1
    ):
        return None
    index, depth = ellipsoid(region.shape, centre, axes, radii)
    return (index, depth) if (depth >= 0.0).any() else None


def _rounding(depth: NDArray[np.float32], radii: Vector) -> float:
    """What to take off the depths so that partial volumes add up to that of the ellipsoid."""
    volume = 4.0 / 3.0 * np.pi * float(np.prod(radii))
    low, high = -0.5, 0.5
    for _ in range(24):
        middle = 0.5 * (low + high)
        if np.clip(depth - middle + 0.5, 0.0, 1.0).sum() > volume:
            low = middle
        else:
            high = middle
    return middle


def _grain_seeds(
    region: Region, low: int, high: int, grain: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    extent = np.array([high - low, *region.shape[1:]], dtype=np.float64)
    n = max(8, round(float(np.prod(extent)) / grain**3))
    seeds: NDArray[np.float64] = rng.uniform(size=(n, 3)) * extent + np.array([low, 0.0, 0.0])
    return seeds


def _grain_face(
    seeds: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Vector, NDArray[np.float64]]:
    """A point between two neighbouring grains, and unit vectors, the last across the face."""
    one = seeds[int(rng.integers(len(seeds)))]
    sample = seeds[rng.integers(len(seeds), size=min(len(seeds), 400))]
    apart = np.linalg.norm(sample - one, axis=1)
    apart[apart == 0.0] = np.inf
    other = sample[np.argsort(apart)[int(rng.integers(min(6, len(sample))))]]
    across = other - one
    length = float(np.linalg.norm(across))
    if not length:
        across, length = np.array([1.0, 0.0, 0.0]), 1.0
    across = across / length
    first = np.cross(across, rng.normal(size=3))
    first /= np.linalg.norm(first)
    spread = rng.normal(size=2) * 0.25 * length
    second = np.cross(across, first)
    centre = 0.5 * (one + other) + spread[0] * first + spread[1] * second
    return centre, np.stack([first, second, across])


def _inside(voxels: Voxels, region: Region) -> Voxels:
    keep = region.within(voxels.flat)
    return Voxels(voxels.flat[keep], voxels.along[keep], voxels.away[keep], voxels.width[keep])
