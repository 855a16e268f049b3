"""Rank correlation, and its interval over resampled blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Fewer resampled units do not tell how much the units differ.
_FEWEST_BLOCKS = 5


def centred_ranks(group: Ints, values: NDArray[Any]) -> Floats:
    """Ranks of values within their group, ties sharing the mean, less the group's mean rank."""
    if not group.size:
        return np.zeros(0)
    order = np.lexsort((values, group))
    sorted_group, sorted_values = group[order], values[order]
    differs = (np.diff(sorted_group) != 0) | (np.diff(sorted_values) != 0)
    tie = np.concatenate([[0], np.cumsum(differs)])
    place = np.bincount(tie, np.arange(len(order))) / np.bincount(tie)
    ranks = np.empty(len(order))
    ranks[order] = place[tie]
    mean = np.bincount(group, ranks) / np.maximum(np.bincount(group), 1)
    return np.asarray(ranks - mean[group])


def resampled_index(
    a: Floats, b: Floats, block: Ints, n_boot: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Correlation of two lists of ranks, and its interval over resampled blocks."""
    _, number = np.unique(block, return_inverse=True)
    sums = np.stack(
        [np.bincount(number, w) for w in (np.ones_like(a), a, b, a * a, b * b, a * b)], axis=1
    )
    index = float(_correlation(sums.sum(axis=0)))
    n_blocks = len(sums)
    if n_boot == 0 or n_blocks < _FEWEST_BLOCKS or not np.isfinite(index):
        return index, np.nan, np.nan
    again = np.array([sums[rng.integers(0, n_blocks, n_blocks)].sum(axis=0) for _ in range(n_boot)])
    resampled = _correlation(again)
    resampled = resampled[np.isfinite(resampled)]
    if not resampled.size:
        return index, np.nan, np.nan
    low, high = np.quantile(resampled, [0.025, 0.975])
    return index, float(low), float(high)


def _correlation(sums: Floats) -> Floats:
    """From n, Σa, Σb, Σa², Σb², Σab along the last axis; nan where one of them does not vary."""
    n, a, b, aa, bb, ab = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (aa - a * a / n) * (bb - b * b / n)
        value = np.clip((ab - a * b / n) / np.sqrt(spread), -1, 1)
        # Ranks are halves, so what does not vary has no spread but for rounding.
        return np.asarray(np.where(spread > 1e-9 * np.maximum(aa * bb, 1), value, np.nan))
