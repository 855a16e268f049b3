"""The plane of a current collector, from a height map in which much may be amiss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Heights = NDArray[np.float64]

_MOST_ROUNDS = 50
_MOST_COLUMNS = 2**16  # of a map are looked at, evenly spread: more adds no accuracy
_SETTLED = 1e-6  # voxels by which a round moves the plane when it has found its place
_ON_A_LINE = 1e-9  # least variance across it, of the extent squared, by which columns leave a line
_CUT = 4.685  # standard deviations from which a height counts for nothing: Tukey's for 95 %
_TO_DEVIATION = 1.4826  # of a normal distribution, from its median absolute deviation


@dataclass(frozen=True)
class Plane:
    """A plane over a map, as heights; a line over the map of a section.

    Attributes
    ----------
    offset
        Height at the map's first pixel.
    slopes
        Height per length along each axis of the map.
    spread
        Standard deviation of the heights about the plane, outliers left out.
    """

    offset: float
    slopes: tuple[float, ...]
    spread: float

    @property
    def tilt(self) -> float:
        """Angle to the map, in degrees."""
        return math.degrees(math.atan(math.hypot(*self.slopes)))

    @property
    def cosine(self) -> float:
        """Length along the plane's normal of what has length 1 along the axis of the heights."""
        return 1 / math.hypot(1, *self.slopes)

    def heights(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Heights:
        """Its height at every pixel of a map."""
        total = np.full(shape, self.offset)
        for axis, (slope, length) in enumerate(zip(self.slopes, spacing, strict=True)):
            along = slope * length * np.arange(shape[axis])
            total += along.reshape([-1 if a == axis else 1 for a in range(len(shape))])
        return total


def fit_plane(height: Heights, *, spacing: tuple[float, ...], voxel: float) -> Plane | None:
    """The plane that most of a height map lies along.

    Slopes begin as the medians of height differences over half the map, which a quarter of
    arbitrary heights cannot break, and are refined by least squares in which heights far from the
    plane lose their weight (Tukey's biweight).

    Parameters
    ----------
    height
        (y, x) or (x,), NaN where there is none.
    spacing
        Pixel size of the map, one per axis.
    voxel
        What heights are rounded to.

    Returns
    -------
    Plane or None
        None where the heights do not determine a plane.

    References
    ----------
    .. [1] P. J. Huber, E. M. Ronchetti, "Robust Statistics", 2nd ed., Wiley, 2009.
    """
    step = max(1, int((height.size / _MOST_COLUMNS) ** (1 / height.ndim)))
    height = height[(slice(None, None, step),) * height.ndim]
    spacing = tuple(length * step for length in spacing)
    known = ~np.isnan(height)
    if not known.any():
        return None
    lengths = [p * length for p, length in zip(np.nonzero(known), spacing, strict=True)]
    middle = [float(along.mean()) for along in lengths]
    # From the middle, in units of the extent: the normal equations are then well conditioned.
    extent = max(float(np.ptp(along)) for along in lengths) or 1.0
    terms = [(along - m) / extent for along, m in zip(lengths, middle, strict=True)]
    design = np.stack([np.ones(len(terms[0])), *terms])
    if np.linalg.eigvalsh(design @ design.T)[0] <= _ON_A_LINE * design.shape[1]:
        return None
    values = height[known]
    slopes = [_typical_slope(height, axis, length) * extent for axis, length in enumerate(spacing)]
    away = values - np.array(slopes) @ design[1:]
    fit = np.array([float(np.median(away)), *slopes])
    least = voxel / math.sqrt(12)  # what rounding alone spreads heights by
    for _ in range(_MOST_ROUNDS):
        away = values - fit @ design
        spread = max(_TO_DEVIATION * float(np.median(np.abs(away))), least)
        weighted = design * np.maximum(1 - (away / (_CUT * spread)) ** 2, 0) ** 2
        step = np.linalg.lstsq(weighted @ design.T, weighted @ away, rcond=None)[0]
        fit = fit + step
        if np.abs(step).sum() < _SETTLED * voxel:
            break
    spread = _TO_DEVIATION * float(np.median(np.abs(values - fit @ design)))
    tilts = [float(slope) / extent for slope in fit[1:]]
    offset = float(fit[0]) - sum(t * m for t, m in zip(tilts, middle, strict=True))
    return Plane(offset, tuple(tilts), spread)


def _typical_slope(height: Heights, axis: int, length: float) -> float:
    """The median slope between columns half of the known extent apart, 0 if there are none."""
    others = tuple(a for a in range(height.ndim) if a != axis)
    (covered,) = np.nonzero((~np.isnan(height)).any(axis=others))
    step = max(1, int(covered[-1] - covered[0] + 1) // 2)
    along = np.moveaxis(height, axis, 0)
    differences = along[step:] - along[:-step]
    differences = differences[~np.isnan(differences)]
    return float(np.median(differences)) / (step * length) if differences.size else 0.0
