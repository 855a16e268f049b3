"""What made the short: the event that first joined the electrodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.tracking.events import EventType


@dataclass(frozen=True)
class Short:
    """The first component that touched both electrodes, and how it came.

    Attributes
    ----------
    frame, time
        Of the frame in which it was first seen.
    crack
        Its crack id.
    event, type
        The event that made it: a merge if filaments met, growth if one reached the other side; -1
        and "" if it was there in the first frame.
    from_working, from_counter, between
        Cracks of the frame before that share voxels with it: those at the working electrode, those
        at the counter electrode, and those at neither.
    healed
        The frame from which on nothing has touched both electrodes; None if something does in the
        last frame.
    spans
        First and last frame of each time that something did.
    """

    frame: int
    time: float
    crack: int
    event: int
    type: str
    from_working: tuple[int, ...]
    from_counter: tuple[int, ...]
    between: tuple[int, ...]
    healed: int | None
    spans: tuple[tuple[int, int], ...]


def find_short(frames: Table, nodes: Table, edges: Table, events: Table) -> Short | None:
    """See `History.short`."""
    bridged = np.flatnonzero(frames["bridged"])
    if not bridged.size:
        return None
    frame = int(bridged[0])
    healed = None if frames["bridged"][-1] else int(bridged[-1]) + 1
    spans = _spans(bridged)
    time = float(frames["time"][frame])
    if frame == 0:
        both = (nodes["frame"] == 0) & nodes["at_working"] & nodes["at_counter"]
        largest = np.flatnonzero(both)[np.argmax(nodes["n_voxels"][both])]
        return Short(0, time, int(nodes["crack"][largest]), -1, "", (), (), (), healed, spans)
    is_bridge = (events["frame"] == frame) & (events["type"] == EventType.BRIDGE.value)
    rows = np.flatnonzero(is_bridge)
    row = rows[np.argmax(events["n_voxels_after"][events["cause"][rows]])]
    event = int(events["cause"][row])
    crack = int(events["crack"][row])
    bridging = nodes["label"][(nodes["frame"] == frame) & (nodes["crack"] == crack)]
    into = (edges["frame"] == frame) & np.isin(edges["label_after"], bridging)
    met = np.isin(nodes["label"], edges["label_before"][into]) & (nodes["frame"] == frame - 1)
    parents = nodes.where(met)
    working, counter = parents["at_working"], parents["at_counter"]
    return Short(
        frame=frame,
        time=time,
        crack=crack,
        event=event,
        type=str(events["type"][event]),
        from_working=_ids(parents["crack"][working]),
        from_counter=_ids(parents["crack"][counter]),
        between=_ids(parents["crack"][~working & ~counter]),
        healed=healed,
        spans=spans,
    )


def _spans(frames: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    """First and last of the frames that follow each other."""
    parts = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    return tuple((int(part[0]), int(part[-1])) for part in parts)


def _ids(cracks: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(sorted(cracks.tolist()))
