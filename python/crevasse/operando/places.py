"""Where in a volume a phase may lie: regions, and positions relative to other phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse._clean import connected_to, keep_largest
from crevasse._layer_thickness import layer_thickness
from crevasse._runs import RunVolume, as_region
from crevasse._shape import Box

Place = RunVolume | Box | ArrayLike | str
INITIALLY = "initially-"
_COLUMN = ("below", "above", "inside")
RELATIONS = (*_COLUMN, "touching", *(INITIALLY + relation for relation in _COLUMN))


def parse_place(text: str) -> tuple[str, str]:
    """Relation and phase of a place in words, such as ``below:collector``.

    Raises
    ------
    ValueError
        If it is not of that form.
    """
    relation, _, phase = text.partition(":")
    if relation not in RELATIONS or not phase:
        raise ValueError(
            f"place must be {', '.join(RELATIONS[:-1])} or {RELATIONS[-1]}, a colon and a phase, "
            f"got {text!r}"
        )
    return relation, phase


def places(where: object) -> tuple[Any, ...]:
    """The one or more places that a rule's ``where`` holds; nothing for None.

    A tuple of slices is one place, a box; any other tuple, and a list of places, are several.
    """
    if where is None:
        return ()
    if isinstance(where, tuple) and not all(isinstance(part, slice) for part in where):
        return where
    if isinstance(where, list) and all(isinstance(p, str | RunVolume | tuple) for p in where):
        return tuple(where)
    return (where,)


def region_of(
    where: object, phases: Mapping[str, RunVolume], within: RunVolume, axis: int
) -> RunVolume:
    """The part of `within` that lies in all places; ``touching`` leaves it as it is."""
    for place in places(where):
        if not isinstance(place, str):
            within = within & as_region(place, within.shape)
            continue
        relation, phase = parse_place(place)
        if relation != "touching":
            within = within & beside(phases[phase], relation.removeprefix(INITIALLY), axis)
    return within


def initial_region(
    where: object, phases: Mapping[str, RunVolume], region: RunVolume, axis: int
) -> tuple[Any, ...] | None:
    """The places of ``where``, those in words about a first frame as the voxels that they hold."""
    kept: list[Any] = []
    initial: list[Any] = []
    for place in places(where):
        is_initial = isinstance(place, str) and place.startswith(INITIALLY)
        (initial if is_initial else kept).append(place)
    if initial:
        kept.insert(0, region_of(tuple(initial), phases, region, axis))
    return tuple(kept) or None


def touching(
    where: object, phases: Mapping[str, RunVolume], volume: RunVolume, connectivity: int
) -> RunVolume:
    """The components of `volume` that touch every phase that ``where`` says they must touch."""
    for place in places(where):
        if isinstance(place, str) and parse_place(place)[0] == "touching":
            near = phases[parse_place(place)[1]].dilate(connectivity)
            volume = connected_to(volume, near, connectivity=connectivity)
    return volume


def beside(phase: RunVolume, relation: str, axis: int) -> RunVolume:
    """The voxels below, above or inside the largest component of a phase, column by column.

    Above ends before the component's first voxel in the column, below begins behind its last one,
    inside reaches from the first to the last. Columns that the component does not cross are in
    none of them. The largest component alone, since a speck of noise would shift its column's end.
    """
    faces = layer_thickness(keep_largest(phase), axis=axis)
    first, last = _voxels(faces.near), _voxels(faces.far)  # half-open: `last` is the one behind
    crossed = np.isfinite(faces.near)
    length = phase.shape[axis]
    if relation == "above":
        begin, end = np.zeros_like(first), np.where(crossed, first, 0)
    elif relation == "below":
        begin, end = np.where(crossed, last, length), np.full_like(last, length)
    else:
        begin, end = first, np.where(crossed, last, 0)
    return RunVolume.from_columns(phase.shape, begin, end, axis=axis)


def _voxels(heights: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(np.nan_to_num(heights)).astype(np.int64)
