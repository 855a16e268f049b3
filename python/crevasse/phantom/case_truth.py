"""What is true of a case: numbers frame by frame, and what became of each object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.phantom.bodies import Body, is_open
from crevasse.phantom.cell import Cell
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.events import EventType
from crevasse.tracking.scoring.truth import Truth, TruthEvent

UM_PER_MAH = 4.849
"""Thickness in µm of the lithium that 1 mAh/cm² deposits: 1 mAh / F · M / density."""


class Fact(NamedTuple):
    """A number of the paper beside that of the scene."""

    quantity: str
    paper: float
    truth: float
    unit: str


@dataclass(frozen=True, eq=False)
class CaseTruth:
    """What is true of a case.

    Attributes
    ----------
    frames
        One row a frame; volumes are those of the voxels, counted.
    facts
        Numbers that the paper gives, with what they are in this scene: extensive ones are of this
        scene's share of the paper's region.
    objects
        Of a frame: the id of the object that is open at each voxel's centre, uint32 (z, y, x).
    short_frame
        The first frame in which an object touches both electrodes; None: none does.
    short_object
        Its id.
    disc_diameter
        Of the disc about the axis in which thicknesses hold, in µm; None: there are none.
    """

    frames: Table
    facts: tuple[Fact, ...]
    objects: Callable[[int], NDArray[np.uint32]]
    cell: Cell = field(repr=False)
    directions: tuple[str, ...]
    short_frame: int | None = None
    short_object: int | None = None
    disc_diameter: float | None = None

    def fact(self, quantity: str) -> Fact:
        """The fact of that name."""
        for fact in self.facts:
            if fact.quantity == quantity:
                return fact
        known = ", ".join(fact.quantity for fact in self.facts)
        raise KeyError(f"no fact {quantity!r}; there are {known}")

    def table(self) -> Table:
        """The facts as a table: quantity, paper, truth, unit."""
        columns = zip(*self.facts, strict=True)
        return Table({name: np.array(c) for name, c in zip(Fact._fields, columns, strict=True)})

    def sizes(self) -> Table:
        """Voxels of every object in every frame: object, frame, n_voxels, phase, subtype."""
        cell = self.cell
        rows = [
            (body.id, k, int(np.count_nonzero(is_open(body, state))), body.phase.name.lower())
            for body in cell.bodies
            for k, state in enumerate(cell.states)
        ]
        names = ("object", "frame", "n_voxels", "phase")
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        return Table({name: np.array(c) for name, c in zip(names, columns, strict=True)})

    def tracking(self) -> Truth:
        """The truth in the form that `crevasse.tracking.score` takes.

        The labels of all frames are in memory: 4 bytes a voxel and frame.
        """
        labels = [self.objects(k) for k in range(self.cell.n_frames)]
        return Truth(labels, list(self._events()))

    def _events(self) -> Iterator[TruthEvent]:
        for body in self.cell.bodies:
            opened = [is_open(body, state) for state in self.cell.states]
            for k in range(1, len(opened)):
                event = _event(body, opened[k - 1], opened[k])
                if event is not None:
                    yield TruthEvent(frame=k, direction=self.directions[k], **event)
        if self.short_frame is not None:
            ids = (self.short_object,)
            yield TruthEvent(
                EventType.BRIDGE,
                self.short_frame,
                parents=ids,  # type: ignore[arg-type]
                children=ids,  # type: ignore[arg-type]
                direction=self.directions[self.short_frame],
            )


def _event(
    body: Body, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> dict[str, Any] | None:
    """Bodies lie apart, so each is a block of its own."""
    one = (body.id,)
    if not before.any():
        if not after.any():
            return None
        return {"type": EventType.BIRTH, "children": one, "subtype": body.subtype}
    if not after.any():
        return {"type": EventType.CLOSURE, "parents": one}
    gain, loss = bool((after & ~before).any()), bool((before & ~after).any())
    kinds = {
        (True, True): EventType.MOVING,
        (True, False): EventType.GROWTH,
        (False, True): EventType.SHRINK,
        (False, False): EventType.STABLE,
    }
    return {"type": kinds[gain, loss], "parents": one, "children": one}


def directions(cycles: Sequence[CycleState]) -> tuple[str, ...]:
    """Direction of every frame."""
    return tuple(str(cycle.direction) for cycle in cycles)
