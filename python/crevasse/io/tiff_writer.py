"""Images as TIFF that Fiji and whoever reads OME-TIFF opens."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._files import replace_when_written
from crevasse.io.fact import in_micrometres

_IMAGEJ = ("u1", "u2", "f4")
_OME = (*_IMAGEJ, "i1", "i2", "i4", "u4", "f8")
_NO_BIGTIFF = 2**31  # bytes; ImageJ cannot open BigTIFF


def write_tiff(
    path: str | os.PathLike[str],
    image: NDArray[Any],
    *,
    spacing: _validate.Spacing | None = None,
    unit: str = "um",
    labels: bool = False,
) -> None:
    """Write a (z, y, x) or (y, x) image as compressed TIFF, whole or not at all.

    ImageJ's TIFF where that can hold the image and its voxel size; else OME-TIFF, which holds
    32-bit labels, or plain TIFF for what neither can (64-bit integers, half floats).

    Parameters
    ----------
    path
        File to write.
    image
        Of any numbers; bool becomes uint8.
    spacing, unit
        Voxel size, a number or one per axis in axis order; stored in µm if given, but not in plain
        TIFF.
    labels
        Whether the values are labels, which become uint16, and so open in Fiji, if they fit.

    Raises
    ------
    ValueError
        If the image is not 2-D or 3-D or holds no voxel, `spacing` does not fit it, or `unit` is no
        length.
    """
    array = _stored(np.asarray(image), labels)
    if array.ndim not in (2, 3) or not array.size:
        raise ValueError(
            f"image must be (z, y, x) or (y, x) with at least one voxel, got shape {array.shape}"
        )
    sizes = None if spacing is None else in_micrometres(spacing, unit, array.ndim)
    kind, metadata, resolution = _described(array, sizes)
    with replace_when_written(Path(path)) as unfinished:
        tifffile.imwrite(
            unfinished,
            array,
            compression="zlib",
            photometric="minisblack",
            metadata={"axes": "ZYX"[-array.ndim :], **metadata},
            resolution=resolution,
            bigtiff=kind != "imagej" and array.nbytes > _NO_BIGTIFF,
            imagej=kind == "imagej",
            ome=kind == "ome",
        )


def _stored(image: NDArray[Any], labels: bool) -> NDArray[Any]:
    if image.dtype == bool:
        return image.astype(np.uint8)
    fits = labels and image.dtype.kind in "iu" and image.dtype.itemsize > 2
    if fits and image.size and image.min() >= 0 and image.max() < 2**16:
        return image.astype(np.uint16)
    return image


def _described(
    array: NDArray[Any], sizes: tuple[float, ...] | None
) -> tuple[str, dict[str, Any], tuple[float, float] | None]:
    """Kind of TIFF, its metadata and resolution."""
    dtype = array.dtype.str[1:]
    # tifffile takes the last axis of ImageJ's images for samples where it has length one.
    imagej = dtype in _IMAGEJ and array.nbytes <= _NO_BIGTIFF and array.shape[-1] > 1
    if imagej and _imagej_can_say(sizes):
        if sizes is None:
            return "imagej", {}, None
        spacing = {"spacing": sizes[0]} if array.ndim == 3 else {}
        return "imagej", {"unit": "um", **spacing}, (1 / sizes[-1], 1 / sizes[-2])
    if dtype not in _OME:
        return "plain", {}, None
    # From the voxels, so that the same image gives the same bytes.
    digest = hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16).digest()
    metadata: dict[str, Any] = {"UUID": str(uuid.UUID(bytes=digest))}
    for axis, size in zip("ZYX"[-array.ndim :], sizes or (), strict=sizes is not None):
        metadata |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": "µm"}
    return "ome", metadata, None


def _imagej_can_say(sizes: tuple[float, ...] | None) -> bool:
    """Pixels that are not square, or slices 1 µm apart, would be taken for nobody's choice."""
    if sizes is None:
        return True
    return sizes[-1] == sizes[-2] and (len(sizes) == 2 or sizes[0] != 1 or sizes[-1] == 1)
