"""The grey values of cores: of voxels whose neighbours along the axes are of the phase, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from numpy.typing import NDArray

from crevasse._runs import RunVolume, as_region
from crevasse.operando.grey.histogram import Histogram, Region

_STANDS_OUT = 3.5  # times the noise: where the first threshold lies, at least
_IS_NO_NOISE = 3.0  # times the noise: the last one
_QUARTILE = 0.6745  # of a normal distribution of standard deviation 1, from its median
_SETTLED = 1e-3  # of the contrast
_MOST_STEPS = 30


def core_greys(image: NDArray[Any], volume: RunVolume) -> Histogram:
    """Grey values of the cores of a volume."""
    return Histogram.from_image(image, roi=volume.erode(6))


def settled_cores(
    cores_at: Callable[[float], Histogram], threshold: float, around: float, share: float
) -> tuple[Histogram, float]:
    """The cores of a phase whose threshold lies `share` of the way from `around` to their median.

    From a first threshold on, it is moved until it stays or there are no cores; the last one is
    given too.
    """
    for _ in range(_MOST_STEPS):
        cores = cores_at(threshold)
        if not cores.n_voxels:
            break
        before, threshold = threshold, around + share * (cores.median - around)
        if abs(threshold - before) <= _SETTLED * abs(cores.median - around):
            break
    return cores, threshold


def find_cores(
    image: NDArray[Any],
    *,
    side: Literal["dark", "bright"] = "dark",
    share: float = 0.5,
    roi: Region | None = None,
) -> Histogram:
    """Grey values of the cores of a phase, in what fills most of a region.

    The threshold of the phase lies `share` of the way from the region's median to that of the
    cores, which are those of the phase with this threshold: it is moved until it stays. Where it
    then does not stand out from the noise, there are none.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values.
    side
        Whether the phase is darker or brighter than what is around it.
    share
        As above, from 0 to 1.
    roi
        Region of interest, as in `Histogram.from_image`.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((20, 20), 100, np.uint8)
    >>> image[5:9, 5:9] = 20
    >>> cores = find_cores(image)
    >>> cores.n_voxels, cores.median
    (4, 20.0)
    """
    region = RunVolume.from_box(image.shape) if roi is None else as_region(roi, image.shape)
    greys = Histogram.from_image(image, roi=region).without_strays()
    nothing = core_greys(image, region - region)
    if not greys.n_voxels:
        return nothing
    around, dark = greys.median, side == "dark"
    # Of the side where the phase is not.
    noise = abs(greys.quantile(0.75 if dark else 0.25) - around) / _QUARTILE
    sign, extreme = (-1, greys.values[0]) if dark else (1, greys.values[-1])
    threshold = around + sign * max(_STANDS_OUT * noise, sign * (extreme - around) / 2)

    def cores_at(threshold: float) -> Histogram:
        low, high = (None, threshold) if dark else (threshold, None)
        return core_greys(image, RunVolume.from_threshold(image, low=low, high=high, roi=region))

    cores, threshold = settled_cores(cores_at, threshold, around, share)
    return cores if sign * (threshold - around) > _IS_NO_NOISE * noise else nothing
