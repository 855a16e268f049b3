"""Where in a volume a phase may lie: regions, and positions relative to other phases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse._clean import connected_to, keep_largest
from crevasse._layer_thickness import columns_of
from crevasse._runs import RunVolume, as_region
from crevasse._shape import Box
from crevasse.operando.layers.pits import without_pits

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


def region_of(where: object, faces: Mapping[str, Faces], within: RunVolume) -> RunVolume:
    """The part of `within` that lies in all places; ``touching`` leaves it as it is."""
    for place in places(where):
        if not isinstance(place, str):
            within = within & as_region(place, within.shape)
            continue
        relation, phase = parse_place(place)
        if relation != "touching":
            within = within & faces[phase].beside(relation.removeprefix(INITIALLY))
    return within


def initial_region(
    where: object, faces: Mapping[str, Faces], region: RunVolume
) -> tuple[Any, ...] | None:
    """The places of ``where``, those in words about a first frame as the voxels that they hold."""
    kept: list[Any] = []
    initial: list[Any] = []
    for place in places(where):
        is_initial = isinstance(place, str) and place.startswith(INITIALLY)
        (initial if is_initial else kept).append(place)
    if initial:
        kept.insert(0, region_of(tuple(initial), faces, region))
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


class Faces:
    """Where a phase begins and ends in each column that its largest component crosses.

    The largest component alone, since a speck of noise would shift its column's end. Narrow pits in
    its faces are inside of it; see `without_pits`.

    Parameters
    ----------
    phase
        Its voxels.
    axis
        Along which columns run.
    """

    def __init__(self, phase: RunVolume, axis: int) -> None:
        columns = columns_of(keep_largest(phase), axis)
        self._begin, self._end = columns.begin, columns.end
        self._crossed = columns.n_layers > 0
        self._shape, self._axis = phase.shape, axis

    @cached_property
    def _first(self) -> NDArray[np.int32]:
        return without_pits(self._begin, self._crossed)

    @cached_property
    def _last(self) -> NDArray[np.int32]:
        """Half-open: the one behind."""
        length = self._shape[self._axis]
        return length - without_pits(length - self._end, self._crossed)

    def beside(self, relation: str) -> RunVolume:
        """What is "above", "below" or "inside" of the phase."""
        found: RunVolume = getattr(self, relation)
        return found

    @cached_property
    def above(self) -> RunVolume:
        """From a column's first voxel to before the phase."""
        end = np.where(self._crossed, self._first, 0)
        return self._columns(np.zeros_like(end), end)

    @cached_property
    def below(self) -> RunVolume:
        """From behind the phase to a column's last voxel."""
        length = self._shape[self._axis]
        begin = np.where(self._crossed, self._last, length)
        return self._columns(begin, np.full_like(begin, length))

    @cached_property
    def inside(self) -> RunVolume:
        """From the phase's first voxel in a column to its last one."""
        return self._columns(self._first, np.where(self._crossed, self._last, 0))

    def _columns(self, begin: NDArray[np.int32], end: NDArray[np.int32]) -> RunVolume:
        return RunVolume.from_columns(self._shape, begin, end, axis=self._axis)


class PhaseFaces(dict[str, Faces]):
    """The faces of phases by name; each is looked at when it is first asked for."""

    def __init__(self, phases: Mapping[str, RunVolume], axis: int) -> None:
        super().__init__()
        self._phases, self._axis = phases, axis

    def __missing__(self, name: str) -> Faces:
        self[name] = Faces(self._phases[name], self._axis)
        return self[name]
