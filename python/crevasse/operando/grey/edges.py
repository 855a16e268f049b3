"""The grey value of edges: a threshold between two phases that needs no share of either."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._runs import RunVolume, as_region
from crevasse.operando.grey.histogram import Region

_STANDS_OUT = 3.5  # times the median gradient: more than five times the noise along one axis
_STEEPEST = 0.9  # quantile of the gradients that stand out
_AS_STEEP = 0.52  # of that: what is flatter is the foot of an edge, or noise upon it
_BAD_VOXEL = 4.0  # times the steepest tenth: no edge of phases, but a voxel far from all others
_MOST_VOXELS = 2**24  # looked at in one image: more makes the mean no better
_SLICES_AT_ONCE = 16
_MEDIAN_OF = 2**20  # gradients at most, evenly spread


@dataclass(frozen=True)
class EdgeLevel:
    """Mean grey value of edges, voxels counting by how steep they are; adds up over images.

    Attributes
    ----------
    weighted, weight
        Sum of grey values times gradients, and of gradients.
    """

    weighted: float
    weight: float

    @property
    def value(self) -> float:
        """The grey value."""
        if self.weight == 0:
            raise ValueError(
                "edges cannot be found: no gradient stands out from the noise; give a number"
            )
        return self.weighted / self.weight

    def __add__(self, other: EdgeLevel) -> EdgeLevel:
        if not isinstance(other, EdgeLevel):
            return NotImplemented
        return EdgeLevel(self.weighted + other.weighted, self.weight + other.weight)


def edge_level(image: NDArray[Any], *, roi: Region | None = None) -> EdgeLevel:
    """Mean grey value of an image's edges, weighted by their gradients [1]_.

    Across a face between two phases, the gradient is as wide on one side as on the other, so the
    mean is half way between their grey values, whatever the share of each phase and however the
    imaging blurs or enhances edges. Only gradients of more than 3.5 times the median count: those
    of noise would draw the mean towards the common phase. And only those at least 0.52 times as
    steep as the steepest tenth of them: how much of the foot of an edge stands out hangs on the
    noise, which is less where a frame has been moved back. None that is more than four times as
    steep: it is that of a single voxel far from all others.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values. Of large volumes, groups of 16 slices are looked at, evenly
        spread, 2²⁴ voxels in all.
    roi
        Region of interest, as in `Histogram.from_image`.

    References
    ----------
    .. [1] J. Kittler, J. Illingworth, J. Föglein, "Threshold selection based on a simple image
       statistic", Comput. Vis. Graph. Image Process. 30 (1985) 125-147.

    Examples
    --------
    >>> image = np.full((40, 40), 100.0)
    >>> image[10:12, 10:30] = 20  # 2 % of the image
    >>> rng = np.random.default_rng(0)
    >>> edges = edge_level(image + rng.normal(0, 2, image.shape))
    >>> bool(55 < edges.value < 65)
    True
    """
    region = None if roi is None else as_region(roi, image.shape)
    with ThreadPoolExecutor(_validate.n_threads(None)) as pool:
        parts = list(pool.map(partial(_steepness, image, region), _groups(image.shape)))
    if not any(steep.size for _, steep in parts):
        return EdgeLevel(0.0, 0.0)
    least, most = _limits(np.concatenate([steep for _, steep in parts]))
    weighted, weight = [], []
    for grey, steep in parts:
        edge = (steep > least) & (steep <= most)
        weighted.append(float(np.sum(grey[edge] * steep[edge], dtype=np.float64)))
        weight.append(float(np.sum(steep[edge], dtype=np.float64)))
    return EdgeLevel(math.fsum(weighted), math.fsum(weight))


def _limits(steep: NDArray[np.float32]) -> tuple[float, float]:
    """What gradients of edges must exceed, and must not."""
    some = steep[:: 1 + steep.size // _MEDIAN_OF]
    stands_out = _STANDS_OUT * float(np.median(some))
    edges = steep[steep > stands_out]
    if not edges.size:
        return stands_out, math.inf
    steepest = float(np.quantile(edges, _STEEPEST))
    return max(stands_out, _AS_STEEP * steepest), _BAD_VOXEL * steepest


def _steepness(
    image: NDArray[Any], region: RunVolume | None, group: slice
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Grey values and sizes of the gradient in some slices, inside the region."""
    first = max(0, group.start - 1)  # with a slice to either side
    wider = image[first : group.stop + 1].astype(np.float32)
    own = slice(group.start - first, group.stop - first)
    block, steep = wider[own], np.zeros_like(wider[own])
    with np.errstate(over="ignore"):  # then it is infinite, and no edge
        for axis, n in enumerate(wider.shape):
            if n > 1:
                steep += np.square(_slope(wider, axis)[own])
    np.sqrt(steep, out=steep)
    if region is None:
        return block.reshape(-1), steep.reshape(-1)
    inside = region.crop((group, *(slice(0, n) for n in image.shape[1:])))
    if inside.n_voxels == block.size:
        return block.reshape(-1), steep.reshape(-1)
    mask = inside.to_mask()
    return block[mask], steep[mask]


def _slope(block: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Half the difference of a voxel's neighbours; at the border the voxel itself is one.

    A whole difference there would hold twice the noise.
    """
    slope = np.moveaxis(np.gradient(block, axis=axis), axis, 0)
    slope[[0, -1]] *= 0.5
    return np.moveaxis(slope, 0, axis)


def _groups(shape: tuple[int, ...]) -> Iterator[slice]:
    """Groups of slices along the first axis, evenly spread."""
    if len(shape) == 2:
        yield slice(0, shape[0])
        return
    n_groups = math.ceil(shape[0] / _SLICES_AT_ONCE)
    fit = max(1, _MOST_VOXELS // (_SLICES_AT_ONCE * max(1, math.prod(shape[1:]))))
    chosen = range(n_groups) if fit >= n_groups else np.linspace(0, n_groups - 1, fit).astype(int)
    for i in chosen:
        start = int(i) * _SLICES_AT_ONCE
        yield slice(start, min(start + _SLICES_AT_ONCE, shape[0]))
