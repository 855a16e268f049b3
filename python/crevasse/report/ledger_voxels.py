"""Voxels of the ledger, without a dense volume."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table

Ints = NDArray[np.int64]
_AT_ONCE = 2**22


def voxels(ledger: Table) -> Iterator[tuple[Ints, tuple[Ints, Ints, Ints]]]:
    """The row of the ledger of each voxel, and its z, y, x, some millions at a time."""
    z, y, begin, n = (ledger[name] for name in ("z", "y", "x_begin", "n_voxels"))
    last = np.cumsum(n)
    first = 0
    while first < len(n):
        before = last[first] - n[first]
        end = max(first + 1, int(np.searchsorted(last, before + _AT_ONCE, side="right")))
        row = np.repeat(np.arange(first, end), n[first:end])
        along = np.arange(row.size) - (last[row] - n[row] - before)
        yield row, (z[row], y[row], begin[row] + along)
        first = end


def earliest(
    ledger: Table, shape: tuple[int, ...], axis: int | None, begin: tuple[int, ...], step: int
) -> NDArray[np.int64]:
    """The frame in which the first voxel behind each pixel opened; -1 where none ever was.

    Parameters
    ----------
    ledger
        Of `History.ledger`.
    shape
        Of the picture.
    axis
        Along which is looked, of (z, y, x); None in images.
    begin
        First row and column of the picture, in voxels.
    step
        Voxels along a pixel's side.
    """
    never = np.iinfo(np.int64).max
    found = np.full(shape, never)
    shown = [a for a in range(3) if a != (axis or 0)]
    for row, place in voxels(ledger):
        pixel = tuple((place[a] - b) // step for a, b in zip(shown, begin, strict=True))
        np.minimum.at(found, pixel, ledger["first_open"][row])
    return np.where(found == never, -1, found)
