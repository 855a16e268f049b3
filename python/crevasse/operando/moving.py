"""Images moved by fractions of a voxel."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate

Image = NDArray[Any]

_REACH = 3  # voxels beside its own that a moved one is made of, along each axis
_BAND = 64  # slices whose sources are held at once; a multiple of a tile's
_TILE = (16, 16)  # slices and rows that a thread takes at once: what they need stays in its cache


def move_back(image: Image, drift: ArrayLike, *, n_threads: int | None = None) -> Image:
    """The image moved by minus `drift`.

    Cubic convolution [1]_, in single precision; whole voxels are copied. Linear interpolation would
    blur what has moved by half a voxel, and so make thin cracks thinner in some frames than in
    others.

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

    References
    ----------
    .. [1] R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans.
       Acoust. Speech Signal Process. 29 (1981) 1153-1160.

    Examples
    --------
    >>> import numpy as np
    >>> move_back(np.array([[0, 0, 16, 0, 0]]), (0, 0.5))
    array([[-1,  9,  9, -1,  0]])
    """
    with ThreadPoolExecutor(_validate.n_threads(n_threads)) as pool:
        return moved_back(image, drift, pool)


def moved_back(image: Image, drift: ArrayLike, pool: Executor, *, in_place: bool = False) -> Image:
    """As `move_back`, in the threads of a pool.

    `in_place` writes into the image itself: of a frame that fills the memory there is no second.
    """
    by = np.array(drift, dtype=np.float64)
    if by.shape != (image.ndim,) or not np.isfinite(by).all():
        raise ValueError(
            f"drift must be one finite number for each of {image.ndim} axes, got {drift!r}"
        )
    if not by.any():
        return image
    moved = image if in_place else np.empty(image.shape, dtype=image.dtype)
    source, target = image, moved
    if by[0] < 0:  # from the end, so that what is still to be read has not been written yet
        source, target, by[0] = image[::-1], moved[::-1], -by[0]
    whole = [int(w) for w in np.floor(by)]
    share = [float(s) for s in by - whole]
    before, behind = (1, _REACH - 1) if share[0] else (0, 0)
    n = len(image)
    window = _Window(source)
    for begin in range(0, n, _BAND):
        end = min(n, begin + _BAND)
        window.advance(begin + whole[0] - before, end + whole[0] + behind)
        _fill_band(target, window, (begin, end), whole, share, pool)
    return moved


class _Window:
    """Consecutive slices of an image as they were, whatever has been written behind them since."""

    def __init__(self, image: Image) -> None:
        self._image, self.begin = image, 0
        self.slices: Image = image[:0]

    def advance(self, begin: int, end: int) -> None:
        """From slice `begin` to before `end`, neither of them before the last ones."""
        n = len(self._image)
        begin, end = min(max(begin, 0), n - 1), max(min(end, n), 1)
        old = self.slices[begin - self.begin :]
        new = self._image[max(begin, self.begin + len(self.slices)) : end]
        self.slices, self.begin = np.concatenate([old, new]), begin


def _fill_band(
    target: Image,
    window: _Window,
    band: tuple[int, int],
    whole: Sequence[int],
    share: Sequence[float],
    pool: Executor,
) -> None:
    """Slices of the target from a window of the source, rows in parallel."""
    tile = (*_TILE, target.shape[-1])[-target.ndim :]
    rows = [range(0, n, t) for n, t in zip(target.shape[1:], tile[1:], strict=True)]
    offset = [whole[0] - window.begin, *whole[1:]]

    def fill(at: tuple[int, ...]) -> None:
        room = np.empty((3, math.prod(t + _REACH for t in tile)), dtype=np.float32)
        for slab in range(*band, tile[0]):
            begin = (slab, *at)
            ends = [min(b + t, n) for b, t, n in zip(begin, tile, target.shape, strict=True)]
            ends[0] = min(ends[0], band[1])
            _fill(target, window.slices, begin, ends, offset, share, room)

    list(pool.map(fill, itertools.product(*rows)))


def _fill(
    out: Image,
    image: Image,
    begin: Sequence[int],
    end: Sequence[int],
    whole: Sequence[int],
    share: Sequence[float],
    room: Image,
) -> None:
    """One tile; where there is a fraction, more voxels are read and mixed with their neighbours."""
    target = out[tuple(slice(b, e) for b, e in zip(begin, end, strict=True))]
    box = [
        (b + w - (1 if s else 0), e + w + (_REACH - 1 if s else 0))
        for b, e, w, s in zip(begin, end, whole, share, strict=True)
    ]
    if not any(share):
        _cut(target, image, box)
        return
    size = [b - a for a, b in box]
    tile = room[0, : math.prod(size)].reshape(size)
    _cut(tile, image, box)
    _mix(tile, room[1:], share)
    inner = tile[tuple(slice(0, n) for n in target.shape)]
    if image.dtype.kind in "ui":
        np.rint(inner, out=inner)
        np.clip(inner, *_limits(image.dtype), out=inner)
    np.copyto(target, inner, casting="unsafe")


def _limits(dtype: np.dtype[Any]) -> tuple[np.float32, np.float32]:
    """Of an integer type, in single precision and not beyond."""
    limits = np.iinfo(dtype)
    low, high = np.float32(limits.min), np.float32(limits.max)
    return low, np.nextafter(high, np.float32(0)) if int(high) > limits.max else high


def _mix(tile: Image, room: Image, share: Sequence[float]) -> None:
    """Every voxel with the three after it along each axis; the last ones are then of no use.

    On the tile as one row, which is several times as fast as on its parts.
    """
    flat = tile.reshape(-1)
    mixed, part = room[:, : flat.size]
    for axis, fraction in enumerate(share):
        if not fraction:
            continue
        step = math.prod(tile.shape[axis + 1 :])
        n = flat.size - _REACH * step
        first, *others = _weights(fraction)
        np.multiply(flat[:n], first, out=mixed[:n])
        for k, weight in enumerate(others, start=1):
            np.multiply(flat[k * step : k * step + n], weight, out=part[:n])
            mixed[:n] += part[:n]
        flat[:n] = mixed[:n]


def _weights(t: float) -> NDArray[np.float32]:
    """Of the voxel before, the two around and the one after a place, `t` behind the second."""
    cubic = [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ]
    return np.array(cubic, dtype=np.float32)


def _cut(out: Image, image: Image, box: Sequence[tuple[int, int]]) -> None:
    """A box of an image, beyond whose border it repeats."""
    if all(a >= 0 and b <= n for (a, b), n in zip(box, image.shape, strict=True)):
        out[...] = image[tuple(slice(a, b) for a, b in box)]
        return
    at = [np.clip(np.arange(a, b), 0, n - 1) for (a, b), n in zip(box, image.shape, strict=True)]
    # Axis by axis: to pick single voxels is slow, and the last axis is hardly ever cut as a whole.
    part = image[tuple(slice(int(i[0]), int(i[-1]) + 1) for i in at)]
    for axis, index in enumerate(at):
        if part.shape[axis] != len(index):
            part = np.take(part, index - index[0], axis=axis)
    out[...] = part
