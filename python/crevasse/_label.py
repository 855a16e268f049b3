"""Connected components of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from crevasse import _core, _validate
from crevasse._encode import encode_if_binary
from crevasse._runs import RunLabeling
from crevasse._slabs import LazyVolume, WritableVolume, is_lazy


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

    labels: Any
    count: int


def label(
    image: ArrayLike,
    *,
    connectivity: int = 26,
    periodic: _validate.Periodic = False,
    dtype: DTypeLike | None = None,
    out: NDArray[Any] | WritableVolume | None = None,
    n_threads: int | None = None,
) -> Labeling:
    """Label the connected components of an image.

    The result, numbering included, is the same for every number of threads and memory order.

    Parameters
    ----------
    image
        (z, y, x) or (y, x), bool or integer. Integer voxels join only where their values are
        equal; 0 is background. Copied first if it is not C-contiguous. A volume on disk or still to
        be computed (h5py, zarr, dask, a memory map) is read slab by slab, 256 MB at once or a
        chunk, if that is more, unless it has more than one value other than 0: then it is needed
        as a whole.
    connectivity
        3-D: 6 (faces), 18 (edges too) or 26 (corners too). 2-D: 4 or 8; 6 means 4 there, and 18
        and 26 mean 8.
    periodic
        Whether the volume goes on at its other end, so that voxels at opposite faces join: a bool,
        or one per axis, (z, y, x) or (y, x).
    dtype
        Of the labels: uint8, uint16, uint32 or uint64. None: uint32 (uint64 past 2³² - 1).
    out
        Unsigned array of the image's shape to write into: a C-contiguous numpy array or memory map;
        or a volume on disk (h5py, zarr), which is written slab by slab.
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
        If connectivity or `periodic` does not fit, or `dtype` or `out` cannot hold the labels;
        `out` is then untouched.

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
    source: LazyVolume | NDArray[Any] = (
        image if is_lazy(image) else _validate.bool_or_integer(image, "image")
    )
    ndim = len(source.shape)
    joined = _validate.connectivity(connectivity, ndim)
    around = _validate.periodic(periodic, ndim)
    threads = _validate.n_threads(n_threads)
    if out is not None:
        _validate.out_array(out, tuple(source.shape))
    if dtype is not None:
        _validate.label_dtype(dtype, 0)
    labeling = RunLabeling(_components(source, joined, around, threads), ndim)
    labels = labeling.to_labels(dtype=dtype, out=out, n_threads=threads)
    return Labeling(labels, labeling.count)


def _components(
    source: LazyVolume | NDArray[Any],
    connectivity: int,
    periodic: tuple[bool, bool, bool],
    threads: int,
) -> _core.RunLabeling:
    if is_lazy(source):
        runs = encode_if_binary(source, threads)
        if runs is not None:
            return _core.label_runs(runs, connectivity, periodic, threads)
    image = _validate.bool_or_integer(np.asarray(source), "image")
    return _core.label_image(_validate.as_3d(image), connectivity, periodic, threads)
