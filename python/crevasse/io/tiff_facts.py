"""Voxel size of a TIFF: from OME metadata, from ImageJ's, or from resolution tags."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import tifffile

from crevasse.io.fact import Fact, voxel_size

_TAG_UNITS = {2: "inch", 3: "cm"}
_IN_CM = re.compile(r"voxel_size_cm *= *(.*\S)")
_NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


def voxel_size_of(file: tifffile.TiffFile, path: Path, ndim: int) -> Fact[tuple[float, ...]] | None:
    """What the headers say, with a doubt where writers are known to put what is not meant."""
    if file.ome_metadata:
        return _ome(file.ome_metadata, path, ndim)
    if file.imagej_metadata:
        return _imagej(file, path, ndim)
    return _tags(file, path, ndim)


def voxel_size_beside(slices: Path) -> Fact[tuple[float, ...]] | None:
    """What nabu writes to a text beside the slices of a volume, in cm."""
    texts = sorted(slices.glob("*_infos.txt"))
    if len(texts) != 1:
        return None
    said = _IN_CM.search(texts[0].read_text(encoding="utf-8", errors="replace"))
    if said is None:
        return None
    sizes = [float(number) for number in _NUMBER.findall(said[1])]
    return voxel_size(sizes * 3 if len(sizes) == 1 else sizes, "cm", f"{texts[0].name}:{said[0]}")


def _ome(text: str, path: Path, ndim: int) -> Fact[tuple[float, ...]] | None:
    pixels = ElementTree.fromstring(text).find(".//{*}Pixels")
    axes = "ZYX"[-ndim:]
    if pixels is None or not any(f"PhysicalSize{axis}" in pixels.attrib for axis in axes):
        return None
    sizes = [float(pixels.get(f"PhysicalSize{axis}", "nan")) for axis in axes]
    units = {pixels.get(f"PhysicalSize{axis}Unit", "µm") for axis in axes}
    doubt = f"its axes have several units, {sorted(units)}" if len(units) > 1 else ""
    return voxel_size(sizes, min(units), f"{path.name}:OME/PhysicalSize{axes}", doubt)


def _imagej(file: tifffile.TiffFile, path: Path, ndim: int) -> Fact[tuple[float, ...]] | None:
    """Fiji stores the pixel as a resolution, and the distance of slices as `spacing`."""
    described: dict[str, Any] = file.imagej_metadata or {}
    unit = str(described.get("unit") or "")
    across = _pixel(file)
    if not unit or across is None:
        return None
    where = f"{path.name}:ImageJ unit, resolution"
    y, x = across
    if ndim == 2:
        doubt = "" if math.isclose(y, x, rel_tol=1e-3) else "pixels are not square"
        return voxel_size([y, x], unit, where, doubt)
    spacing = described.get("spacing")
    doubt = ""
    if spacing is None:
        doubt = "it has no distance of slices"
    elif float(spacing) == 1 != x:
        doubt = "its slices are 1 apart, as ImageJ puts where nobody said"
    sizes = [float(spacing or math.nan), y, x]
    return voxel_size(sizes, unit, f"{where}, spacing", doubt)


def _tags(file: tifffile.TiffFile, path: Path, ndim: int) -> Fact[tuple[float, ...]] | None:
    """Resolution tags alone: most writers put a number for printers, such as 72 an inch."""
    tag = file.pages.first.tags.get("ResolutionUnit")
    unit = _TAG_UNITS.get(int(tag.value)) if tag is not None else None
    across = _pixel(file)
    if unit is None or across is None or across == (1.0, 1.0):
        return None
    sizes = (across[1],) * (ndim - 2) + across
    doubt = "resolution tags are meant for printing"
    return voxel_size(sizes, unit, f"{path.name}:XResolution", doubt)


def _pixel(file: tifffile.TiffFile) -> tuple[float, float] | None:
    """Height and width of a pixel, in whatever unit the resolution is in."""
    sizes = []
    for name in ("YResolution", "XResolution"):
        tag = file.pages.first.tags.get(name)
        pixels, lengths = tag.value if tag is not None else (0, 0)
        if not pixels or not lengths:
            return None
        sizes.append(lengths / pixels)
    return sizes[0], sizes[1]
