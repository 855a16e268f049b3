"""Histograms of grey values, gathered image by image: what thresholds are found from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate
from crevasse._runs import RunVolume, as_region
from crevasse._shape import Box
from crevasse._slabs import is_lazy, slabs

Region = RunVolume | Box | ArrayLike
_MOST_BINS = 2**16  # so that 8- and 16-bit greys are counted one by one
_VOXELS_AT_ONCE = 2**22  # looked at together: small beside an image, large beside numpy's overhead
_IN_CACHE = 2**16  # counted together
_STRAYS = 1e-4  # of all voxels, at either end: more are no strays
_FAR = 10  # times the range of the others: what is nearer does no harm


@dataclass(frozen=True)
class Histogram:
    """How often each grey value occurs.

    Bins are equally wide and lie on a grid that all images share, so that histograms add up
    without loss whatever their order: bin i of the grid holds the integers from ``i * width`` up to
    below ``(i + 1) * width``, or the floats in that interval. Up to 2¹⁶ different integers the
    width is 1, so 8- and 16-bit greys are exact. Else, and always for floats, it is the smallest
    power of two at which the values seen lie within 2¹⁶ bins (and no grey value is more than 2⁴⁰
    bins away from 0).

    Attributes
    ----------
    first
        Place of the first bin on the grid.
    counts
        int64 voxels in each bin, read-only; the first and last are not 0. Empty without voxels.
    width
        Of a bin, in grey values.
    is_integer
        Whether the greys are integers.

    Examples
    --------
    >>> grey = np.array([[3, 5, 5]], dtype=np.uint8)
    >>> histogram = Histogram.from_image(grey) + Histogram.from_image(grey)
    >>> histogram.values.tolist(), histogram.counts.tolist()
    ([3.0, 4.0, 5.0], [2, 0, 4])
    """

    first: int
    counts: NDArray[np.int64]
    width: float
    is_integer: bool

    @classmethod
    def from_image(cls, image: ArrayLike, *, roi: Region | None = None) -> Histogram:
        """Count the voxels of one image, block by block: nothing of its size is made.

        Parameters
        ----------
        image
            (z, y, x) or (y, x), of a dtype that `RunVolume.from_threshold` takes; on disk too.
        roi
            Region of interest: a `RunVolume`, a mask, or a tuple of slices, one per axis.

        Raises
        ------
        ValueError
            If a value inside `roi` is NaN or infinite, or `roi` does not fit.
        """
        parts = [_count(values) for values in values_inside(image, roi)]
        return _sum(parts) if parts else _count(np.zeros(0, dtype=_dtype(image)))

    @classmethod
    def pooled(cls, images: Iterable[ArrayLike], *, roi: Region | None = None) -> Histogram:
        """Count the voxels of many images, read one at a time; arguments as in `from_image`."""
        parts = [cls.from_image(image, roi=roi) for image in images]
        if not parts:
            raise ValueError("images must hold at least one image to count, got none")
        return _sum(parts)

    @property
    def values(self) -> NDArray[np.float64]:
        """The bins' centres, as grey values."""
        to_centre = (self.width - 1) / 2 if self.is_integer else self.width / 2
        places = np.arange(self.first, self.first + self.counts.size, dtype=np.float64)
        return places * self.width + to_centre

    @property
    def n_voxels(self) -> int:
        """Voxels counted."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Mean grey value; NaN without voxels."""
        return float(self.counts @ self.values / self.n_voxels) if self.n_voxels else math.nan

    @property
    def std(self) -> float:
        """Standard deviation of the grey values; NaN without voxels."""
        if not self.n_voxels:
            return math.nan
        return math.sqrt(self.counts @ (self.values - self.mean) ** 2 / self.n_voxels)

    def quantile(self, fraction: float) -> float:
        """The grey value at or below which this fraction of the voxels lies, to a bin.

        NaN without voxels.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"fraction must lie in 0..1, got {fraction}")
        if not self.n_voxels:
            return math.nan
        reached = np.cumsum(self.counts) >= fraction * self.n_voxels
        return float(self.values[np.argmax(reached)])

    @property
    def median(self) -> float:
        """Median grey value, to a bin; NaN without voxels."""
        return self.quantile(0.5)

    def __add__(self, other: Histogram) -> Histogram:
        if not isinstance(other, Histogram):
            return NotImplemented
        return _sum([self, other])

    def coarsened(self, *, most_bins: int | None = None, width: float | None = None) -> Histogram:
        """The same in wider bins: doubled until at most `most_bins` and at least `width` wide."""
        coarse = self
        while (most_bins is not None and coarse.counts.size > max(most_bins, 2)) or (
            width is not None and coarse.width < width
        ):
            coarse = coarse._at_width(coarse.width * 2)
        return coarse

    def without_strays(self) -> Histogram:
        """Without the few voxels far from all others: where particles hit the camera, for one.

        At either end up to one in 10⁴ voxels is left out if it lies farther from the range of the
        others than ten times that. So few voxels so far away outweigh phases in a variance.

        Examples
        --------
        >>> grey = np.full((100, 200), 50, dtype=np.uint16)
        >>> grey[:, :40], grey[7, 7] = 20, 65535
        >>> Histogram.from_image(grey).without_strays().values[[0, -1]].tolist()
        [20.0, 50.0]
        """
        cumulative = np.cumsum(self.counts)
        if not cumulative.size:
            return self
        few = _STRAYS * int(cumulative[-1])
        low = int(np.searchsorted(cumulative, few, side="right"))
        high = int(np.searchsorted(cumulative, cumulative[-1] - few, side="left"))
        spread = high - low
        if not spread:  # of one value, unless it is the strays that have made bins so wide
            spread = 1 if not self.is_integer and self.counts.size > _MOST_BINS // 2 else _MOST_BINS
        reach = _FAR * spread
        begin, end = max(0, low - reach), min(self.counts.size, high + reach + 1)
        taken = begin + np.flatnonzero(self.counts[begin:end])
        kept = slice(int(taken[0]), int(taken[-1]) + 1)
        return Histogram(
            self.first + kept.start, _fixed(self.counts[kept].copy()), self.width, self.is_integer
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        same = (self.first, self.width, self.is_integer) == (
            other.first,
            other.width,
            other.is_integer,
        )
        return same and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Histogram({self.n_voxels} voxels, {self.counts.size} bins of {self.width:g})"

    def _at_width(self, width: float) -> Histogram:
        if width == self.width or not self.counts.size:
            return Histogram(self.first, self.counts, width, self.is_integer)
        shift = min(62, round(math.log2(width) - math.log2(self.width)))
        places = (self.first + np.arange(self.counts.size, dtype=np.int64)) >> shift
        first = int(places[0])
        # Not bincount with weights: those are floats, and 2⁵³ voxels must not be the limit.
        counts = np.zeros(int(places[-1]) - first + 1, dtype=np.int64)
        np.add.at(counts, places - first, self.counts)
        return Histogram(first, _fixed(counts), width, self.is_integer)


def common_grid(*histograms: Histogram) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
    """The centres of the bins that all histograms together span, and the counts of each on them.

    Raises
    ------
    ValueError
        If some are of integer and some of float greys.
    """
    total = _sum(histograms)
    spread = []
    for histogram in histograms:
        part = histogram._at_width(total.width)
        counts = np.zeros(total.counts.size, dtype=np.int64)
        if part.counts.size:
            begin = part.first - total.first
            counts[begin : begin + part.counts.size] = part.counts
        spread.append(counts)
    return total.values, spread


def values_inside(image: ArrayLike, roi: Region | None) -> Iterator[NDArray[Any]]:
    """The grey values inside a region, in raster order, as 1-D blocks of bounded size."""
    for _, values in values_by_layer(image, roi, 1):
        yield values


def values_by_layer(
    image: ArrayLike, roi: Region | None, n_layers: int
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Like `values_inside`, with the number of the layer each block lies in.

    Layers are `n_layers` equal parts of the volume along y: upright, so that a flat electrode or
    interface lies in all of them.
    """
    region = None if roi is None else as_region(roi, np.shape(image))
    for begin, slab in _slabs(image):
        for layer, box in _boxes(slab.shape, n_layers):
            there = (slice(box[0].start + begin, box[0].stop + begin), *box[1:])
            values = _inside(slab[box], region, there)
            if values.size:
                yield layer, values


def _slabs(image: ArrayLike) -> Iterator[tuple[int, NDArray[Any]]]:
    if is_lazy(image):
        for part, slab in slabs(image):
            yield part.start, _validate.grey_image(slab, "image")
    else:
        yield 0, _validate.grey_image(image, "image")


def _boxes(shape: tuple[int, ...], n_layers: int) -> Iterator[tuple[int, Box]]:
    """Parts of a slab that are looked at together, each within one layer."""
    y = len(shape) - 2
    layers = [
        slice(i * shape[y] // n_layers, (i + 1) * shape[y] // n_layers) for i in range(n_layers)
    ]
    whole = slice(0, shape[-1])
    if len(shape) == 3:
        depth = max(1, _VOXELS_AT_ONCE // max(1, math.prod(shape[1:])))
        for start in range(0, shape[0], depth):
            for i, layer in enumerate(layers):
                yield i, (slice(start, min(start + depth, shape[0])), layer, whole)
        return
    rows = max(1, _VOXELS_AT_ONCE // max(1, shape[1]))
    for i, layer in enumerate(layers):
        for start in range(layer.start, layer.stop, rows):
            yield i, (slice(start, min(start + rows, layer.stop)), whole)


def _inside(block: NDArray[Any], region: RunVolume | None, box: Box) -> NDArray[Any]:
    if region is None:
        return block.reshape(-1)
    inside = region.crop(box)
    if inside.n_voxels in (0, block.size):
        return block.reshape(-1)[: inside.n_voxels]
    values: NDArray[Any] = block[inside.to_mask()]
    return values


def _dtype(image: ArrayLike) -> np.dtype[Any]:
    return np.dtype(getattr(image, "dtype", None) or np.asarray(image).dtype)


def _count(values: NDArray[Any]) -> Histogram:
    is_integer = values.dtype.kind != "f"
    if values.size == 0:
        return Histogram(0, _fixed(np.zeros(0, np.int64)), 1.0 if is_integer else 0.0, is_integer)
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(high - low):
        raise ValueError(
            "image must hold finite numbers inside roi, got NaN or inf; replace them, or leave "
            "them outside of roi"
        )
    width = _width(low, high, is_integer)
    first, last = _places(np.array([low, high]), width).tolist()
    counts = np.zeros(last - first + 1, dtype=np.int64)
    for begin in range(0, values.size, _IN_CACHE):
        places = _places(values[begin : begin + _IN_CACHE], width)
        places -= first
        counts += np.bincount(places, minlength=counts.size)
    return Histogram(first, _fixed(counts), width, is_integer)


def _places(values: NDArray[Any], width: float) -> NDArray[np.int64]:
    """In which bin of the grid each value lies."""
    if values.dtype.kind == "f":
        return np.floor(values.astype(np.float64) / width).astype(np.int64)
    places = values.astype(np.int64)
    return places if width == 1 else places >> round(math.log2(width))


def _width(low: float, high: float, is_integer: bool) -> float:
    """The width that a histogram of greys from `low` to `high` has; see `Histogram`."""
    if is_integer:
        width = 1.0
    else:
        far = max(abs(low), abs(high))
        width = 2.0 ** max(math.frexp(far)[1] - 40, -1000) if far > 0 else 2.0**-1000
    while math.floor(high / width) - math.floor(low / width) >= _MOST_BINS:
        width *= 2
    return width


def _sum(histograms: Iterable[Histogram]) -> Histogram:
    parts = list(histograms)
    if len({part.is_integer for part in parts}) > 1:
        raise ValueError("images must all hold integers or all hold floats, got both")
    full = [part for part in parts if part.counts.size]
    if not full:
        return parts[0]
    width = max(part.width for part in full)
    while True:
        coarse = [part._at_width(width) for part in full]
        first = min(part.first for part in coarse)
        n_bins = max(part.first + part.counts.size for part in coarse) - first
        if n_bins <= _MOST_BINS:
            break
        width *= 2
    counts = np.zeros(n_bins, dtype=np.int64)
    for part in coarse:
        begin = part.first - first
        counts[begin : begin + part.counts.size] += part.counts
    return Histogram(first, _fixed(counts), width, full[0].is_integer)


def _fixed(counts: NDArray[Any]) -> NDArray[np.int64]:
    counts = counts.astype(np.int64, copy=False)
    counts.flags.writeable = False
    return counts
