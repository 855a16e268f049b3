"""Less noise, and slices of equal light: optional steps before thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.morphology import ball, disk
from skimage.restoration import denoise_nl_means as _nl_means

from crevasse import _validate
from crevasse._runs import RunVolume, as_region
from crevasse._shape import Box

Image = NDArray[Any]


def denoise_median(image: ArrayLike, *, radius: int = 1) -> Image:
    """The median of every voxel's neighbourhood, a ball.

    Takes out single wrong voxels and keeps edges. A ball of radius 1 (a voxel and its face
    neighbours, 7 in all) keeps sheets one voxel wide, which a cube of 3 would erase, but not lines;
    it halves the noise at most.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values. The border is extended by its own values.
    radius
        Of the ball, in voxels, at least 1.

    Returns
    -------
    numpy.ndarray
        Of the image's shape and dtype.

    Raises
    ------
    ValueError
        If `radius` is less than 1.

    Examples
    --------
    >>> denoise_median(np.array([[1, 1, 1], [1, 9, 1], [1, 1, 1]]))[1, 1]
    np.int64(1)
    """
    grey = _validate.image(image, "image")
    if radius < 1:
        raise ValueError(f"radius must be at least 1 voxel, got {radius}")
    near = ball(radius) if grey.ndim == 3 else disk(radius)
    result: Image = ndimage.median_filter(grey, footprint=near, mode="nearest")
    return result


def noise_level(image: ArrayLike) -> float:
    """Standard deviation of white noise, from differences of voxels that are neighbours along x.

    Their median, so that edges count for little. Noise that is joined over several voxels, as a
    smooth reconstruction filter leaves it, reads too low. 0 for rows of one voxel, and for integers
    most of which equal their neighbours.
    """
    grey = _validate.image(image, "image")
    if grey.shape[-1] < 2:
        return 0.0
    rows = grey.reshape(-1, grey.shape[-1])
    sample = rows[:: max(1, rows.size // 2**22)].astype(np.float32)
    differences = np.abs(np.diff(sample, axis=1)).reshape(-1)
    if not differences.size:
        return 0.0
    middle = float(np.median(differences))
    if grey.dtype.kind in "ui":
        middle = _between_integers(differences, middle)
    return middle * 1.4826 / math.sqrt(2)


def denoise_nl_means(
    image: ArrayLike,
    *,
    strength: float = 0.8,
    sigma: float | None = None,
    patch: int = 3,
    reach: int | None = None,
) -> Image:
    """Non-local means: every voxel becomes the mean of those nearby whose surroundings look alike.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values.
    strength
        How alike surroundings must look, in units of `sigma`: less keeps more detail and more
        noise. 0.6 to 1 suit the fast form that is used [1]_.
    sigma
        Standard deviation of the noise, in grey values. None: `noise_level`.
    patch
        Width of the surroundings, in voxels.
    reach
        How far alike voxels are looked for, in voxels along each axis. None: 5 in an image, 2 in a
        volume, where time grows with its cube: 5 takes ten times as long.

    Returns
    -------
    numpy.ndarray
        Of the image's shape and dtype; without noise the image itself.

    Raises
    ------
    ValueError
        If `strength`, `patch` or `reach` is not positive, or `sigma` is negative.

    References
    ----------
    .. [1] J. Darbon, A. Cunha, T. F. Chan, S. Osher, G. J. Jensen, "Fast nonlocal filtering applied
       to electron cryomicroscopy", IEEE Int. Symp. Biomed. Imaging (2008) 1331-1334.

    Examples
    --------
    >>> noisy = np.random.default_rng(0).normal(100, 5, (40, 40))
    >>> bool(denoise_nl_means(noisy).std() < 2)
    True
    """
    grey = _validate.image(image, "image")
    noise = noise_level(grey) if sigma is None else _validate.not_negative(sigma, "sigma")
    h = _validate.positive(strength, "strength") * noise
    if reach is None:
        reach = 2 if grey.ndim == 3 else 5
    for name, value in (("patch", patch), ("reach", reach)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1 voxel, got {value}")
    if noise == 0:
        return grey
    # In units of the noise: the filter's own tolerances are made for values of about 1.
    scaled = grey.astype(np.float32) / np.float32(noise)
    smooth = _nl_means(
        scaled, patch_size=patch, patch_distance=reach, h=h / noise, sigma=1.0, fast_mode=True
    )
    return _as(grey.dtype, smooth * np.float32(noise))


@dataclass(frozen=True)
class Levelled:
    """An image whose slices have been brought to one level.

    Attributes
    ----------
    image
        Of the shape and dtype that were given.
    levels
        float64 level of each slice before; between its neighbours' where a slice has none.
    target
        The level of every slice now.
    """

    image: Image
    levels: NDArray[np.float64]
    target: float


def level_slices(
    image: ArrayLike,
    *,
    region: RunVolume | Box | ArrayLike | None = None,
    axis: int = 0,
    by: Literal["offset", "factor"] = "offset",
    target: float | None = None,
) -> Levelled:
    """Bring a stable phase to the same grey value in every slice.

    A slice's level is the median of its voxels inside `region`: the phase that fills more than half
    of it. The growth of anything else shifts a median little, and not at all if it is kept out.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values.
    region
        Where the stable phase is: a `RunVolume`, a mask, or a tuple of slices. None: everywhere.
    axis
        Across the slices.
    by
        ``"offset"`` adds to a slice what it lacks, which keeps differences of grey values;
        ``"factor"`` scales it, which keeps ratios and suits images in which 0 is no attenuation.
    target
        The level to bring slices to, such as another frame's. None: the median of all slices'.

    Raises
    ------
    ValueError
        If no slice has a voxel inside `region`, `axis` or `by` does not fit, or a level or the
        target is not positive where `by` is ``"factor"``.

    Examples
    --------
    >>> level_slices(np.array([[10, 10, 3], [14, 14, 7], [12, 12, 5]], np.uint8)).image
    array([[12, 12,  5],
           [12, 12,  5],
           [12, 12,  5]], dtype=uint8)
    """
    grey = _validate.image(image, "image")
    if not -grey.ndim <= axis < grey.ndim:
        raise ValueError(f"axis must lie in {-grey.ndim}..{grey.ndim - 1}, got {axis}")
    if by not in ("offset", "factor"):
        raise ValueError(f"by must be offset or factor, got {by!r}")
    inside = (
        None if region is None else np.moveaxis(as_region(region, grey.shape).to_mask(), axis, 0)
    )
    levels = _levels(np.moveaxis(grey, axis, 0), inside)
    goal = float(np.median(levels)) if target is None else float(target)
    if by == "factor" and (goal <= 0 or levels.min() <= 0):
        raise ValueError(
            f"levels must be positive to scale by factors, got {min(goal, levels.min())}; "
            "use by='offset'"
        )
    result = np.empty_like(grey)
    for slice_, out, level in zip(
        np.moveaxis(grey, axis, 0), np.moveaxis(result, axis, 0), levels, strict=True
    ):
        values = slice_.astype(np.float64)
        out[...] = _as(
            grey.dtype, values * (goal / level) if by == "factor" else values + goal - level
        )
    return Levelled(result, levels, goal)


def _levels(grey: Image, inside: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    levels = np.full(grey.shape[0], np.nan)
    for i, slice_ in enumerate(grey):
        values = slice_ if inside is None else slice_[inside[i]]
        if values.size:
            levels[i] = np.median(values)
    known = np.flatnonzero(np.isfinite(levels))
    if not known.size:
        raise ValueError("region must hold finite voxels of at least one slice, got none")
    filled: NDArray[np.float64] = np.interp(np.arange(levels.size), known, levels[known])
    return filled


def _between_integers(values: NDArray[np.float32], median: float) -> float:
    """The median, were each of these rounded values spread evenly over what rounds to it."""
    at = values == median
    if median == 0 or not at.any():
        return median
    return float(median - 0.5 + (0.5 - np.mean(values < median)) / np.mean(at))


def _as(dtype: np.dtype[Any], values: NDArray[Any]) -> Image:
    """Of an image's dtype: rounded, and held within its range."""
    if dtype.kind in "ui":
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    result: Image = values.astype(dtype)
    return result
