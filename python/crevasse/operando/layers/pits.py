"""Faces of a phase as if cracks that are open at them were not there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Map = NDArray[np.int32]

_WIDTHS = (3, 5, 7, 11, 15)  # columns: what is wider is no crack that ends at the face
_SIDES = 2  # columns: as far as the imaging blurs them
_STEEP = 2  # voxels a column: a pit that is deeper than wide is steeper somewhere
_NOWHERE = np.iinfo(np.int32).max


def without_pits(first: Map, crossed: NDArray[np.bool_]) -> Map:
    """Where columns begin, those of narrow pits where the columns around them do.

    A pit is narrower than 3, 5, 7, 11 or 15 columns along one direction, and deeper than that: a
    grey opening [1]_ of that width takes it away. Roughness is wider than it is deep. The columns
    of a pit begin where the nearest one beside it does.

    Parameters
    ----------
    first
        Where each column begins, in voxels; of a line or an area of columns.
    crossed
        Which columns there are; the others neither count nor change.

    References
    ----------
    .. [1] S. R. Sternberg, "Grayscale morphology", Comput. Vis. Graph. Image Process. 35 (1986)
       333-355.

    Examples
    --------
    >>> first = np.array([5, 5, 9, 14, 6, 6, 8, 8, 8, 6], dtype=np.int32)
    >>> without_pits(first, np.ones(10, dtype=np.bool_)).tolist()
    [5, 5, 5, 6, 6, 6, 8, 8, 8, 6]
    """
    pits = np.zeros(first.shape, dtype=np.bool_)
    if not _has_steps(first, crossed):
        return first
    for width in _WIDTHS:
        pit = crossed & (first.astype(np.int64) - _opened(first, crossed, width) > width)
        if pit.any():
            # With its sides, the columns beside it that are deeper than what is around.
            around = _opened(first, crossed, 2 * width + 1)
            side = crossed & (first.astype(np.int64) - around > _STEEP)
            pits |= ndimage.binary_dilation(pit, iterations=_SIDES, mask=side)
    rim = crossed & ~pits
    if not pits.any() or not rim.any():
        return first
    nearest = ndimage.distance_transform_edt(~rim, return_distances=False, return_indices=True)
    return np.where(pits, first[tuple(nearest)], first)


def _has_steps(first: Map, crossed: NDArray[np.bool_]) -> bool:
    for axis in range(first.ndim):
        both = crossed.take(range(1, first.shape[axis]), axis)
        both &= crossed.take(range(first.shape[axis] - 1), axis)
        if (np.abs(np.diff(first, axis=axis))[both] > _STEEP).any():
            return True
    return False


def _opened(first: Map, crossed: NDArray[np.bool_], width: int) -> Map:
    low = np.where(crossed, first, _NOWHERE)
    for axis in range(first.ndim):
        low = _running(np.minimum, low, width, axis, _NOWHERE)
    low = np.where(low == _NOWHERE, -1, low)
    for axis in range(first.ndim):
        low = _running(np.maximum, low, width, axis, -1)
    return np.where(crossed, low, first)


def _running(extreme: np.ufunc, values: Map, width: int, axis: int, nothing: int) -> Map:
    """The extreme of `width` columns around each, from those of twice as many at every step."""
    margin = [(width // 2,) * 2 if a == axis else (0, 0) for a in range(values.ndim)]
    found = np.moveaxis(np.pad(values, margin, constant_values=nothing), axis, 0)
    span = 1
    while span < width:
        step = min(span, width - span)
        found = extreme(found[:-step], found[step:])
        span += step
    return np.moveaxis(found, 0, axis)
