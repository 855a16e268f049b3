"""Cracks that lie close together: depths are measured in the box of a few, not of the volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    keys = np.column_stack((begin // _EDGE, np.where(is_long, labels, 0)))
    group_of = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    groups = [np.flatnonzero(group_of == group) for group in range(group_of.max() + 1)]
    short = [rows for rows in groups if not is_long[rows[0]]]
    long = _joined([rows for rows in groups if is_long[rows[0]]], begin, end)
    return [CrackBox(labels[rows], _slices(*_around(rows, begin, end))) for rows in (*short, *long)]


def _joined(groups: list[Rows], begin: Ints, end: Ints) -> list[Rows]:
    """Each with an earlier one, where a box of both is no larger than the two by themselves."""
    joined: list[Rows] = []
    boxes: list[tuple[Ints, Ints]] = []
    for rows in groups:
        low, high = _around(rows, begin, end)
        for i, (other_low, other_high) in enumerate(boxes):
            both = np.minimum(low, other_low), np.maximum(high, other_high)
            if _size(*both) <= _size(low, high) + _size(other_low, other_high):
                joined[i], boxes[i] = np.sort(np.concatenate([joined[i], rows])), both
                break
        else:
            joined.append(rows)
            boxes.append((low, high))
    return joined


def _around(rows: Rows, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    return begin[rows].min(axis=0), end[rows].max(axis=0)


def _size(low: Ints, high: Ints) -> int:
    return math.prod((high - low).tolist())


def _slices(low: Ints, high: Ints) -> Box:
    return tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
