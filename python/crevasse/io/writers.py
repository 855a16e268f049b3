"""Writing an image in the format that its file's ending asks for."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from crevasse import _validate

_WRITERS = {
    ".tif": "tiff", ".tiff": "tiff", ".h5": "hdf5", ".hdf5": "hdf5", ".nxs": "hdf5",
    ".zarr": "zarr", ".npy": "npy",
}  # fmt: skip
_WITH_LABELS = ("tiff", "zarr")


def write_volume(
    path: str | os.PathLike[str],
    image: NDArray[Any],
    *,
    spacing: _validate.Spacing | None = None,
    unit: str = "um",
    labels: bool = False,
) -> None:
    """Write an image as TIFF, HDF5, OME-Zarr or npy, by the ending of the name.

    Parameters
    ----------
    path
        Ends in .tif, .tiff, .h5, .hdf5, .nxs, .zarr or .npy.
    image, spacing, unit, labels
        As for `write_tiff`, `write_hdf5`, `write_zarr`; npy holds no voxel size.

    Raises
    ------
    ValueError
        If the ending is another one, or as the writers.
    """
    kind = format_of_ending(path)
    if kind == "npy":
        import_module("crevasse.io.npy").write_npy(path, image)
        return
    more = {"labels": labels} if kind in _WITH_LABELS else {}
    write = getattr(import_module(f"crevasse.io.{kind}_writer"), f"write_{kind}")
    write(path, image, spacing=spacing, unit=unit, **more)


def format_of_ending(path: str | os.PathLike[str]) -> str:
    """The format that a name asks for; `ValueError` where there is none such."""
    ending = Path(path).suffix.lower()
    if ending not in _WRITERS:
        raise ValueError(f"output must end in {', '.join(_WRITERS)}, got {path}")
    return _WRITERS[ending]
