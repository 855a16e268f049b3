"""Local thickness of a volume in bricks."""

from __future__ import annotations

import math
from functools import partial

import dask.array as da
import numpy as np
from numpy.typing import NDArray

import crevasse
from crevasse import _validate
from crevasse.dask._distance_passes import distance_by_passes
from crevasse.dask._graph import compute_largest, of_objects
from crevasse.dask._grid import as_array
from crevasse.dask._halo import depth_of, map_with_halo


def local_thickness(
    mask: da.Array,
    *,
    spacing: _validate.Spacing = 1.0,
    border: bool = False,
    closed: bool = True,
    largest: float | None = None,
    n_threads: int = 1,
) -> da.Array:
    """At every foreground voxel the diameter of the largest ball that covers it, in bricks.

    Equal to `crevasse.local_thickness` of the whole image, voxel by voxel. Each brick is measured
    with a halo twice as deep as the largest radius: balls that reach into the brick lie around
    voxels one radius away, and end at background another one away.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    border
        Whether outside of the volume is background. If not, it is unknown, and balls at the border
        may be too large.
    closed
        Whether a voxel at exactly the radius belongs to the ball.
    largest
        Largest radius, in the unit of `spacing`, or a number above it. None: the image is read
        before this function returns, for the largest distance within any brick; or, where a brick
        is foreground throughout, within the image.
    n_threads
        In each task.

    Returns
    -------
    dask.array.Array
        float32 diameters, not computed yet, in the unit of `spacing`; 0 at background. Infinite
        everywhere if there is no background. In the mask's chunks, of which those shorter than the
        halo are joined.

    Raises
    ------
    TypeError
        If the mask is no dask array, or not bool or integer.
    ValueError
        If spacing or `largest` is not positive; while computing, if a radius is above `largest`.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> mask = da.from_array(np.array([[0, 1, 1, 1, 0, 1, 0]]), chunks=4)
    >>> local_thickness(mask, spacing=0.5).compute()
    array([[0., 2., 2., 2., 0., 1., 0.]], dtype=float32)
    """
    array = as_array(mask, "mask")
    lengths = _validate.spacing(spacing, array.ndim)
    threads = _validate.n_threads(n_threads)
    if array.size == 0:
        return da.zeros(array.shape, dtype=np.float32, chunks=array.chunks)
    foreground = array if array.dtype == np.bool_ else array != 0
    if largest is None:
        radius = _largest_radius(foreground, lengths, border, threads)
    else:
        radius = _validate.positive(largest, "largest")
    if math.isinf(radius):  # no background: as far as one can see
        return da.where(foreground, np.float32(np.inf), np.float32(0))
    # Radii were rounded to float32, upwards perhaps.
    bound = radius * (1 + 1e-6)
    measure = partial(
        crevasse.local_thickness,
        spacing=lengths,
        border=border,
        closed=closed,
        n_threads=threads,
    )
    depth = tuple(deep + 1 for deep in depth_of(2 * bound, lengths))
    # Near its outer end the halo seems to go on as foreground. A ball there that grew so far as to
    # reach into the brick would hold, in what is known, one larger than the largest: half of it,
    # half a voxel off at most, for which the halo is one voxel deeper than two radii.
    thickness = map_with_halo(measure, foreground, depth, np.float32)
    return thickness.map_blocks(_check_largest, bound, dtype=np.float32)


def _largest_radius(
    foreground: da.Array, spacing: tuple[float, ...], border: bool, threads: int
) -> float:
    """No less than the largest distance: within bricks by themselves it can only be larger."""
    of_bricks = foreground.map_blocks(
        _largest_within, spacing, threads, **(of_objects(foreground.numblocks) | {"dtype": float})
    )
    radius = compute_largest(of_bricks)
    if math.isfinite(radius):
        return radius
    return compute_largest(distance_by_passes(foreground, spacing, False, border, threads))


def _largest_within(
    block: NDArray[np.bool_], spacing: tuple[float, ...], threads: int
) -> NDArray[np.float32]:
    within = crevasse.distance(block, spacing=spacing, n_threads=threads)
    return np.full((1,) * block.ndim, within.max())


def _check_largest(thickness: NDArray[np.float32], largest: float) -> NDArray[np.float32]:
    most = float(thickness.max())
    if most > 2 * largest:
        raise ValueError(f"largest must be no less than {most / 2:g}, got {largest:g}")
    return thickness
