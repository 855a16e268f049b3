"""Blocks of voxels spread over an image: all that drift is estimated from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core, _validate

Image = NDArray[Any]
Greys = NDArray[np.float32]
Vector = NDArray[np.float64]

_EDGES = {2: (64, 16), 3: (16, 8)}  # voxels, of blocks and of cells
MOST_BLOCKS = 2**8
RIM = 1  # voxels around a block, for the gradient
SPREAD = 1.0  # voxels: standard deviation of the Gaussian that blocks are smoothed with
_REACH = 3  # voxels: where that Gaussian ends
_NEAR_BORDER = 3  # voxels: what is smoothed together with the image's border stays with the border


@dataclass(frozen=True)
class Blocks:
    """Where blocks of equal size begin, (block, axis), in an image."""

    shape: tuple[int, ...]
    size: tuple[int, ...]
    cell: tuple[int, ...]
    starts: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, which: slice | NDArray[np.bool_]) -> Blocks:
        """Some of the blocks."""
        return Blocks(self.shape, self.size, self.cell, self.starts[which])

    def sample(self, image: Image, drift: Vector, rim: int = 0) -> Greys:
        """The smoothed image at every voxel of the blocks, `drift` voxels on: (block, *size).

        Smoothing and moving are one: a Gaussian whose centre lies between voxels, which is free of
        the blur that interpolation adds. `rim` voxels around the blocks are wanted as well. Beyond
        its border the image repeats; `inside` says where that matters.
        """
        whole = np.floor(drift).astype(np.intp)
        return self.sample_from(image, self.starts + whole, drift - whole, rim)

    def sample_from(
        self, image: Image, starts: NDArray[np.intp], share: Vector, rim: int = 0
    ) -> Greys:
        """The same of blocks that begin elsewhere, `share` of a voxel on."""
        flat = 3 - image.ndim
        begins = np.pad(starts - rim - _REACH, ((0, 0), (flat, 0)))  # a 2-D image is one slice
        size = [s + 2 * rim for s in self.size]
        weights = [_weights(0.0)] * flat + [_weights(s) for s in share.tolist()]
        sizes = [1] * flat + size
        sample = _core.sample_blocks(_validate.as_3d(image), begins.tolist(), sizes, weights)
        return sample.reshape(len(starts), *size)

    def window(self, margin: int) -> tuple[int, ...]:
        """How large windows are."""
        return tuple(s + 2 * (RIM + _REACH + margin) + 1 for s in self.size)

    def windows(self, image: Image, whole: NDArray[np.intp], margin: int) -> Image:
        """What `sample` needs with its rim at drifts up to `margin` voxels from `whole`.

        (block, *window), in the dtype of the image.
        """
        before, size = RIM + _REACH + margin, self.window(margin)
        out = np.empty((len(self), *size), dtype=image.dtype)
        for window, start in zip(out, self.starts + whole - before, strict=True):
            at = [
                np.clip(np.arange(a, a + s), 0, n - 1)
                for a, s, n in zip(start, size, self.shape, strict=True)
            ]
            window[...] = image[np.ix_(*at)]
        return out

    def sample_windows(
        self, windows: Image, which: Sequence[int], margin: int, away: Vector, rim: int
    ) -> Greys:
        """As `sample`, from windows of more blocks, these being `which`, `away` from `whole`."""
        # Windows are one volume, one behind the other along its first axis.
        starts = np.full_like(self.starts, RIM + _REACH + margin)
        starts[:, 0] += np.array(which) * windows.shape[1]
        whole = np.floor(away).astype(np.intp)
        stacked = windows.reshape(-1, *windows.shape[2:])
        return self.sample_from(stacked, starts + whole, away - whole, rim)

    def cells(self, sample: Greys) -> Greys:
        """The voxels of the blocks by cells, (cell, voxel)."""
        split = [n for s, c in zip(self.size, self.cell, strict=True) for n in (s // c, c)]
        ndim = len(self.size)
        order = [0, *range(1, 2 * ndim, 2), *range(2, 2 * ndim + 1, 2)]
        cells = sample.reshape([-1, *split]).transpose(order)
        return np.ascontiguousarray(cells).reshape(-1, math.prod(self.cell))

    def surroundings(self, sample: Greys, rim: int) -> Greys:
        """The cells with what is around them, (cell, *window), of blocks sampled with that rim."""
        axes = tuple(range(1, sample.ndim))
        window = tuple(c + 2 * rim for c in self.cell)
        views = np.lib.stride_tricks.sliding_window_view(sample, window, axes)
        cells = views[:, *(slice(None, None, c) for c in self.cell)]
        return cells.reshape(-1, *window)

    def inside(self, drift: Vector) -> NDArray[np.bool_]:
        """Which cells lie in the image still, `drift` farther on; all, if none does."""
        out = np.ones(1, dtype=np.bool_)
        per_axis = []
        for axis, (n, c) in enumerate(zip(self.shape, self.cell, strict=True)):
            begin = self.starts[:, axis, None] + np.arange(0, self.size[axis], c) + drift[axis]
            per_axis.append((begin > -0.5) & (begin + c < n + 0.5))
        out = np.ones(len(self), dtype=np.bool_)
        for ok in per_axis:
            out = out[..., None] & ok.reshape([len(self)] + [1] * (out.ndim - 1) + [-1])
        flat = out.reshape(-1)
        return flat if flat.any() else np.ones_like(flat)


def for_sampling(image: Image) -> Image:
    """The image, or a copy where blocks cannot be sampled from that."""
    if not image.dtype.isnative or image.dtype.name not in _validate.GREY_DTYPES:
        return image.astype(np.float32, order="C")
    return image if image.strides[-1] == image.itemsize else np.ascontiguousarray(image)


def _weights(share: float) -> list[float]:
    """Of a Gaussian `share` of a voxel farther on, from `_REACH` voxels before."""
    distance = np.arange(-_REACH, _REACH + 2) - share
    weights = np.exp(-0.5 * (distance / SPREAD) ** 2) * (np.abs(distance) < _REACH + 1)
    found: list[float] = (weights / weights.sum()).tolist()
    return found


def spread(shape: tuple[int, ...], contrast: Greys) -> Blocks:
    """Blocks over all of an image: side by side where they fit in, else those that tell most.

    The image is divided evenly, and from each part that block is taken that holds most of
    `contrast`, a map of the image on any coarser grid.
    """
    edge, cell_edge = _EDGES[len(shape)]
    border = [min(_NEAR_BORDER, n // 4) for n in shape]
    room = [n - 2 * b for n, b in zip(shape, border, strict=True)]
    cell = tuple(min(cell_edge, r) for r in room)
    size = tuple(c * max(1, min(edge, r) // c) for c, r in zip(cell, room, strict=True))
    counts = [r // s for r, s in zip(room, size, strict=True)]
    places = [
        b + np.linspace(0, r - s, c).astype(np.intp)
        for b, r, s, c in zip(border, room, size, counts, strict=True)
    ]
    share = min(1.0, (MOST_BLOCKS / math.prod(counts)) ** (1 / len(shape)))
    parts = [np.arange(c) * max(1, int(c * share)) // c for c in counts]
    part = _number(parts)
    order = np.lexsort((-_held(contrast, shape, places), part))
    first = np.flatnonzero(np.diff(part[order], prepend=-1))
    chosen = np.sort(order[first])
    starts = np.array(list(itertools.product(*places)), dtype=np.intp)
    return Blocks(shape, size, cell, starts[chosen])


def _number(parts: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """One number for every combination of parts, in raster order."""
    number = np.zeros((), dtype=np.intp)
    for part in parts:
        number = number[..., None] * (int(part[-1]) + 1) + part
    return number.reshape(-1)


def _held(contrast: Greys, shape: tuple[int, ...], places: Sequence[NDArray[np.intp]]) -> Vector:
    """How much of the contrast each block holds, in raster order."""
    at = []
    for n, m, place in zip(contrast.shape, shape, places, strict=True):
        centres = (np.arange(n) + 0.5) * m / n
        at.append(np.clip(np.searchsorted(place, centres, side="right") - 1, 0, len(place) - 1))
    number = np.zeros((), dtype=np.intp)
    for where, place in zip(at, places, strict=True):
        number = number[..., None] * len(place) + where
    n_blocks = math.prod(len(place) for place in places)
    held = np.bincount(number.reshape(-1), contrast.reshape(-1), n_blocks)
    return held.astype(np.float64)
