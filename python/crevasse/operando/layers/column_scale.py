"""Columns of a volume as seen from one of its faces: which there are, and how long a voxel is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from crevasse import _validate
from crevasse._disc import disc
from crevasse._runs import RunVolume


@dataclass(frozen=True)
class ColumnScale:
    """What follows from the shape of the frames."""

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    axis: int
    at_begin: bool
    area: Any

    @classmethod
    def of(
        cls,
        shape: tuple[int, ...],
        face: str,
        spacing: _validate.Spacing,
        roi: Any,
        centre: float | tuple[float, ...] | None,
    ) -> ColumnScale:
        """From what a user gives; `ValueError` where it does not fit `shape`."""
        axes = _validate.AXES[-len(shape) :]
        if face[0] not in axes:
            raise ValueError(f"face must be one of a ({', '.join(axes)}) image, got {face!r}")
        lengths = _validate.spacing(spacing, len(shape))
        axis = axes.index(face[0])
        map_shape, map_spacing = _without(shape, axis), _without(lengths, axis)
        area = roi
        if is_number(roi):
            area = disc(map_shape, roi, spacing=map_spacing, centre=centre)
        if area is not None and not np.any(area):
            raise ValueError(f"roi must hold a column of the map {map_shape}, got none")
        return cls(shape, lengths, axis, face.endswith("min"), area)

    @property
    def voxel(self) -> float:
        """Along the axis that is summed over."""
        return self.spacing[self.axis]

    def slab(self, depth: float) -> RunVolume:
        """The voxels whose centres lie within `depth` of the face."""
        n = math.floor(round(depth / self.voxel + 0.5, 9))
        layers = slice(0, n) if self.at_begin else slice(max(0, self.shape[self.axis] - n), None)
        box = tuple(layers if a == self.axis else slice(None) for a in range(len(self.shape)))
        return RunVolume.from_box(self.shape, box)


def _without(values: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    return values[:axis] + values[axis + 1 :]


def is_number(value: object) -> bool:
    """Whether it is a single number, of Python or numpy."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
