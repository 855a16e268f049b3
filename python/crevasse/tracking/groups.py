"""Rows that belong together: the first of each group, exact sums, least and greatest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def first_of_each(group: Ints, *keys: NDArray[Any]) -> tuple[Ints, Ints]:
    """The groups, rising, and the row of each that is least by the first key that differs.

    Among equals the first row.
    """
    rows = np.lexsort((*keys[::-1], group))  # stable
    groups, first = np.unique(group[rows], return_index=True)
    return groups, rows[first]


def range_of_each(group: Ints, values: Ints, n_groups: int) -> tuple[Ints, Ints]:
    """Least and greatest value of group 0, 1, …; the greatest integer and -1 of nothing."""
    least = np.full(n_groups, np.iinfo(np.int64).max)
    greatest = np.full(n_groups, -1)
    np.minimum.at(least, group, values)
    np.maximum.at(greatest, group, values)
    return least, greatest
