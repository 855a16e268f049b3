"""Aperture of cracks from grey values, below the voxel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._distance import spacing_3d
from crevasse._runs import RunVolume, as_run_volume

# A median of fewer values would not be worth a name: of 100 it is off by an eighth of the noise.
_FEWEST = 100
# More than enough for a median, and little memory.
_MOST = 2**22


@dataclass(frozen=True)
class Aperture:
    """The opening of a crack, measured along its normal at every voxel of its mask.

    Attributes
    ----------
    map
        float32, of the mask's shape, in the unit of `spacing`; NaN outside the mask, and where
        there is no value (see `aperture`).
    mean, std
        Over the area of the crack's mid-surface, not over its voxels: wide places have more of
        those. A voxel counts with one over the length of the mask along its normal. `std` is that
        of the population, noise of the grey values included; both are NaN if no voxel has a value.
    area
        Of the mid-surface: the volume of each voxel with a value over the length of the mask along
        its normal, summed. In an image, the crack's length.
    volume
        ``area * mean``; in an image, an area.
    solid, void
        Grey values of what is cracked and of what fills the crack, as given or estimated.
    """

    map: NDArray[np.float32]
    mean: float
    std: float
    area: float
    volume: float
    solid: float
    void: float


def aperture(
    grey: ArrayLike,
    mask: ArrayLike | RunVolume,
    *,
    solid: float | None = None,
    void: float | None = None,
    spacing: _validate.Spacing = 1.0,
    reach: float = 3.0,
    n_threads: int | None = None,
) -> Aperture:
    """Measure the aperture of cracks by the attenuation that is missing along their normals.

    At every voxel of the mask the contrast ``(solid - grey) / (solid - void)`` is integrated along
    the crack's normal through the voxel's centre. Blur spreads contrast and keeps its integral, so
    the result needs no threshold and holds below the width of a voxel [1]_ [2]_ [3]_; the mask only
    says where to measure. The same for every number of threads.

    Parameters
    ----------
    grey
        (z, y, x) or (y, x) grey values: bool, uint8, uint16, uint32, int16, int32, float32 or
        float64. Cracks may be darker or brighter than the solid.
    mask
        The cracks: bool or integer of the same shape, everything but 0 is foreground; or a
        `RunVolume`. Holes in it are taken for gaps between cracks, so fill them first
        (`fill_cavities`), and remove specks (`remove_small`).
    solid
        Grey value of the solid. None: the median of the voxels that lie farther than `reach` voxels
        outside of the mask; give it where most of those are something else.
    void
        Grey value of what fills the cracks. None: the median of the voxels that lie farther than
        `reach` voxels inside of the mask. Cracks as thin as the blur do not show it, so this is
        refused where fewer than 100 voxels lie so deep; the value of a large pore, or of air beside
        the sample, is as good. An error of 1 % of the contrast changes apertures by 1 %.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    reach
        How far beyond the mask the integral goes on, in voxels: the tail of the blur. Less leaves
        part of the crack out; more adds noise, and twice its length times any error of `solid`.
    n_threads
        None: all usable cores.

    Returns
    -------
    Aperture
        Its map has no value (NaN) where the line leaves the volume before its end, farther than 12
        voxels from the mask's background (no thin crack), where grey values do not vary, and where
        the line meets one that is not finite.

    Notes
    -----
    The normal is the first eigenvector of the products of grey gradients, summed over the box of
    ±3, 6 or 12 voxels that first holds the nearest background. Where another part of the mask
    begins within twice `reach`, the integral ends halfway between the two. Noise leaves apertures
    unbiased, but where it decides what the mask holds it biases them upwards: use a mask that is
    rather too large. What that means in numbers is on the page *Thin sheets* of the documentation.

    Raises
    ------
    TypeError
        If the dtype of `grey` is none of the above, or the mask is not bool or integer.
    ValueError
        If shapes differ, `solid` or `void` cannot be estimated, is not finite, or both are equal,
        or if spacing or `reach` is not positive.

    References
    ----------
    .. [1] R. A. Johns, J. S. Steude, L. M. Castanier, P. V. Roberts, "Nondestructive measurements
       of fracture aperture in crystalline rock cores using X ray computed tomography",
       J. Geophys. Res. 98 (1993) 1889-1900.
    .. [2] M. Van Geet, R. Swennen, "Quantitative 3D-fracture analysis by means of microfocus X-ray
       computer tomography (µCT): an example from coal", Geophys. Res. Lett. 28 (2001) 3333-3336.
    .. [3] R. A. Ketcham, D. T. Slottke, J. M. Sharp, "Three-dimensional measurement of fractures in
       heterogeneous materials using high-resolution X-ray computed tomography", Geosphere 6 (2010)
       499-514.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((24, 24), 100)
    >>> grey[:, 11:13] = 40, 70  # 0.6 and 0.3 of a pixel are open
    >>> crack = aperture(grey.astype(np.uint8), grey < 50, void=0, spacing=2.0)
    >>> round(crack.mean, 3), crack.solid
    (1.8, 100.0)
    >>> round(crack.area, 3), round(crack.volume, 3)  # of an image: length and area
    (48.0, 86.4)
    """
    threads = _validate.n_threads(n_threads)
    image = _validate.grey_image(grey, "grey")
    runs = as_run_volume(mask, threads)
    _validate.same_shape(image.shape, runs.shape, "grey and mask")
    lengths = _validate.spacing(spacing, image.ndim)
    beyond = _validate.positive(reach, "reach")
    if solid is None:
        solid = _grey_of_solid(image, runs, beyond, threads)
    if void is None:
        void = _grey_of_void(image, runs, beyond, threads)
    of_solid, of_void = _validate.finite(solid, "solid"), _validate.finite(void, "void")
    if of_solid == of_void:
        raise ValueError(f"solid and void must differ, got {of_solid:g} for both")

    result = np.zeros(image.shape, dtype=np.float32)
    weight, first, second = _core.aperture(
        runs._core,
        _validate.as_3d(image),
        _validate.as_3d(result),
        True,
        spacing_3d(spacing, image.ndim),
        of_solid,
        of_void,
        beyond,
        threads,
    )
    mean = first / weight if weight > 0 else math.nan
    voxel = math.prod(lengths)
    return Aperture(
        map=result,
        mean=mean,
        std=math.sqrt(max(second / weight - mean**2, 0.0)) if weight > 0 else math.nan,
        area=weight * voxel,
        volume=first * voxel,
        solid=of_solid,
        void=of_void,
    )


def _grey_of_solid(image: NDArray[Any], runs: RunVolume, reach: float, threads: int) -> float:
    values = _values_deep_inside(image, ~runs, reach, threads)
    if values.size < _FEWEST:
        raise ValueError(
            f"solid can be estimated from {_FEWEST} voxels or more that lie farther than "
            f"{reach:g} voxels outside of the mask, got {values.size}; pass solid="
        )
    return float(np.median(values))


def _grey_of_void(image: NDArray[Any], runs: RunVolume, reach: float, threads: int) -> float:
    values = _values_deep_inside(image, runs, reach, threads)
    if values.size < _FEWEST:
        raise ValueError(
            f"void can be estimated from {_FEWEST} voxels or more that lie farther than "
            f"{reach:g} voxels inside of the mask, got {values.size}; pass void=, e.g. the grey "
            "value of a large pore or of air"
        )
    return float(np.median(values))


def _values_deep_inside(
    image: NDArray[Any], runs: RunVolume, reach: float, threads: int
) -> NDArray[Any]:
    """Finite grey values farther than `reach` voxels from background; evenly chosen if many."""
    deep = RunVolume(_core.farther_than(runs._core, reach, (1.0, 1.0, 1.0), threads), image.ndim)
    step = max(1, deep.n_voxels // _MOST)
    planes = ((z, deep.plane(z)) for z in range(_validate.as_3d(image).shape[0]))
    parts = [
        _validate.as_3d(image)[z][plane.to_mask(n_threads=1)][::step]
        for z, plane in planes
        if plane.n_runs
    ]
    values = np.concatenate(parts) if parts else np.empty(0, dtype=image.dtype)
    return values[np.isfinite(values)]
