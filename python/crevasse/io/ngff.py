"""Multiscales of OME-Zarr 0.4 and 0.5: which array is which, its axes and voxel size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crevasse.io.fact import Fact, voxel_size
from crevasse.io.refusal import RefusedError

_SCALED = "coordinateTransformations"


@dataclass(frozen=True)
class Level:
    """An array of a multiscale image: its path in the group, axes and voxel size."""

    path: str
    axes: Fact[str]
    voxel_size: Fact[tuple[float, ...]] | None


def level_of(
    attributes: Mapping[str, Any], name: str, path: str | None = None, *, ones: bool = False
) -> Level | None:
    """What a group says of one of its arrays; None if it is no image, or the array none of it.

    Parameters
    ----------
    attributes
        Of the group.
    name
        Of the store, for sources and messages.
    path
        Of the array in the group. None: the finest.
    ones
        Whether voxels of 1 × 1 × 1 are meant. Many writers put that where they know no voxel size.

    Raises
    ------
    ValueError
        If there are several images, or what it says does not fit together.
    """
    ome = attributes.get("ome", attributes)
    images = ome.get("multiscales")
    if not images:
        return None
    if len(images) > 1:
        names = ", ".join(str(image.get("name", i)) for i, image in enumerate(images))
        raise RefusedError(f"{name} must hold one multiscale image, got {names}")
    image = images[0]
    axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in image.get("axes", "")]
    levels = image["datasets"]
    level = next((d for d in levels if path in (None, str(d["path"]))), None)
    if level is None:
        return None
    where = f"{name}@multiscales"
    if not axes:
        raise RefusedError(f"{name} must name its axes in multiscales; it is older than 0.4")
    order = Fact(":".join(str(axis["name"]).lower() for axis in axes), f"{where}.axes")
    return Level(str(level["path"]), order, _voxel_size(image, level, axes, where, ones))


def _voxel_size(
    image: Mapping[str, Any],
    level: Mapping[str, Any],
    axes: Sequence[Mapping[str, Any]],
    where: str,
    ones: bool,
) -> Fact[tuple[float, ...]] | None:
    """Scale of the array times that of the image, which some writers split."""
    scale = [1.0] * len(axes)
    said = False
    for transform in (*level.get(_SCALED, ()), *image.get(_SCALED, ())):
        if transform.get("type") == "scale":
            factors = transform["scale"]
            scale = [a * float(b) for a, b in zip(scale, factors, strict=True)]
            said = True
    space = [i for i, axis in enumerate(axes) if str(axis["name"]).lower() in ("z", "y", "x")]
    units = {str(axes[i].get("unit") or "") for i in space}
    if not said:
        return None
    lengths = [scale[i] for i in space]
    doubt = ""
    if len(units) > 1:
        doubt = f"its axes have several units, {sorted(units)}"
    elif not ones and all(length == 1 for length in lengths):
        doubt = "it is 1 along each axis, as writers put it that know no voxel size"
    return voxel_size(lengths, min(units), f"{where}.{_SCALED}", doubt)
