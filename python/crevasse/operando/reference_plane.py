"""The plane of a current collector, from a height map in which much may be amiss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Heights = NDArray[np.float64]

_MOST_ROUNDS = 50
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
    known = ~np.isnan(height)
    places = np.nonzero(known)
    design = np.stack(
        [np.ones(known.sum()), *(p * s for p, s in zip(places, spacing, strict=True))], axis=1
    )
    if np.linalg.matrix_rank(design) <= height.ndim:
        return None
    values = height[known]
    slopes = [_typical_slope(height, axis, length) for axis, length in enumerate(spacing)]
    fit = np.array([0.0, *slopes])
    fit[0] = np.median(values - design @ fit)
    least = voxel / math.sqrt(12)  # what rounding alone spreads heights by
    for _ in range(_MOST_ROUNDS):
        away = values - design @ fit
        spread = max(_TO_DEVIATION * float(np.median(np.abs(away))), least)
        root = np.maximum(1 - (away / (_CUT * spread)) ** 2, 0)  # the root of the weight
        new = np.linalg.lstsq(design * root[:, None], values * root, rcond=None)[0]
        settled = np.abs(design @ (new - fit)).max() < 1e-9 * voxel
        fit = new
        if settled:
            break
    away = values - design @ fit
    spread = _TO_DEVIATION * float(np.median(np.abs(away)))
    return Plane(float(fit[0]), tuple(float(v) for v in fit[1:]), spread)


def _typical_slope(height: Heights, axis: int, length: float) -> float:
    """The median slope between columns half of the known extent apart, 0 if there are none."""
    others = tuple(a for a in range(height.ndim) if a != axis)
    (covered,) = np.nonzero((~np.isnan(height)).any(axis=others))
    step = max(1, int(covered[-1] - covered[0] + 1) // 2)
    along = np.moveaxis(height, axis, 0)
    differences = along[step:] - along[:-step]
    differences = differences[~np.isnan(differences)]
    return float(np.median(differences)) / (step * length) if differences.size else 0.0
