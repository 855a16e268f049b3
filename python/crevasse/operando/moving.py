"""Images moved by fractions of a voxel."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate

Image = NDArray[Any]

_TILE = (8, 64)  # slices and rows that a thread takes at once: about a megabyte, as float32


def move_back(image: Image, drift: ArrayLike, *, n_threads: int | None = None) -> Image:
    """The image moved by minus `drift`.

    Linear interpolation, in single precision; whole voxels are copied.

    Parameters
    ----------
    image
        (z, y, x) or (y, x). What comes in from outside repeats the border.
    drift
        How far it has moved, in voxels per axis.
    n_threads
        None: all usable cores. The result is the same for every number.

    Returns
    -------
    numpy.ndarray
        Of the image's shape and dtype, integers rounded; the image itself where it has not moved.

    Raises
    ------
    ValueError
        If `drift` is not one finite number an axis.

    Examples
    --------
    >>> import numpy as np
    >>> move_back(np.array([[0, 0, 8, 0]]), (0, 0.25))
    array([[0, 2, 6, 0]])
    """
    with ThreadPoolExecutor(_validate.n_threads(n_threads)) as pool:
        return moved_back(image, drift, pool)


def moved_back(image: Image, drift: ArrayLike, pool: Executor) -> Image:
    """As `move_back`, in the threads of a pool."""
    by = np.asarray(drift, dtype=np.float64)
    if by.shape != (image.ndim,) or not np.isfinite(by).all():
        raise ValueError(f"drift must be one finite number for each of {image.ndim} axes, got {drift}")
    if not by.any():
        return image
    whole = [int(w) for w in np.floor(by)]
    share = [float(s) for s in by - whole]
    out = np.empty(image.shape, dtype=image.dtype)
    tile = (*_TILE, image.shape[-1])[-image.ndim :]
    begins = [range(0, n, t) for n, t in zip(image.shape, tile, strict=True)]

    def fill(begin: tuple[int, ...]) -> None:
        ends = [min(b + t, n) for b, t, n in zip(begin, tile, image.shape, strict=True)]
        _fill(out, image, begin, ends, whole, share)

    list(pool.map(fill, itertools.product(*begins)))
    return out


def _fill(
    out: Image,
    image: Image,
    begin: Sequence[int],
    end: Sequence[int],
    whole: Sequence[int],
    share: Sequence[float],
) -> None:
    """One tile; along axes with a fraction one voxel more is read, and mixed with the one before."""
    target = out[tuple(slice(b, e) for b, e in zip(begin, end, strict=True))]
    reach = [1 if s else 0 for s in share]
    box = [(b + w, e + w + r) for b, e, w, r in zip(begin, end, whole, reach, strict=True)]
    if not any(reach):
        target[...] = _cut(image, box, image.dtype)
        return
    tile = _cut(image, box, np.dtype(np.float32))
    for axis, part in enumerate(share):
        if part:
            lead = (slice(None),) * axis
            here, next_ = tile[*lead, :-1], tile[*lead, 1:]
            step = next_ - here
            step *= np.float32(part)
            step += here
            tile = step
    if image.dtype.kind in "ui":
        np.rint(tile, out=tile)
    np.copyto(target, tile, casting="unsafe")


def _cut(image: Image, box: Sequence[tuple[int, int]], dtype: np.dtype[Any]) -> Image:
    """A box of an image, beyond whose border it repeats."""
    inside = [
        (min(max(a, 0), n - 1), min(max(b, 1), n)) for (a, b), n in zip(box, image.shape, strict=True)
    ]
    part = image[tuple(slice(a, b) for a, b in inside)].astype(dtype)
    for axis, ((a, b), (ia, ib)) in enumerate(zip(box, inside, strict=True)):
        if (a, b) != (ia, ib):
            at = np.clip(np.arange(a, b), ia, ib - 1) - ia
            part = np.take(part, at, axis=axis)
    return part
