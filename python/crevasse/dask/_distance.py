"""Euclidean distance to the background, of a volume in bricks."""

from __future__ import annotations

from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import crevasse
from crevasse import _validate
from crevasse.dask._distance_passes import distance_by_passes
from crevasse.dask._grid import as_array
from crevasse.dask._halo import depth_of, map_with_halo


def distance(
    mask: da.Array,
    *,
    spacing: _validate.Spacing = 1.0,
    squared: bool = False,
    limit: float | None = None,
    border: bool = False,
    n_threads: int = 1,
) -> da.Array:
    """Distance from every foreground voxel to the nearest background voxel, in bricks.

    Equal to `crevasse.distance` of the whole image, voxel by voxel; where spacings have no common
    measure, but for the last bit. With `limit` each brick is measured with a halo as deep as that,
    and nothing else travels. Without, distances are found within whole slices and then along z,
    for which the volume is cut anew into bricks that are whole along z: 4 bytes a voxel (8 where
    spacings have no common measure) travel once, and a task holds about four times
    ``array.chunk-size``.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, 0 is background. An integer image of several values is
        measured value by value; for one foreground pass ``mask > 0``.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    squared
        Whether to return squared distances.
    limit
        Largest distance of interest, in the unit of `spacing`: exact up to it, the limit itself
        beyond (its square, with `squared`). None: no limit.
    border
        Whether outside of the volume is background. If not, it is unknown and ignored.
    n_threads
        In each task.

    Returns
    -------
    dask.array.Array
        float32, not computed yet, in the unit of `spacing`; 0 at background. In the mask's chunks,
        of which those shorter than the limit are joined.

    Raises
    ------
    TypeError
        If the mask is no dask array, or not bool or integer.
    ValueError
        If spacing or `limit` is not positive.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> mask = da.from_array(np.array([[0, 1, 1, 1, 0, 1]]), chunks=2)
    >>> distance(mask, spacing=0.5).compute()
    array([[0. , 0.5, 1. , 0.5, 0. , 0.5]], dtype=float32)
    """
    array = as_array(mask, "mask")
    lengths = _validate.spacing(spacing, array.ndim)
    threads = _validate.n_threads(n_threads)
    if array.size == 0:
        return da.zeros(array.shape, dtype=np.float32, chunks=array.chunks)
    if limit is None:
        return distance_by_passes(array, lengths, squared, border, threads)
    reach = _validate.positive(limit, "limit")
    options = {"squared": squared, "limit": reach, "border": border, "n_threads": threads}
    measure = partial(_of_brick, spacing=lengths, options=options)
    return map_with_halo(measure, array, depth_of(reach, lengths), np.float32)


def _of_brick(
    wide: NDArray[Any], spacing: tuple[float, ...], options: dict[str, Any]
) -> NDArray[np.float32]:
    # Where `border` makes background of what lies beyond the halo, that is farther than the limit.
    return crevasse.distance(wide, spacing=spacing, **options)
