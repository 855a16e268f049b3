"""Roughness of a height map by the height parameters of ISO 25178."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate

Level = Literal["mean", "plane", "quadratic"]

# Heights are known to far fewer digits than this part of the largest, and rounded to far more.
_FLAT = 1e-12
# Directions in which columns extend by less than this part of the whole are not levelled along.
_NARROW = 1e-10


@dataclass(frozen=True)
class Roughness:
    """Height parameters of a levelled surface, of the population of its columns.

    Attributes
    ----------
    sa
        Arithmetic mean of the absolute height, in the unit of the heights, as all others but
        `ssk`, `sku` and `tilt`.
    sq
        Root mean square height.
    ssk
        Skewness: below 0 where valleys prevail, above 0 where peaks do. NaN on a flat surface.
    sku
        Kurtosis: 3 for normally distributed heights, 1.5 for a sinusoid. NaN on a flat surface.
    sp, sv
        Height of the highest peak and depth of the deepest valley, both positive.
    sz
        Greatest height, `sp + sv`.
    tilt
        Angle in degrees between the map and what was levelled, at the middle of the columns; 0
        where only the mean was taken off.
    n_columns
        Columns with a height.
    level
        What was taken off: ``"mean"``, ``"plane"`` or ``"quadratic"``.
    """

    sa: float
    sq: float
    ssk: float
    sku: float
    sp: float
    sv: float
    sz: float
    tilt: float
    n_columns: int
    level: Level


def surface_roughness(
    height: ArrayLike, *, spacing: _validate.Spacing = 1.0, level: Level = "plane"
) -> Roughness:
    """Measure the roughness of a height map once its mean, tilt or bow has been taken off.

    Parameters
    ----------
    height
        (y, x), or (x,) for a section: one height a column, integer or float, measured from any
        plane. Columns that are NaN have none and are ignored.
    spacing
        Distance of the columns, a number or one per axis, in the unit of the heights; it enters
        `Roughness.tilt` only.
    level
        What is taken off first, fitted by least squares to the columns that have a height:
        ``"mean"``; ``"plane"``, mean and tilt; ``"quadratic"``, a second-order surface, for
        current collectors that are bowed. Whatever is left counts as roughness, so that values
        compare only if levelled alike and over areas of like size. In the words of ISO 25178 this
        is the F-operation; there is no filter that takes off waviness.

    Returns
    -------
    Roughness
        All NaN where no column has a height. On a flat surface, one column included, lengths are 0
        and `ssk` and `sku` are NaN. Flat is what differs by no more than 1e-12 of the greatest
        height, which is rounding.

    Raises
    ------
    TypeError
        If the heights are not integer or float.
    ValueError
        If there is a height that is infinite, the map has neither one axis nor two, the spacing is
        not positive, or the level is none of the three.

    Notes
    -----
    Where columns do not determine the surface (all on one line, fewer than its coefficients), the
    one with the smallest coefficients is taken off.

    Heights that are whole voxels of size h carry up to h/2 of rounding: on a tilted or rough
    surface ``sq**2`` holds h²/12 of it.

    References
    ----------
    .. [1] ISO 25178-2:2021, "Geometrical product specifications (GPS) - Surface texture: Areal -
       Part 2: Terms, definitions and surface texture parameters".

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:8, :8]
    >>> surface = surface_roughness(3.0 * x + (-1.0) ** (x + y), spacing=3.0)
    >>> round(surface.sq, 2), round(surface.sz, 2), round(surface.tilt, 1)
    (1.0, 2.0, 45.0)
    """
    if level not in get_args(Level):
        raise ValueError(f"level must be 'mean', 'plane' or 'quadratic', got {level!r}")
    heights = _height_map(height)
    lengths = _validate.spacing(spacing, heights.ndim)
    known = ~np.isnan(heights)
    values = heights[known]
    if values.size == 0:
        nothing = (math.nan,) * 8
        return Roughness(*nothing, 0, level)
    places = [p * length for p, length in zip(np.nonzero(known), lengths, strict=True)]
    deviations, slope = _levelled(values, places, level)
    if np.ptp(deviations) <= _FLAT * np.abs(values).max():
        deviations = np.zeros_like(deviations)
    return _height_parameters(deviations, math.degrees(math.atan(slope)), level)


def _height_map(height: ArrayLike) -> NDArray[np.float64]:
    array = _validate.unmasked(height, "height")
    if array.dtype.kind not in "uif":
        raise TypeError(f"height must be integer or float, got {array.dtype}")
    if array.ndim not in (1, 2):
        raise ValueError(f"height must be (y, x) or (x,), got shape {array.shape}")
    heights = array.astype(np.float64)
    infinite = np.argwhere(np.isinf(heights))
    if len(infinite):
        where = tuple(infinite[0].tolist())
        raise ValueError(
            f"height must be finite or NaN, got {heights[where]} at {where}; "
            "pass NaN where a column has no height"
        )
    return heights


def _levelled(
    values: NDArray[np.float64], places: Sequence[NDArray[Any]], level: Level
) -> tuple[NDArray[np.float64], float]:
    """Heights above the surface that fits them best, and the slope of that in the middle."""
    deviations = _centred(values)
    if level == "mean":
        return deviations, 0.0
    axes = [_centred(place) for place in places]
    extents = [float(np.abs(axis).max()) or 1.0 for axis in axes]
    design = _design(axes, extents, level)
    coefficients, _, rank, _ = np.linalg.lstsq(design, deviations, rcond=_NARROW)
    if rank < design.shape[1]:
        # Of many fits, the one with the smallest slope: that is of the smallest coefficients where
        # all axes have one scale.
        extents = [max(extents)] * len(axes)
        design = _design(axes, extents, level)
        coefficients = np.linalg.lstsq(design, deviations, rcond=_NARROW)[0]
    slopes = [c / e for c, e in zip(coefficients[: len(axes)].tolist(), extents, strict=True)]
    return _centred(deviations - design @ coefficients), math.hypot(*slopes)


def _design(
    axes: Sequence[NDArray[np.float64]], extents: Sequence[float], level: Level
) -> NDArray[np.float64]:
    """A column a term: places along each axis, and their products where these are wanted."""
    terms = [axis / extent for axis, extent in zip(axes, extents, strict=True)]
    if level == "quadratic":
        terms += [a * b for a, b in combinations_with_replacement(terms, 2)]
    return np.stack([_centred(term) for term in terms], axis=1)


def _centred(values: NDArray[Any]) -> NDArray[np.float64]:
    # The mean is that of differences: of values with a big offset it would be off by more than
    # they differ.
    differences = values - values[0]
    centred: NDArray[np.float64] = differences - differences.mean()
    return centred


def _height_parameters(deviations: NDArray[np.float64], tilt: float, level: Level) -> Roughness:
    sq = math.sqrt(float(np.mean(deviations**2)))
    ssk = sku = math.nan
    if sq > 0:
        unit = deviations / sq  # powers of tiny or huge heights would leave the range of float64
        ssk, sku = float(np.mean(unit**2 * unit)), float(np.mean((unit**2) ** 2))
    sp, sv = float(deviations.max()), float(0.0 - deviations.min())
    return Roughness(
        sa=float(np.mean(np.abs(deviations))),
        sq=sq,
        ssk=ssk,
        sku=sku,
        sp=sp,
        sv=sv,
        sz=sp + sv,
        tilt=tilt,
        n_columns=deviations.size,
        level=level,
    )
