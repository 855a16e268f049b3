"""Images as OME-Zarr 0.5, by Zarr alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from crevasse import __version__, _validate
from crevasse._files import replace_folder_when_written
from crevasse.io.fact import in_micrometres
from crevasse.io.pyramid import chunk_shape, pyramid
from crevasse.io.zarr import OURS


def write_zarr(
    path: str | os.PathLike[str],
    image: NDArray[Any],
    *,
    spacing: _validate.Spacing | None = None,
    unit: str = "um",
    labels: bool = False,
) -> None:
    """Write a (z, y, x) or (y, x) image as OME-Zarr 0.5, whole or not at all.

    Smaller versions come with it, for viewers. Blocks are compressed and have checksums.

    Parameters
    ----------
    path
        Folder to write; one that is there is replaced if it is a Zarr store.
    image
        Of any numbers; bool becomes uint8.
    spacing, unit
        Voxel size, a number or one per axis in axis order; stored if given, in µm.
    labels
        Whether the values are labels: smaller versions then hold labels that are there, rather than
        means.

    Raises
    ------
    ValueError
        If the image is not 2-D or 3-D, `spacing` does not fit it or `unit` is no length.
    FileExistsError
        If the folder is there and is no Zarr store.
    """
    array = _validate.image(image, "image")
    array = array.astype(np.uint8) if array.dtype == bool else array
    sizes = None if spacing is None else in_micrometres(spacing, unit, array.ndim)
    path = Path(path)
    if path.exists() and not (path / "zarr.json").exists() and not (path / ".zgroup").exists():
        raise FileExistsError(f"{path} is there and is no Zarr group; give another name")
    with replace_folder_when_written(path) as unfinished:
        group = zarr.create_group(unfinished, zarr_format=3)
        levels = []
        for level, (smaller, factors) in enumerate(pyramid(array, labels=labels)):
            _write(group, f"s{level}", smaller)
            levels.append(_level(f"s{level}", factors, sizes, labels))
        multiscale = {"name": path.stem, "axes": _axes(array.ndim, sizes), "datasets": levels}
        ome: dict[str, Any] = {"version": "0.5", "multiscales": [multiscale]}
        group.attrs["ome"] = ome | ({"image-label": {}} if labels else {})
        group.attrs[OURS] = {"version": __version__}


def _write(group: zarr.Group, name: str, image: NDArray[Any]) -> None:
    array = group.create_array(
        name,
        shape=image.shape,
        dtype=image.dtype.newbyteorder("<"),
        chunks=chunk_shape(image.shape),
        compressors=[ZstdCodec(level=3), Crc32cCodec()],
        dimension_names=list("zyx"[-image.ndim :]),
        # So that a chunk that is lost is told from one that is zero.
        config={"write_empty_chunks": True},
    )
    array[...] = image


def _axes(ndim: int, sizes: tuple[float, ...] | None) -> list[dict[str, str]]:
    unit = {} if sizes is None else {"unit": "micrometer"}
    return [{"name": axis, "type": "space", **unit} for axis in "zyx"[-ndim:]]


def _level(
    name: str, factors: tuple[int, ...], sizes: tuple[float, ...] | None, labels: bool
) -> dict[str, Any]:
    """An array with its transform; the centre of a mean lies between those of its voxels."""
    lengths = sizes or (1.0,) * len(factors)
    scale = [f * s for f, s in zip(factors, lengths, strict=True)]
    transforms: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    if max(factors) > 1 and not labels:
        shift = [(f - 1) / 2 * s for f, s in zip(factors, lengths, strict=True)]
        transforms.append({"type": "translation", "translation": shift})
    return {"path": name, "coordinateTransformations": transforms}
