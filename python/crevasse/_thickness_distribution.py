"""How thickness is spread over the volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate

_MOST_BINS = 2**20
_ROUNDING = 1e-6  # of thicknesses, which are float32


@dataclass(frozen=True)
class ThicknessDistribution:
    """Distribution of thickness, every voxel counting by its volume.

    Attributes
    ----------
    edges
        float64 edges of the bins, one more than bins, in the unit of the thickness.
    volume
        float64 volume in each bin, [low, high) but for the last, which is closed, in the unit of
        the spacing cubed (squared for an image).
    fraction
        `volume` as a share of the whole.
    mean, std
        Of thickness over the volume; `std` is that of the population.
    quantiles
        Thickness below which the asked fractions of the volume lie, by fraction.
    total
        The whole volume.
    n_infinite
        Voxels of infinite thickness, which are left out.
    """

    edges: NDArray[np.float64]
    volume: NDArray[np.float64]
    fraction: NDArray[np.float64]
    mean: float
    std: float
    quantiles: dict[float, float]
    total: float
    n_infinite: int


def thickness_distribution(
    thickness: ArrayLike,
    *,
    spacing: _validate.Spacing = 1.0,
    bins: int | Sequence[float] | None = None,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
) -> ThicknessDistribution:
    """Histogram, mean and quantiles of a thickness map, weighted by volume.

    Parameters
    ----------
    thickness
        (z, y, x) or (y, x) map as `local_thickness` gives it; 0 and less, and NaN, is background
        and left out.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    bins
        Number of equal bins from 0 to the greatest thickness, or their edges, rising. None: bins
        one voxel wide (the least spacing), since thickness of voxels is no finer than that.
    quantiles
        Fractions from 0 to 1.

    Returns
    -------
    ThicknessDistribution
        Mean, std and quantiles are NaN where there is no foreground.

    Raises
    ------
    TypeError
        If thickness is not of real numbers.
    ValueError
        If spacing, bins or quantiles make no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse import local_thickness
    >>> body = np.array([[0, 1, 1, 1, 1, 0, 1, 0]])
    >>> spread = thickness_distribution(local_thickness(body, spacing=0.5), spacing=0.5)
    >>> spread.edges
    array([0. , 0.5, 1. , 1.5, 2. ])
    >>> spread.fraction
    array([0. , 0. , 0.2, 0.8])
    >>> spread.mean, spread.quantiles[0.5]
    (1.8, 2.0)
    """
    lengths = _validate.unmasked(thickness, "thickness")
    if lengths.ndim not in (2, 3) or lengths.dtype.kind not in "fui":
        raise TypeError(
            "thickness must be a 2-D or 3-D array of real numbers, "
            f"got {lengths.dtype} of shape {lengths.shape}"
        )
    steps = _validate.spacing(spacing, lengths.ndim)
    fractions = _validate.quantiles(quantiles)
    values = lengths[lengths > 0].astype(np.float64)
    finite = values[np.isfinite(values)]
    edges = _edges(bins, float(finite.max(initial=0.0)), min(steps))
    voxel = math.prod(steps)
    # Whole numbers of voxels lie on the edges that are made here, but for rounding.
    counted = edges if bins is not None else np.append(edges[:-1] * (1 - _ROUNDING), edges[-1])
    volume = np.histogram(finite, counted)[0] * voxel
    total = finite.size * voxel
    found = np.quantile(finite, fractions) if finite.size else np.full(len(fractions), np.nan)
    return ThicknessDistribution(
        edges=edges,
        volume=volume,
        fraction=volume / total if finite.size else np.zeros_like(volume),
        mean=float(finite.mean()) if finite.size else math.nan,
        std=float(finite.std()) if finite.size else math.nan,
        quantiles={f: float(q) for f, q in zip(fractions, found, strict=True)},
        total=total,
        n_infinite=values.size - finite.size,
    )


def _edges(bins: int | Sequence[float] | None, most: float, voxel: float) -> NDArray[np.float64]:
    if bins is None:
        # What is a whole number of voxels ends the last bin.
        n = max(1, math.ceil(most / voxel * (1 - _ROUNDING)))
        if n > _MOST_BINS:
            raise ValueError(
                f"bins must be given where the greatest thickness, {most:g}, is more than "
                f"{_MOST_BINS} voxels of {voxel:g}; or is spacing in another unit?"
            )
        edges = np.arange(n + 1, dtype=np.float64) * voxel
        edges[-1] = max(edges[-1], most)
        return edges
    if _validate.is_whole(bins):
        if bins < 1:
            raise ValueError(f"bins must be at least 1, got {bins}")
        return np.linspace(0.0, most or voxel, int(bins) + 1, dtype=np.float64)
    try:
        edges = np.asarray(bins, dtype=np.float64)
    except (TypeError, ValueError):
        edges = np.zeros(0)
    if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0):
        raise ValueError(f"bins must be a number or rising edges, got {bins!r}")
    return edges
