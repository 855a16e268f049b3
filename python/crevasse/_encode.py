"""Dense voxels to runs: whole arrays at once, volumes on disk slab by slab."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from crevasse import _core, _validate
from crevasse._slabs import LazyVolume, is_lazy, slabs

Window = tuple[float | None, float | None]  # closed; None leaves a side open


def encode_mask(mask: ArrayLike, threads: int, name: str = "mask") -> tuple[_core.RunVolume, int]:
    """The voxels that are not 0, and the number of axes; see `RunVolume.from_mask`."""
    if is_lazy(mask):
        return _core.concatenate(
            [encode_mask(slab, threads, name)[0] for _, slab in slabs(mask)]
        ), 3
    array = _validate.bool_or_integer(mask, name)
    return _core.encode_mask(_validate.as_3d(array), threads), array.ndim


def encode_if_binary(image: LazyVolume, threads: int) -> _core.RunVolume | None:
    """The voxels that are not 0 if they have one value in common; else nothing, found early."""
    parts, common = [], 0
    for _, slab in slabs(image):
        encoded = _core.encode_binary(_validate.bool_or_integer(slab, "image"), threads)
        if encoded is None or (common and encoded[1] not in (0, common)):
            return None
        parts.append(encoded[0])
        common = common or encoded[1]
    return _core.concatenate(parts)


def encode_windows(
    image: ArrayLike,
    windows: Sequence[Window],
    roi: _core.RunVolume | None,
    threads: int,
    *,
    first_slice: int = 0,
) -> tuple[list[_core.RunVolume], int]:
    """The voxels inside each of some windows of grey values; see `RunVolume.from_windows`.

    `first_slice` is where `image` begins in the volume that it is a slab of.
    """
    if is_lazy(image):
        parts = []
        for part, slab in slabs(image):
            inside = None if roi is None else _window(roi, part, threads)
            parts.append(encode_windows(slab, windows, inside, threads, first_slice=part.start)[0])
        return [_core.concatenate(list(of_one)) for of_one in zip(*parts, strict=True)], 3
    array = _validate.grey_image(image, "image")
    bounds = [_validate.window(low, high, array.dtype) for low, high in windows]
    volumes = _core.encode_windows(_validate.as_3d(array), bounds, roi, threads, first_slice)
    return volumes, array.ndim


def _window(volume: _core.RunVolume, part: slice, threads: int) -> _core.RunVolume:
    _, y, x = volume.shape
    return _core.window(volume, (part.start, 0, 0), (part.stop - part.start, y, x), threads)
