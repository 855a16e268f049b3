"""Cracks that lie close together: depths are measured in the box of a few, not of the volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._geodesic import geodesic_depth
from crevasse._runs import RunLabeling, RunVolume
from crevasse._shape import Box
from crevasse._table import Table

Ints = NDArray[np.int64]
Rows = NDArray[np.intp]

_EDGE = 128  # voxels: longer cracks are by themselves


@dataclass(frozen=True)
class CrackBox:
    """Some components of a frame, and where they lie.

    Attributes
    ----------
    labels
        They rise.
    box
        The smallest one that holds them.
    """

    labels: NDArray[np.int64]
    box: Box


def crack_boxes(regions: Table, labels: NDArray[np.int64], axes: Sequence[str]) -> list[CrackBox]:
    """All of `labels`, each in one box; a single empty box where there are none.

    Boxes are few, however many small cracks there are. A long crack has one of its own, but where
    another's is hardly larger with it: many side by side would each go through the same box.

    Parameters
    ----------
    regions
        The bounding boxes of all components, by label from 1 on.
    labels
        Some of them, rising.
    axes
        Of the volume.
    """
    if not len(labels):
        return [CrackBox(labels, tuple(slice(0, 0) for _ in axes))]
    begin, end = (
        np.column_stack([regions[f"{axis}_{side}"][labels - 1] for axis in axes])
        for side in ("begin", "end")
    )
    is_long = (end - begin > _EDGE).any(axis=1)
    short, long = np.flatnonzero(~is_long), np.flatnonzero(is_long)
    groups = _by_tile(short, begin) + _joined(long, begin, end)
    return [CrackBox(labels[rows], _around(begin[rows], end[rows])) for rows in groups]


def depths_in(
    cracks: CrackBox,
    components: RunLabeling,
    seeds: RunVolume,
    spacing: tuple[float, ...],
    threads: int,
) -> tuple[RunVolume, NDArray[np.float32]]:
    """The cracks of a box, cut out, and the depths of their voxels."""
    part = components.select(cracks.labels, n_threads=threads).crop(cracks.box)
    return part, geodesic_depth(part, seeds.crop(cracks.box), spacing, threads)


def _by_tile(rows: Rows, begin: Ints) -> list[Rows]:
    """Those that begin in the same part of the volume."""
    order = np.lexsort((begin[rows] // _EDGE).T)  # stable
    rows = rows[order]
    begins_tile = (np.diff(begin[rows] // _EDGE, axis=0) != 0).any(axis=1)
    return np.split(rows, 1 + np.flatnonzero(begins_tile)) if len(rows) else []


def _joined(rows: Rows, begin: Ints, end: Ints) -> list[Rows]:
    """Each with earlier ones, where a box of all is no larger than theirs and its own."""
    groups: list[list[int]] = []
    boxes: list[tuple[Ints, Ints]] = []
    for row in rows.tolist():
        low, high = begin[row], end[row]
        for group, box in enumerate(boxes):
            both = np.minimum(low, box[0]), np.maximum(high, box[1])
            if _size(*both) <= _size(low, high) + _size(*box):
                groups[group].append(row)
                boxes[group] = both
                break
        else:
            groups.append([row])
            boxes.append((low, high))
    return [np.array(group) for group in groups]


def _size(low: Ints, high: Ints) -> int:
    return math.prod((high - low).tolist())


def _around(begin: Ints, end: Ints) -> Box:
    low, high = begin.min(axis=0).tolist(), end.max(axis=0).tolist()
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True))
