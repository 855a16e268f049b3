"""Kernels for blocks of a volume: what a voxel gets depends on what is nearby alone.

Voxels are cubes, so blocks may have their axes in any order, such as the (y, z, x) of httomo.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._distance import distance
from crevasse._local_thickness import local_thickness
from crevasse._runs import RunVolume


def threshold_mask(
    data: NDArray[Any],
    low: float | None = None,
    high: float | None = None,
    n_threads: int | None = None,
) -> NDArray[np.uint8]:
    """Voxels with ``low <= value <= high``.

    Parameters
    ----------
    data
        Block of grey values, in any order of axes: integers, float32 or float64.
    low, high
        Bounds of the closed window, in grey values; None leaves that side open.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        uint8 of the block's shape, 1 within the window and 0 elsewhere.

    Raises
    ------
    ValueError
        If a value is NaN, if both bounds are None, or if ``low > high``.
    TypeError
        If the dtype is none of the above.

    Examples
    --------
    >>> import numpy as np
    >>> threshold_mask(np.array([[[0.2, 0.9, 0.4]]], np.float32), high=0.5)
    array([[[1, 0, 1]]], dtype=uint8)
    """
    grey = np.ascontiguousarray(data)
    runs = RunVolume.from_threshold(grey, low, high, n_threads=n_threads)
    return runs.to_mask(n_threads=n_threads).view(np.uint8)


def distance_within(
    data: NDArray[Any], limit: float, voxel_size: float = 1.0, n_threads: int | None = None
) -> NDArray[np.float32]:
    """Distance from every foreground voxel to the nearest background voxel, up to a limit.

    Exact in a block with `slices_within` slices more on each side than are kept of it.

    Parameters
    ----------
    data
        Block of a mask, bool or integer, in any order of axes; everything but 0 is foreground.
    limit
        Largest distance of interest, in the unit of `voxel_size`; what is farther gets the limit.
    voxel_size
        Edge of a voxel.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        float32 of the block's shape, in the unit of `voxel_size`; 0 at background.

    Raises
    ------
    TypeError
        If the block is not bool or integer.
    ValueError
        If `limit` or `voxel_size` is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> distance_within(np.array([[[0, 1, 1, 1, 1, 1]]], np.uint8), limit=3)
    array([[[0., 1., 2., 3., 3., 3.]]], dtype=float32)
    """
    return distance(_mask(data), spacing=voxel_size, limit=limit, n_threads=n_threads)


def thickness_within(
    data: NDArray[Any], limit: float, voxel_size: float = 1.0, n_threads: int | None = None
) -> NDArray[np.float32]:
    """At every foreground voxel the diameter of the largest ball that covers it, up to a limit.

    Balls are no larger than the limit. Exact in a block with `slices_within` slices more on each
    side than are kept of it.

    Parameters
    ----------
    data
        Block of a mask, bool or integer, in any order of axes; everything but 0 is foreground.
    limit
        Largest diameter of interest, in the unit of `voxel_size`; what is thicker gets the limit.
    voxel_size
        Edge of a voxel.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        float32 of the block's shape, in the unit of `voxel_size`; 0 at background.

    Raises
    ------
    TypeError
        If the block is not bool or integer.
    ValueError
        If `limit` or `voxel_size` is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> thickness_within(np.array([[[0, 1, 0, 1, 1, 1, 1, 1, 0]]], np.uint8), limit=4)
    array([[[0., 2., 0., 4., 4., 4., 4., 4., 0.]]], dtype=float32)
    """
    return local_thickness(_mask(data), spacing=voxel_size, limit=limit, n_threads=n_threads)


def slices_within(limit: float, voxel_size: float = 1.0) -> int:
    """How many slices on each side of a block its voxels may depend on, within a limit.

    Parameters
    ----------
    limit
        As in `distance_within` and `thickness_within`, in the unit of `voxel_size`.
    voxel_size
        Edge of a voxel.

    Raises
    ------
    ValueError
        If `limit` or `voxel_size` is not positive.

    Examples
    --------
    >>> slices_within(10.0, voxel_size=1.8)
    6
    """
    length = _validate.positive(limit, "limit")
    return math.ceil(length / _validate.positive(voxel_size, "voxel_size"))


def _mask(data: NDArray[Any]) -> RunVolume:
    block = np.asarray(data)
    if block.dtype.kind not in "biu":
        raise TypeError(
            f"data must be a mask (bool or integer), got {block.dtype}; put threshold_mask before"
        )
    return RunVolume.from_mask(np.ascontiguousarray(block))
