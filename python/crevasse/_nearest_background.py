"""The feature transform: which background voxel is nearest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._distance import spacing_3d
from crevasse._runs import RunVolume, as_run_volume


def nearest_background(
    mask: ArrayLike | RunVolume,
    *,
    spacing: _validate.Spacing = 1.0,
    out: NDArray[np.int32] | None = None,
    n_threads: int | None = None,
) -> NDArray[np.int32]:
    """Where the nearest background voxel of every voxel is, centre to centre.

    The one whose distance `distance` gives; among equally near ones the first in raster order
    (where spacings have no common measure, within the rounding of double precision). The same for
    every number of threads.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    out
        C-contiguous int32 array of shape (number of axes, *mask.shape) to write into.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        int32 indices of shape (3, z, y, x), or (2, y, x) for an image; along the first axis the
        place along z, y and x. Background voxels are their own nearest; -1 everywhere if there is
        no background. Outside of the volume is not background.

    Raises
    ------
    TypeError
        If the mask is not bool or integer, or `out` is not int32.
    ValueError
        If spacing is not positive, or `out` does not fit.

    References
    ----------
    .. [1] T. Saito, J. Toriwaki, "New algorithms for Euclidean distance transformation of an
       n-dimensional digitized picture", Pattern Recognition 27 (1994) 1551-1565.

    Examples
    --------
    The nearest value of an image whose foreground is to be filled in:

    >>> import numpy as np
    >>> image = np.array([[4, 0, 0, 0, 9]])
    >>> nearest = nearest_background(image == 0)
    >>> nearest[1]
    array([[0, 0, 0, 4, 4]], dtype=int32)
    >>> image[tuple(nearest)]
    array([[4, 4, 4, 9, 9]])
    """
    threads = _validate.n_threads(n_threads)
    runs = as_run_volume(mask, threads)
    ndim = len(runs.shape)
    axes = spacing_3d(spacing, ndim)
    shape = (ndim, *runs.shape)
    if out is not None:
        _validate.out_of(out, shape, np.dtype(np.int32), "the number of axes and the mask's shape")
    places = np.empty(shape, dtype=np.int32) if out is None else out
    along_z = np.empty(runs.shape, dtype=np.int32) if ndim == 2 else places[0]
    z, y, x = (_validate.as_3d(part) for part in (along_z, places[-2], places[-1]))
    _core.nearest_background(runs._core, z, y, x, axes, threads)
    return places
