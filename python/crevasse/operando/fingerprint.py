"""Whether two scans are copies of each other."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LOOKED_AT = 8  # slices


def fingerprint(image: NDArray[Any]) -> int | None:
    """A number that two images share if some slices of theirs are the same to the last bit.

    Noise sees to it that scans of the same thing are not. None for images of one or two values:
    masks may well be the same.
    """
    slices = np.ascontiguousarray(image[:: max(1, len(image) // _LOOKED_AT)])
    if np.isin(slices, [slices.min(), slices.max()]).all():
        return None
    return zlib.crc32(slices.tobytes())


def copies(shown: Iterable[tuple[str, int | None]]) -> Iterator[tuple[str, str]]:
    """Names of scans, each with its fingerprint, that are copies, and of which one."""
    first: dict[int, str] = {}
    for name, number in shown:
        if number is None:
            continue
        if number in first:
            yield name, first[number]
        first.setdefault(number, name)


def without_greys(shown: Sequence[tuple[str, int | None]]) -> Iterator[str]:
    """Names of scans of one or two values, where others hold more."""
    if any(number is not None for _, number in shown):
        yield from (name for name, number in shown if number is None)
