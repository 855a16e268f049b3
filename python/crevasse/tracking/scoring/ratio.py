"""Shares of what there is."""

from __future__ import annotations


def ratio(part: float, whole: float, *, nothing: float = 1.0) -> float:
    """Part over whole; of nothing, all is there."""
    return part / whole if whole else nothing
