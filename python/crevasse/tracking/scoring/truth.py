"""What really happened in a series: the objects of every frame and the events between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._table import Table, read_only
from crevasse.tracking.cycle import Direction
from crevasse.tracking.events import EventType, Subtype

Labels = NDArray[np.integer]

_ARITY: dict[EventType, tuple[range, range]] = {}
_ONE, _MANY, _ANY = range(1, 2), range(2, 2**31), range(2**31)
_ARITY[EventType.BIRTH] = _ARITY[EventType.REOPENING] = (range(1), _ONE)
_ARITY[EventType.CLOSURE] = (_ONE, range(1))
for _kind in (EventType.GROWTH, EventType.SHRINK, EventType.STABLE, EventType.MOVING):
    _ARITY[_kind] = (_ONE, _ONE)
_ARITY[EventType.MERGE] = (_MANY, _ONE)
_ARITY[EventType.SPLIT] = (_ONE, _MANY)
_ARITY[EventType.RECOMBINATION] = (_MANY, _MANY)
_ARITY[EventType.BRIDGE] = _ARITY[EventType.UNBRIDGE] = (_ANY, _ANY)


@dataclass(frozen=True)
class TruthEvent:
    """One event as it truly was.

    Attributes
    ----------
    type
        An `EventType`, or its name.
    frame
        The later frame of the interval.
    parents, children
        All objects of the block, before and after; sorted. Those of a bridge or unbridge are those
        of the block in which it came about.
    subtype
        Of a birth or reopening (entered, working, counter, remote); "" where it is not stated, and
        then it is not scored.
    direction
        plating, stripping or rest; "" where it is not stated.
    former, gap_frames
        Of a reopening: the objects that had voxels of it open last, at least one of which has
        closed, and for how many frames none of these voxels was open.
    """

    type: EventType
    frame: int
    parents: tuple[int, ...] = ()
    children: tuple[int, ...] = ()
    subtype: str = ""
    direction: str = ""
    former: tuple[int, ...] = ()
    gap_frames: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", EventType.checked(self.type, "type"))
        Subtype.checked(self.subtype, "subtype")
        Direction.checked(self.direction, "direction")
        _validate.whole(self.frame, "frame of an event")
        _validate.whole(self.gap_frames, "gap_frames", 0)
        for side in ("parents", "children", "former"):
            object.__setattr__(self, side, _ids(getattr(self, side), side))
        parents, children = _ARITY[self.type]
        if len(self.parents) not in parents or len(self.children) not in children:
            raise ValueError(
                f"a {self.type} cannot have {len(self.parents)} parents and "
                f"{len(self.children)} children; name all of them, or state another type"
            )


@dataclass(frozen=True, eq=False)
class Truth:
    """What really happened in a series.

    The events are stated, not found: whoever makes a scene knows what is to happen in it. Edges,
    and the maps of what opened when, follow from the labels.

    Attributes
    ----------
    labels
        One integer array a frame, (z, y, x) or (y, x): the id of the object that each voxel belongs
        to, 0 where none is. An id stays with its object from frame to frame; an object is in one
        piece. As in a tracker, an object that comes back after it has closed gets a new id.
    events
        Everything that happened after the first frame, objects that stayed as they are included.
    tips
        Where given, one (n, ndim) float array a frame: the tips' coordinates, in axis order, in
        units of length (voxel index times spacing).

    Raises
    ------
    ValueError
        If the frames' shapes differ, an id is negative or above 2^63 - 1, an event names an object
        that is not in its frame, or tips have another number of coordinates than frames have axes.

    Examples
    --------
    >>> import numpy as np
    >>> labels = [np.array([[1, 1, 0, 2]]), np.array([[1, 1, 1, 1]])]
    >>> truth = Truth(labels, [TruthEvent("merge", 1, parents=(1, 2), children=(1,))])
    >>> [tuple(row.values()) for row in truth.edges().rows()]
    [(1, 1, 1, 2), (1, 2, 1, 1)]
    >>> truth.first_open()
    array([[0, 0, 1, 0]], dtype=int32)
    """

    labels: Sequence[Labels]
    events: Sequence[TruthEvent]
    tips: Sequence[NDArray[np.float64]] | None = None
    _ids: tuple[frozenset[int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(_frozen(frame) for frame in self.labels))
        object.__setattr__(self, "events", tuple(self.events))
        if not self.labels:
            raise ValueError("labels must hold at least one frame")
        for labels in self.labels:
            if labels.shape != self.shape:
                raise ValueError(
                    f"all frames must have the same shape, got {self.shape} and {labels.shape}"
                )
        ids = tuple(frozenset(np.unique(frame[frame > 0]).tolist()) for frame in self.labels)
        object.__setattr__(self, "_ids", ids)
        for event in self.events:
            if not isinstance(event, TruthEvent):
                raise TypeError(f"events must be TruthEvent, got {event!r}")
            self._check(event)
        if self.tips is not None:
            if len(self.tips) != self.n_frames:
                raise ValueError(f"tips must be one array a frame, got {len(self.tips)}")
            ndim = len(self.shape)
            tips = tuple(_coordinates(t, k, ndim) for k, t in enumerate(self.tips))
            object.__setattr__(self, "tips", tips)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame."""
        return self.labels[0].shape

    def ids(self, frame: int) -> frozenset[int]:
        """The objects of a frame."""
        return self._ids[frame]

    def edges(self) -> Table:
        """Objects of consecutive frames that share voxels: frame, before, after, n_voxels."""
        rows = []
        for frame in range(1, self.n_frames):
            shared = shared_voxels(self.labels[frame - 1], self.labels[frame])
            rows += [(frame, a, b, n) for (a, b), n in shared.items()]
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        names = ("frame", "before", "after", "n_voxels")
        return Table(dict(zip(names, columns, strict=True)))

    def first_open(self) -> NDArray[np.int32]:
        """Map of the frame in which each voxel was first open; -1 where it never was."""
        first = np.full(self.shape, -1, dtype=np.int32)
        for frame, labels in enumerate(self.labels):
            first[(labels > 0) & (first < 0)] = frame
        return first

    def first_object(self) -> NDArray[np.int64]:
        """Map of the object that first opened each voxel; 0 where it never was open."""
        first = np.zeros(self.shape, dtype=np.int64)
        for labels in self.labels:
            np.copyto(first, labels, where=first == 0, casting="same_kind")
        return first

    def _check(self, event: TruthEvent) -> None:
        if not 1 <= event.frame < self.n_frames:
            raise ValueError(
                f"an event's frame must lie in 1..{self.n_frames - 1}, got {event.frame}"
            )
        if unknown := set(event.former).difference(*self._ids[: event.frame]):
            raise ValueError(
                f"former of a {event.type} must be objects of frames before {event.frame}, got "
                f"{sorted(unknown)}"
            )
        for name, ids, frame in (
            ("parents", event.parents, event.frame - 1),
            ("children", event.children, event.frame),
        ):
            missing = set(ids) - self._ids[frame]
            if missing:
                raise ValueError(
                    f"{name} of a {event.type} must be objects of frame {frame}, got "
                    f"{sorted(missing)}; there are {sorted(self._ids[frame])}"
                )


def shared_voxels(a: Labels, b: Labels) -> dict[tuple[int, int], int]:
    """Number of voxels of each pair of labels that share some, background left out; sorted."""
    both = (a > 0) & (b > 0)
    of_a, of_b, n_voxels = count_pairs(a[both], b[both])
    columns = (of_a.tolist(), of_b.tolist(), n_voxels.tolist())
    return {(i, j): n for i, j, n in zip(*columns, strict=True)}


def count_pairs(
    a: Labels, b: Labels
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct pairs of two 1-D arrays of labels, sorted, and how often each occurs."""
    # One number a pair sorts far faster than rows do; ids may be large, their ranks are not.
    known_a, rank_a = np.unique(a, return_inverse=True)
    known_b, rank_b = np.unique(b, return_inverse=True)
    n = max(1, len(known_b))
    codes, counts = np.unique(rank_a * n + rank_b, return_counts=True)
    pairs = known_a[codes // n].astype(np.int64), known_b[codes % n].astype(np.int64)
    return *pairs, counts.astype(np.int64)


def _ids(values: Iterable[int], name: str) -> tuple[int, ...]:
    """Sorted; each at most once."""
    try:
        ids = sorted(_validate.whole(i, f"ids in {name}", 1) for i in values)
    except TypeError:
        raise TypeError(f"{name} must be ids of objects, got {values!r}") from None
    if len(set(ids)) < len(ids):
        raise ValueError(f"{name} must name each object once, got {ids}")
    return tuple(ids)


def _coordinates(tips: NDArray[np.float64], frame: int, ndim: int) -> NDArray[np.float64]:
    """The tips of a frame, (n, ndim); nothing of any shape is no tip."""
    array = np.asarray(tips, dtype=np.float64)
    if array.size == 0:
        return array.reshape(0, ndim)
    if array.ndim != 2 or array.shape[1] != ndim:
        raise ValueError(f"tips of frame {frame} must be (n, {ndim}), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(
            f"tips of frame {frame} must be finite; leave out those that are not known"
        )
    return array


def _frozen(labels: Labels) -> Labels:
    array = np.asarray(labels)
    if array.dtype.kind not in "ui":
        raise TypeError(f"labels must be integer arrays, got {array.dtype}")
    if array.size and (array.min() < 0 or array.max() > np.iinfo(np.int64).max):
        raise ValueError(f"ids must lie in 0..2^63 - 1, got {array.min()} to {array.max()}")
    return read_only(array)
