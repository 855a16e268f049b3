"""Shapes and boxes: (z, y, x) or (y, x) outside, always three axes in the core."""

from __future__ import annotations

from crevasse._validate import is_whole

Box = tuple[slice, ...]


def bounds(
    shape: tuple[int, ...], box: Box, name: str = "box"
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where a box begins and ends on every axis."""
    slices = isinstance(box, tuple) and all(isinstance(s, slice) for s in box)
    if not slices or len(box) != len(shape) or any(s.step not in (None, 1) for s in box):
        raise ValueError(
            f"{name} must hold a slice without step for each of {len(shape)} axes, got {box!r}"
        )
    try:
        ranges = [s.indices(n) for s, n in zip(box, shape, strict=True)]
    except TypeError:
        raise ValueError(f"{name} must begin and end at whole numbers, got {box!r}") from None
    begin = tuple(start for start, _, _ in ranges)
    return begin, tuple(max(start, stop) for start, stop, _ in ranges)


def checked(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a volume, (z, y, x) or (y, x); axes may be empty."""
    extents = tuple(shape)
    if len(extents) not in (2, 3) or not all(is_whole(n) and n >= 0 for n in extents):
        raise ValueError(
            f"shape must be (z, y, x) or (y, x), whole numbers, none negative, got {shape}"
        )
    return tuple(int(n) for n in extents)


def origin3(begin: tuple[int, ...]) -> tuple[int, int, int]:
    """A position in the core: slice 0 where there is none."""
    return _triple([0] * (3 - len(begin)) + list(begin))


def shape3(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """An extent in the core: one slice where there is none."""
    return _triple([1] * (3 - len(shape)) + [int(n) for n in shape])


def _triple(values: list[int]) -> tuple[int, int, int]:
    z, y, x = values
    return z, y, x
