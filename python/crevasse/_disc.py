"""Discs in maps: the area of a cell that is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate

_ROUNDING = 1e-11  # of the square: 3 x 0.1 is more than 0.3


def disc(
    shape: Sequence[int],
    diameter: float,
    *,
    spacing: _validate.Spacing = 1.0,
    centre: float | Sequence[float] | None = None,
) -> NDArray[np.bool_]:
    """Which pixels of a map have their centre in a disc; on a line, in an interval.

    Parameters
    ----------
    shape
        Of the map, (y, x), or (x,) for the map of a section.
    diameter
        In the unit of `spacing`. A centre at exactly half of it belongs to the disc.
    spacing
        Pixel size, a number or one per axis.
    centre
        One number per axis, in the unit of `spacing`; the first pixel's centre is 0. It may lie
        outside of the map. None: the middle of the map.

    Returns
    -------
    numpy.ndarray
        bool, of `shape`. All False if no centre lies within; what reaches beyond the map is cut.

    Raises
    ------
    ValueError
        If the shape has neither one axis nor two, the diameter or the spacing is not positive, or
        `centre` does not fit.

    Examples
    --------
    >>> disc((3, 5), 2.0).astype(int)
    array([[0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]])
    >>> disc((5,), 2.0, spacing=0.5, centre=0.0)
    array([ True,  True,  True, False, False])
    """
    dims = _dims(shape)
    radius = _validate.positive(diameter, "diameter") / 2
    lengths = _validate.spacing(spacing, len(dims))
    # Counted from the middle in pixels, not in lengths, so that both halves round alike.
    from_middle = [
        (np.arange(n) - (n - 1) / 2) * length for n, length in zip(dims, lengths, strict=True)
    ]
    if centre is None:
        offsets = from_middle
    else:
        places = [np.arange(n) * length for n, length in zip(dims, lengths, strict=True)]
        offsets = [p - c for p, c in zip(places, _point(centre, len(dims)), strict=True)]
    squared = offsets[0] ** 2
    for offset in offsets[1:]:
        squared = squared[:, None] + offset**2
    with np.errstate(over="ignore"):
        inside: NDArray[np.bool_] = squared <= np.square(np.float64(radius)) * (1 + _ROUNDING)
    return inside


def _dims(shape: Sequence[int]) -> tuple[int, ...]:
    whole = isinstance(shape, Sequence) and all(_validate.is_whole(n) and n >= 0 for n in shape)
    if not whole or len(shape) not in (1, 2):
        raise ValueError(f"shape must be (y, x) or (x,), whole numbers, got {shape!r}")
    return tuple(int(n) for n in shape)


def _point(centre: float | Sequence[float], ndim: int) -> tuple[float, ...]:
    try:
        point = np.atleast_1d(np.asarray(centre, dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        point = np.empty(0)
    if point.shape != (ndim,) or not np.isfinite(point).all():
        axes = ", ".join(_validate.AXES[-ndim:])
        raise ValueError(f"centre must hold one finite number for each of ({axes}), got {centre!r}")
    return tuple(point.tolist())
