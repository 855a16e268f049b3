"""Cracks that lie close together: depths are measured in the box of a few, not of the volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._shape import Box
from crevasse._table import Table

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

    Boxes are few, however many small cracks there are, and together not much larger than what the
    cracks take.

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
    by_itself = np.where(is_long, labels, 0)
    keys = np.column_stack((begin // _EDGE, by_itself))
    group_of = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return [
        CrackBox(
            labels[group_of == group], _around(begin[group_of == group], end[group_of == group])
        )
        for group in range(group_of.max() + 1)
    ]


def _around(begin: NDArray[np.int64], end: NDArray[np.int64]) -> Box:
    return tuple(
        slice(int(a), int(b)) for a, b in zip(begin.min(axis=0), end.max(axis=0), strict=True)
    )
