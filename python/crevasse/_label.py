"""Connected components of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from crevasse import _core, _validate
from crevasse._runs import RunLabeling, RunVolume


@dataclass(frozen=True)
class Labeling:
    """Connected components of an image.

    Attributes
    ----------
    labels
        Array of the image's shape: 0 is background, components are 1..count in raster order of
        their first voxel.
    count
        Number of components.
    """

    labels: NDArray[Any]
    count: int


def label(
    image: ArrayLike,
    *,
    connectivity: int = 26,
    dtype: DTypeLike | None = None,
    out: NDArray[Any] | None = None,
    n_threads: int | None = None,
) -> Labeling:
    """Label the connected components of an image.

    The result, numbering included, is the same for every number of threads and memory order.

    Parameters
    ----------
    image
        (z, y, x) or (y, x), bool or integer. Integer voxels join only where their values are
        equal; 0 is background. Copied first if it is not C-contiguous.
    connectivity
        3-D: 6 (faces), 18 (edges too) or 26 (corners too). 2-D: 4 or 8; 6 means 4 there, and 18
        and 26 mean 8.
    dtype
        Of the labels: uint8, uint16, uint32 or uint64. None: uint32 (uint64 past 2³² - 1).
    out
        C-contiguous unsigned array of the image's shape to write into, a memory map for example.
    n_threads
        None: all usable cores (affinity, control group and ``OMP_NUM_THREADS`` are honoured).

    Returns
    -------
    Labeling
        With `labels` (`out` itself where given) and `count`. An image without foreground, or
        without voxels, has count 0.

    Raises
    ------
    TypeError
        If `image` is not bool or integer, or `dtype` is not unsigned.
    ValueError
        If connectivity does not fit, or `dtype` or `out` cannot hold the labels; `out` is then
        untouched.

    References
    ----------
    .. [1] L. He, Y. Chao, K. Suzuki, "A run-based two-scan labeling algorithm", IEEE Trans. Image
       Process. 17 (2008) 749-756.

    Examples
    --------
    >>> import numpy as np
    >>> label(np.array([[1, 1, 0], [0, 0, 2], [2, 0, 2]])).labels
    array([[1, 1, 0],
           [0, 0, 2],
           [3, 0, 2]], dtype=uint32)
    """
    array = _validate.bool_or_integer(image, "image")
    joined = _validate.connectivity(connectivity, array.ndim)
    threads = _validate.n_threads(n_threads)
    if out is not None:
        _validate.out_array(out, array.shape)
    if dtype is not None:
        _validate.label_dtype(dtype, 0)
    core = _core.label_image(_validate.as_3d(array), joined, threads)
    labeling = RunLabeling(core, array.ndim)
    labels = labeling.to_labels(dtype=dtype, out=out, n_threads=threads)
    return Labeling(labels, labeling.count)


def hysteresis(
    image: ArrayLike,
    low: float,
    high: float,
    *,
    connectivity: int = 26,
    roi: RunVolume | tuple[slice, ...] | ArrayLike | None = None,
    n_threads: int | None = None,
) -> RunVolume:
    """Voxels of at least `low` that connect to a voxel of at least `high`.

    Keeps the faint ends of a crack and drops faint specks.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values; dtypes as in `RunVolume.from_threshold`. To find dark
        features, pass the image negated or subtracted from its background.
    low, high
        Grey values, ``low <= high``.
    connectivity
        As in `label`.
    roi
        Region of interest, as in `RunVolume.from_threshold`; nothing connects outside of it.
    n_threads
        None: all usable cores.

    Returns
    -------
    RunVolume

    Raises
    ------
    ValueError
        If ``low > high`` or a value inside `roi` is NaN.

    References
    ----------
    .. [1] J. Canny, "A computational approach to edge detection", IEEE Trans. Pattern Anal. Mach.
       Intell. 8 (1986) 679-698.

    Examples
    --------
    >>> import numpy as np
    >>> hysteresis(np.array([[3, 9, 3, 0, 3]], dtype=np.uint8), 2, 8).to_mask()
    array([[ True,  True,  True, False, False]])
    """
    if low > high:
        raise ValueError(f"low must not be above high, got {low} and {high}")
    faint = RunVolume.from_threshold(image, low=low, roi=roi, n_threads=n_threads)
    strong = RunVolume.from_threshold(image, low=high, roi=roi, n_threads=n_threads)
    return connected_to(faint, strong, connectivity=connectivity, n_threads=n_threads)


def connected_to(
    volume: RunVolume, seeds: RunVolume, *, connectivity: int = 26, n_threads: int | None = None
) -> RunVolume:
    """The components of `volume` that share a voxel with `seeds`."""
    threads = _validate.n_threads(n_threads)
    components = volume.label(connectivity, n_threads=threads)
    marks = seeds.label(connectivity, n_threads=threads)
    pairs = _core.overlap(components._core, marks._core, threads)
    return components.select(np.unique(pairs["label_a"]))
