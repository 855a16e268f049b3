"""A script draws a scene and states its truth in one go."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.scene import Scene, moved
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.events import EventType
from crevasse.tracking.scoring.truth import Truth, TruthEvent

Box = tuple[slice | int, ...]
Shape = tuple[int, ...]


class Script:
    """What is to happen, frame by frame, to objects with ids.

    Each verb says what becomes of some objects on the way into the current frame, draws it, and
    states the event; of an object that no verb names, a script states that it stays as it is. The
    ids are the author's: nothing here looks at overlaps, labels or volumes. An object that was
    there goes on under its id where it and its successor are each other's largest share, as in a
    tracker; everything else gets a new one.

    Boxes are tuples of slices or indices, one an axis (``np.s_[2:4, 5, 1:9]``).

    Parameters
    ----------
    shape
        Of the frames.
    objects
        What is open in the first frame: id to boxes.
    direction
        The cell's state in the first frame (plating, stripping, rest); "": unknown.

    Examples
    --------
    >>> import numpy as np
    >>> script = Script((1, 4, 9), {1: np.s_[0, 1, 0:4], 2: np.s_[0, 1, 6:9]})
    >>> scene = script.next().merge((1, 2), into=1, over=np.s_[0, 1, 4:6]).scene()
    >>> [(str(e.type), e.parents, e.children) for e in scene.truth.events]
    [('merge', (1, 2), (1,))]
    >>> scene.frames[1][0, 1].astype(int)
    array([1, 1, 1, 1, 1, 1, 1, 1, 1])
    """

    def __init__(
        self,
        shape: Shape,
        objects: Mapping[int, Box | Sequence[Box]] | None = None,
        *,
        direction: str = "",
    ) -> None:
        self._shape = shape
        self._objects = {one: self._drawn(boxes) for one, boxes in (objects or {}).items()}
        self._labels: list[NDArray[np.int64]] = []
        self._events: list[TruthEvent] = []
        self._directions = [direction]
        # Of the current frame: objects before it that nothing is said about yet, and its events.
        self._unnamed: set[int] = set()
        self._new_events: list[dict[str, Any]] = []

    def next(self, direction: str = "") -> Self:
        """Go on to the next frame; `direction` is the cell's state in it."""
        self._finish_frame()
        self._directions.append(direction)
        self._unnamed = set(self._objects)
        return self

    def birth(self, id: int, *boxes: Box, subtype: str = "remote") -> Self:
        """A new object."""
        self._objects[id] = self._drawn(boxes)
        return self._state(EventType.BIRTH, (), (id,), subtype=subtype)

    def reopening(
        self, id: int, *boxes: Box, former: Iterable[int], gap: int, subtype: str = "remote"
    ) -> Self:
        """A new object over voxels that `former` ones had open until `gap` frames ago."""
        self._objects[id] = self._drawn(boxes)
        past = {"former": tuple(former), "gap_frames": gap}
        return self._state(EventType.REOPENING, (), (id,), subtype=subtype, **past)

    def closure(self, id: int) -> Self:
        """An object goes without a trace."""
        del self._objects[id]
        return self._state(EventType.CLOSURE, (id,), ())

    def growth(self, id: int, *boxes: Box) -> Self:
        """An object opens the boxes too."""
        self._objects[id] = self._objects[id] | self._drawn(boxes)
        return self._state(EventType.GROWTH, (id,), (id,))

    def shrink(self, id: int, *boxes: Box) -> Self:
        """An object closes in the boxes."""
        self._objects[id] = self._objects[id] & ~self._drawn(boxes)
        return self._state(EventType.SHRINK, (id,), (id,))

    def moving(self, id: int, *boxes: Box) -> Self:
        """An object is now where the boxes are, in part where it was."""
        self._objects[id] = self._drawn(boxes)
        return self._state(EventType.MOVING, (id,), (id,))

    def merge(self, ids: Iterable[int], *, into: int, over: Box | Sequence[Box]) -> Self:
        """Objects become one, all of them and the boxes `over`; it goes on as `into`."""
        parents = tuple(ids)
        merged = self._drawn(over)
        for parent in parents:
            merged |= self._objects.pop(parent)
        self._objects[into] = merged
        return self._state(EventType.MERGE, parents, (into,))

    def split(self, id: int, parts: Mapping[int, Box | Sequence[Box]]) -> Self:
        """An object becomes the parts."""
        del self._objects[id]
        self._objects |= {part: self._drawn(boxes) for part, boxes in parts.items()}
        return self._state(EventType.SPLIT, (id,), tuple(parts))

    def recombination(self, ids: Iterable[int], parts: Mapping[int, Box | Sequence[Box]]) -> Self:
        """Several objects become the parts, across each other."""
        parents = tuple(ids)
        for parent in parents:
            del self._objects[parent]
        self._objects |= {part: self._drawn(boxes) for part, boxes in parts.items()}
        return self._state(EventType.RECOMBINATION, parents, tuple(parts))

    def bridge(self) -> Self:
        """What was just stated brought an object that touches both electrodes."""
        return self._beside(EventType.BRIDGE)

    def unbridge(self) -> Self:
        """What was just stated took the last one of its block that did."""
        return self._beside(EventType.UNBRIDGE)

    def scene(
        self,
        options: Mapping[str, Any] | None = None,
        *,
        drift: Sequence[Sequence[int]] | None = None,
        tips: Sequence[NDArray[np.float64]] | None = None,
        name: str = "",
        description: str = "",
    ) -> Scene:
        """The scene; `options` are those of `track`, `drift` moves the frames but not the truth."""
        self._finish_frame()
        truth = Truth(self._labels, self._events, tips)
        frames = [labels > 0 for labels in self._labels]
        shifts = None if drift is None else np.array(drift, dtype=np.int64)
        if shifts is not None:
            frames = [moved(frame, by) for frame, by in zip(frames, shifts, strict=True)]
        if any(self._directions):
            options = {**(options or {}), "cycles": self._cycles()}
        times = tuple(float(i) for i in range(len(frames)))
        return Scene(
            name, description, tuple(frames), times, truth, options=options or {}, drift=shifts
        )

    def _drawn(self, boxes: Box | Sequence[Box]) -> NDArray[np.bool_]:
        mask = np.zeros(self._shape, dtype=np.bool_)
        for box in _several(boxes):
            mask[box] = True
        return mask

    def _state(
        self, type: EventType, parents: tuple[int, ...], children: tuple[int, ...], **more: Any
    ) -> Self:
        if not self._labels:
            raise ValueError(f"a {type} needs a frame before it; call next first")
        if not set(parents) <= self._unnamed:
            raise ValueError(f"{parents} cannot have a {type} too; state one event for each object")
        self._unnamed -= set(parents)
        event = {"type": type, "parents": parents, "children": children}
        self._new_events.append(event | more)
        return self

    def _beside(self, type: EventType) -> Self:
        block = self._new_events[-1]
        event = {"type": type, "parents": block["parents"], "children": block["children"]}
        self._new_events.append(event)
        return self

    def _finish_frame(self) -> None:
        """Paint the current frame, and state what goes without saying."""
        for same in sorted(self._unnamed):
            self._state(EventType.STABLE, (same,), (same,))
        labels = np.zeros(self._shape, dtype=np.int64)
        for one, mask in self._objects.items():
            if (labels[mask] > 0).any():
                raise ValueError(
                    f"objects must lie apart, got {one} over another in frame {len(self._labels)}"
                )
            labels[mask] = one
        frame, direction = len(self._labels), self._directions[-1]
        self._labels.append(labels)
        self._events += [
            TruthEvent(frame=frame, direction=direction, **event) for event in self._new_events
        ]
        self._new_events = []

    def _cycles(self) -> list[CycleState]:
        """State of the cell in every frame: a half-cycle begins where the direction changes."""
        half_cycle, states = 0, []
        for before, direction in zip(("", *self._directions), self._directions, strict=False):
            half_cycle += bool(before) and direction != before
            states.append(CycleState(half_cycle=half_cycle, direction=direction))
        return states


def _several(boxes: Box | Sequence[Box]) -> Sequence[Box]:
    """A box alone is one of several too; it is told by holding no tuples."""
    if boxes and not isinstance(boxes[0], tuple):
        return (cast(Box, boxes),)
    return cast(Sequence[Box], boxes)


def named(make: Callable[[], Scene]) -> Callable[[], Scene]:
    """Give a scene the name of the function that makes it, and its first line as description."""

    @functools.wraps(make)
    def wrapped() -> Scene:
        description = (make.__doc__ or "").strip().partition("\n")[0]
        return replace(make(), name=make.__name__, description=description)

    return wrapped
