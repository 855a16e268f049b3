"""Euclidean distance to the background."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._runs import RunVolume, as_run_volume


def distance(
    mask: ArrayLike | RunVolume,
    *,
    spacing: _validate.Spacing = 1.0,
    squared: bool = False,
    limit: float | None = None,
    border: bool = False,
    out: NDArray[np.float32] | None = None,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Distance from every foreground voxel to the nearest background voxel, centre to centre.

    Exact, and the same for every number of threads. Where the spacings are whole multiples of one
    length (1, 1.8 and 3.6, …) it is computed in integers and every result is the float32 nearest to
    the truth; else in double precision, and rounded once. Where y and x have no common measure
    either, that takes 8 bytes a voxel of memory besides.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    squared
        Whether to return squared distances: whole numbers where spacing is 1.
    limit
        Largest distance of interest, in the unit of `spacing`: exact up to it, the limit itself
        beyond (its square, with `squared`). The smaller, the faster. None: no limit.
    border
        Whether outside of the volume is background. If not, it is unknown and ignored.
    out
        C-contiguous float32 array of the mask's shape to write into.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        float32, of the mask's shape, in the unit of `spacing`; 0 at background. Infinite (or the
        limit) everywhere if there is no background.

    Raises
    ------
    TypeError
        If the mask is not bool or integer, or `out` is not float32.
    ValueError
        If spacing or `limit` is not positive, or `out` does not fit.

    References
    ----------
    .. [1] T. Saito, J. Toriwaki, "New algorithms for Euclidean distance transformation of an
       n-dimensional digitized picture", Pattern Recognition 27 (1994) 1551-1565.
    .. [2] P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of
       Computing 8 (2012) 415-428.

    Examples
    --------
    >>> import numpy as np
    >>> distance(np.array([[0, 1, 1, 1, 0, 1]]), spacing=0.5)
    array([[0. , 0.5, 1. , 0.5, 0. , 0.5]], dtype=float32)
    """
    threads = _validate.n_threads(n_threads)
    runs = as_run_volume(mask, threads)
    farthest = _validate.positive(limit, "limit") if limit is not None else math.inf
    axes = spacing_3d(spacing, len(runs.shape))
    if out is None:
        result = np.zeros(runs.shape, dtype=np.float32)
    else:
        result = out
        _validate.out_of(out, runs.shape, np.dtype(np.float32))
    _core.distance(
        runs._core,
        _validate.as_3d(result),
        out is None,
        axes,
        squared,
        farthest,
        border_3d(border, len(runs.shape)),
        threads,
    )
    return result


def spacing_3d(spacing: _validate.Spacing, ndim: int) -> tuple[float, float, float]:
    """Spacing for the core, where an image is one slice of whatever thickness."""
    lengths = _validate.spacing(spacing, ndim)
    return lengths[0], lengths[-2], lengths[-1]


def border_3d(border: bool, ndim: int) -> tuple[bool, bool, bool]:
    """Border for the core: beyond the one slice of an image there is nothing."""
    return border and ndim == 3, border, border
