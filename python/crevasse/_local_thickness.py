"""Local thickness: the largest ball that fits, at every voxel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._distance import border_3d, spacing_3d
from crevasse._runs import RunVolume, as_run_volume

_MOST_ANISOTROPIC = 1e6  # more, and balls hold more voxels than there is memory


def local_thickness(
    mask: ArrayLike | RunVolume,
    *,
    spacing: _validate.Spacing = 1.0,
    border: bool = False,
    closed: bool = True,
    limit: float | None = None,
    out: NDArray[np.float32] | None = None,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """At every foreground voxel the diameter of the largest ball that covers it.

    Balls lie around foreground voxel centres and reach to the nearest background voxel centre.
    No radius is rounded, and every ball of every voxel counts. Exact where spacings are whole
    multiples of one length (less than 1000 of it, which is at least a sixteenth of the least) and
    radii are less than 4096 of it; else a ball that ends within a part in 10⁷ of a voxel's centre
    may be taken to hold it, or not. The same for every number of threads.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    border
        Whether outside of the volume is background. If not, it is unknown, and balls at the border
        may be too large.
    closed
        Whether a voxel at exactly the radius belongs to the ball, as in [1]_ and BoneJ.
    limit
        Largest diameter of interest, in the unit of `spacing`: balls are no larger, and thicker
        voxels get the limit, so that what a voxel gets depends on nothing farther away than that.
        None: no limit.
    out
        C-contiguous float32 array of the mask's shape to write into.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        float32 diameters, of the mask's shape, in the unit of `spacing`; 0 at background. Infinite
        (or the limit) everywhere if there is no background.

    Notes
    -----
    Distances end at background voxel *centres*, so a slab of an odd number n of voxels, along an
    axis, reads n + 1 voxels, and one of an even number n reads n.
    What sheets on a tilt read is on the page *Thin sheets* of the documentation.

    Raises
    ------
    TypeError
        If the mask is not bool or integer, or `out` is not float32.
    ValueError
        If spacing or `limit` is not positive, spacing differs by more than a factor of 10⁶ between
        axes, or `out` does not fit.

    References
    ----------
    .. [1] T. Hildebrand, P. Rüegsegger, "A new method for the model-independent assessment of
       thickness in three-dimensional images", J. Microscopy 185 (1997) 67-75.

    Examples
    --------
    >>> import numpy as np
    >>> local_thickness(np.array([[0, 1, 1, 1, 0, 1, 0]]), spacing=0.5)
    array([[0., 2., 2., 2., 0., 1., 0.]], dtype=float32)
    """
    threads = _validate.n_threads(n_threads)
    largest = _validate.positive(limit, "limit") if limit is not None else math.inf
    runs = as_run_volume(mask, threads)
    ndim = len(runs.shape)
    axes = spacing_3d(spacing, ndim)
    if max(axes) > _MOST_ANISOTROPIC * min(axes):
        raise ValueError(
            f"spacing must not differ by more than a factor of {_MOST_ANISOTROPIC:g} between axes, "
            f"got {spacing}"
        )
    result = np.zeros(runs.shape, dtype=np.float32) if out is None else out
    if out is not None:
        _validate.out_of(out, runs.shape, np.dtype(np.float32))
    _core.local_thickness(
        runs._core,
        _validate.as_3d(result),
        out is None,
        axes,
        border_3d(border, ndim),
        _validate.flag(closed, "closed"),
        largest,
        threads,
    )
    return result
