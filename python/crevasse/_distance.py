"""Euclidean distance to the background."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._encode import encode_if_binary
from crevasse._runs import RunVolume, as_run_volume
from crevasse._slabs import is_lazy

_COLUMNS_AT_ONCE = 64  # by the core, side by side along the last axis


def distance(
    mask: ArrayLike | RunVolume,
    *,
    spacing: _validate.Spacing = 1.0,
    squared: bool = False,
    limit: float | None = None,
    border: bool = False,
    signed: bool = False,
    out: NDArray[np.float32] | None = None,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Distance from every foreground voxel to the nearest background voxel, centre to centre.

    In an image of several values it is the distance to the nearest voxel of another value.

    Exact, and the same for every number of threads. Where the spacings are whole multiples of one
    length (1, 1.8 and 3.6, …; less than 1000 of it, which is at least a sixteenth of the least) and
    axes are shorter than 32768 voxels, it is computed in integers and every result is the float32
    nearest to the truth; else in double precision, and rounded once. Where y and x have no common
    measure either, that takes 8 bytes a voxel of memory besides.
    What twice the distance reads on thin cracks is on the page *Thin sheets* of the documentation.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, 0 is background; or a `RunVolume`. An integer image of
        several values, such as labels or phases, is measured value by value, as `label` joins it;
        for one foreground pass ``mask > 0``.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    squared
        Whether to return squared distances: whole numbers where spacing is 1.
    limit
        Largest distance of interest, in the unit of `spacing`: exact up to it, the limit itself
        beyond (its square, with `squared`). The smaller, the faster. None: no limit.
    border
        Whether outside of the volume is background. If not, it is unknown and ignored.
    signed
        Whether to give background voxels the distance to the nearest foreground voxel, negative;
        outside of the volume is never foreground. Takes 4 bytes a voxel of memory besides.
    out
        C-contiguous float32 array of the mask's shape to write into.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        float32, of the mask's shape, in the unit of `spacing`; 0 at background unless `signed`.
        Infinite (or the limit) everywhere if there is no background, or no other value.

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
    >>> distance(np.array([[1, 1, 1, 7, 7, 0]]))
    array([[3., 2., 1., 1., 1., 0.]], dtype=float32)
    """
    threads = _validate.n_threads(n_threads)
    squared, signed = _validate.flag(squared, "squared"), _validate.flag(signed, "signed")
    farthest = _validate.positive(limit, "limit") if limit is not None else math.inf
    foreground = runs_if_binary(mask, threads)
    image = foreground if foreground is not None else np.asarray(mask)
    ndim = len(image.shape)
    axes = spacing_3d(spacing, ndim)
    if out is not None:
        _validate.out_of(out, image.shape, np.dtype(np.float32))
    result = np.zeros(image.shape, dtype=np.float32) if out is None else out
    longest = _axis_to_put_last(image.shape)
    if longest is not None:
        dense = image.to_mask(n_threads=threads) if isinstance(image, RunVolume) else image
        result[...] = distance(
            np.ascontiguousarray(dense.swapaxes(longest, -1)),
            spacing=_swapped(_validate.spacing(spacing, ndim), longest),
            squared=squared,
            limit=limit,
            border=border,
            signed=signed,
            n_threads=threads,
        ).swapaxes(longest, -1)
        return result
    borders = border_3d(border, ndim)
    volume = _validate.as_3d(result)
    if isinstance(image, RunVolume):
        _core.distance(image._core, volume, out is None, axes, squared, farthest, borders, threads)
    else:
        labels = _validate.as_3d(_as_labels(image))
        _core.label_distance(labels, volume, axes, squared, farthest, borders, threads)
    if signed:
        outside = ~as_run_volume(image, threads)
        beyond = distance(outside, spacing=spacing, squared=squared, limit=limit, n_threads=threads)
        np.subtract(result, beyond, out=result)
    return result


def _axis_to_put_last(shape: tuple[int, ...]) -> int | None:
    """The longest axis where the last is shorter than the columns that are swept at once."""
    longest = max(range(len(shape)), key=lambda axis: shape[axis])
    return longest if shape[-1] < min(shape[longest], _COLUMNS_AT_ONCE) else None


def _swapped(lengths: tuple[float, ...], axis: int) -> tuple[float, ...]:
    """With the length along an axis and the last one swapped."""
    swapped = list(lengths)
    swapped[axis], swapped[-1] = swapped[-1], swapped[axis]
    return tuple(swapped)


def runs_if_binary(mask: ArrayLike | RunVolume, threads: int) -> RunVolume | None:
    """The foreground as runs, unless it is of several values."""
    if isinstance(mask, RunVolume):
        return mask
    if is_lazy(mask):
        core = encode_if_binary(mask, threads)
        return None if core is None else RunVolume(core, 3)
    array = _validate.bool_or_integer(mask, "mask")
    if array.dtype == np.bool_:
        return as_run_volume(array, threads)
    encoded = _core.encode_binary(_validate.as_3d(array), threads)
    return None if encoded is None else RunVolume(encoded[0], array.ndim)


def _as_labels(image: NDArray[Any]) -> NDArray[Any]:
    """The same partition in values of 8, 16 or 32 bits, which the core takes; 0 stays 0."""
    image = _validate.bool_or_integer(image, "mask")
    if image.dtype.itemsize < 8:
        return image.view(f"u{image.dtype.itemsize}")
    if image.min() >= 0 and image.max() < 2**32:
        return image.astype(np.uint32)
    number = np.unique(image, return_inverse=True)[1].reshape(image.shape) + 1
    return np.where(image == 0, 0, number).astype(np.uint32)


def spacing_3d(spacing: _validate.Spacing, ndim: int) -> tuple[float, float, float]:
    """Spacing for the core, where an image is one slice of whatever thickness."""
    lengths = _validate.spacing(spacing, ndim)
    return lengths[0], lengths[-2], lengths[-1]


def border_3d(border: bool, ndim: int) -> tuple[bool, bool, bool]:
    """Border for the core: beyond the one slice of an image there is nothing."""
    beyond = _validate.flag(border, "border")
    return beyond and ndim == 3, beyond, beyond
