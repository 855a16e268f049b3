"""Keep the components that matter: by size, by what they touch, by how strong they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._binary import Binary, like
from crevasse._runs import RunLabeling, RunVolume, as_run_volume


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
    for name, bound in (("low", low), ("high", high)):
        if bound is None:
            raise TypeError(
                f"{name} must be a number, got None; RunVolume.from_threshold takes one"
            )
    if low > high:
        raise ValueError(f"low must not be above high, got {low} and {high}")
    faint = RunVolume.from_threshold(image, low=low, roi=roi, n_threads=n_threads)
    strong = RunVolume.from_threshold(image, low=high, roi=roi, n_threads=n_threads)
    return connected_to(faint, strong, connectivity=connectivity, n_threads=n_threads)


def connected_to(
    volume: Binary,
    seeds: RunVolume | ArrayLike,
    *,
    connectivity: int = 26,
    n_threads: int | None = None,
) -> Binary:
    """The components of `volume` that share a voxel with `seeds`.

    Parameters
    ----------
    volume, seeds
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`. Of
        equal shape. For what touches a face of the volume, give that face as seeds, such as
        ``RunVolume.from_box(volume.shape, (slice(0, 1), slice(None), slice(None)))``.
    connectivity
        As in `label`.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray or RunVolume
        A bool array, or runs where runs were given.

    Raises
    ------
    ValueError
        If the shapes differ or connectivity does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> volume = RunVolume.from_mask(np.array([[1, 1, 0, 1]]))
    >>> seed = RunVolume.from_mask(np.array([[1, 0, 0, 0]]))
    >>> connected_to(volume, seed).to_mask()
    array([[ True,  True, False, False]])
    """
    threads = _validate.n_threads(n_threads)
    runs = as_run_volume(volume, threads, "volume")
    marks = as_run_volume(seeds, threads, "seeds")
    _validate.same_shape(runs.shape, marks.shape, "volume and seeds")
    components = runs.label(connectivity, n_threads=threads)
    return like(
        volume,
        components.select(components.overlapping(marks, n_threads=threads), n_threads=threads),
    )


def remove_small(
    volume: Binary, min_voxels: int, *, connectivity: int = 26, n_threads: int | None = None
) -> Binary:
    """Drop the components of fewer than `min_voxels` voxels.

    Parameters
    ----------
    volume
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`. It
        may be empty.
    min_voxels
        Least size of what is kept, in voxels.
    connectivity
        As in `label`.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray or RunVolume
        A bool array, or runs where runs were given.

    Raises
    ------
    ValueError
        If `min_voxels` is not a whole number of at least 0, or connectivity does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> remove_small(RunVolume.from_mask(np.array([[1, 1, 0, 1]])), 2).n_voxels
    2
    """
    least = _validate.whole(min_voxels, "min_voxels", least=0)
    components = _components(volume, connectivity, n_threads)
    return like(
        volume, components.select(_sizes(components, n_threads) >= least, n_threads=n_threads)
    )


def keep_largest(
    volume: Binary, n: int = 1, *, connectivity: int = 26, n_threads: int | None = None
) -> Binary:
    """Keep the `n` components of most voxels; of equal ones, those that come first.

    Parameters
    ----------
    volume
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`. It
        may be empty, or hold fewer than `n` components.
    n
        How many to keep.
    connectivity
        As in `label`.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray or RunVolume
        A bool array, or runs where runs were given.

    Raises
    ------
    ValueError
        If `n` is negative or connectivity does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> keep_largest(RunVolume.from_mask(np.array([[1, 1, 0, 1]]))).to_mask()
    array([[ True,  True, False, False]])
    """
    count = _validate.whole(n, "n", least=0)
    components = _components(volume, connectivity, n_threads)
    largest = np.argsort(-_sizes(components, n_threads), kind="stable")[:count]
    return like(volume, components.select(1 + largest, n_threads=n_threads))


def fill_cavities(
    volume: Binary, *, connectivity: int = 26, n_threads: int | None = None
) -> Binary:
    """Add the cavities: what is not in the volume and not joined to its border.

    Parameters
    ----------
    volume
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`.
    connectivity
        Of the volume. The background is joined the other way round, as it must be for a closed
        surface to part it: by faces (4 in an image) where the volume is joined by edges or corners,
        by corners (8) where it is joined by faces alone.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray or RunVolume
        A bool array, or runs where runs were given.

    Raises
    ------
    ValueError
        If connectivity does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> fill_cavities(RunVolume.from_mask(ring)).n_voxels
    9
    """
    runs = as_run_volume(volume, n_threads, "volume")
    joined = _validate.connectivity(connectivity, len(runs.shape))
    background = (~runs).label(26 if joined == 6 else 6, n_threads=n_threads)
    enclosed = ~background.regions(n_threads=n_threads)["touches_border"]
    return like(volume, runs | background.select(enclosed, n_threads=n_threads))


def percolates(
    volume: RunVolume | ArrayLike,
    axis: int = 0,
    *,
    connectivity: int = 26,
    n_threads: int | None = None,
) -> bool:
    """Whether a component reaches from the first to the last layer along an axis.

    Parameters
    ----------
    volume
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`.
    axis
        0 is the first axis: z in a volume, y in an image.
    connectivity
        As in `label`.
    n_threads
        None: all usable cores.

    Raises
    ------
    ValueError
        If there is no such axis or connectivity does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> volume = RunVolume.from_mask(np.array([[1, 0], [0, 1]]))
    >>> percolates(volume), percolates(volume, connectivity=4)
    (True, False)
    """
    runs = as_run_volume(volume, n_threads, "volume")
    ndim = len(runs.shape)
    if not -ndim <= _validate.whole(axis, "axis") < ndim:
        raise ValueError(f"axis must lie in {-ndim}..{ndim - 1}, got {axis}")
    regions = runs.label(connectivity, n_threads=n_threads).regions(n_threads=n_threads)
    name = _validate.AXES[-ndim:][axis]
    first, last = regions[f"{name}_begin"], regions[f"{name}_end"]
    return bool(np.any((first == 0) & (last == runs.shape[axis])))


def _components(
    volume: RunVolume | ArrayLike, connectivity: int, n_threads: int | None
) -> RunLabeling:
    return as_run_volume(volume, n_threads, "volume").label(connectivity, n_threads=n_threads)


def _sizes(components: RunLabeling, n_threads: int | None) -> NDArray[np.int64]:
    """Voxels of each component; what else there is to measure would take longer than labelling."""
    sums = _core.regions(components._core, _validate.n_threads(n_threads))
    sizes: NDArray[np.int64] = sums["n_voxels"].astype(np.int64)
    return sizes
