"""Images as HDF5 that NeXus readers and Fiji find their way in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from crevasse import __version__, _validate
from crevasse._files import replace_when_written
from crevasse.io.fact import in_micrometres
from crevasse.io.pyramid import chunk_shape

# Since 1.10 HDF5 keeps checksums of its own structures.
_LIBRARY = ("v110", "v110")


def write_hdf5(
    path: str | os.PathLike[str],
    image: NDArray[Any],
    *,
    spacing: _validate.Spacing | None = None,
    unit: str = "um",
) -> None:
    """Write a (z, y, x) or (y, x) image as HDF5, whole or not at all.

    The image is ``/entry/crevasse/results/data`` in an NXdata group with the positions of voxels
    along each axis, compressed and with checksums.

    Parameters
    ----------
    path
        File to write.
    image
        Of any numbers; bool becomes uint8.
    spacing, unit
        Voxel size, a number or one per axis in axis order; stored if given, in µm.

    Raises
    ------
    ValueError
        If the image is not 2-D or 3-D, `spacing` does not fit it or `unit` is no length.
    """
    array = _validate.image(image, "image")
    array = array.astype(np.uint8) if array.dtype == bool else array
    sizes = None if spacing is None else in_micrometres(spacing, unit, array.ndim)
    with (
        replace_when_written(Path(path)) as unfinished,
        h5py.File(unfinished, "w", libver=_LIBRARY) as file,
    ):
        entry = _group(file, "entry", NX_class="NXentry", default="crevasse")
        process = _group(entry, "crevasse", NX_class="NXprocess", default="results")
        process["program"], process["version"] = np.bytes_("crevasse"), np.bytes_(__version__)
        axes = list("zyx"[-array.ndim :])
        results = _group(process, "results", NX_class="NXdata", signal="data", axes=axes)
        data = results.create_dataset(
            "data",
            data=array,
            chunks=chunk_shape(array.shape),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
            fletcher32=True,
            track_times=False,
        )
        data.attrs["axes"] = np.bytes_(":".join(axes))
        if sizes is not None:
            data.attrs["element_size_um"] = sizes
            for axis, n, size in zip(axes, array.shape, sizes, strict=True):
                results[axis] = np.arange(n) * size
                results[axis].attrs["units"] = np.bytes_("um")


def _group(parent: h5py.Group, name: str, **attributes: Any) -> h5py.Group:
    """A group with attributes, which are texts or lists of texts.

    Of fixed length: those of variable length lie in a heap without checksum, and the library does
    not come back from some that are damaged.
    """
    group = parent.create_group(name)
    group.attrs.update({key: np.asarray(value, dtype="S") for key, value in attributes.items()})
    return group
