"""Following cracks through a series: nodes, edges, events, persistent ids and the voxel ledger."""

from crevasse.tracking.cycle import CycleState, Direction
from crevasse.tracking.events import EventType, Subtype
from crevasse.tracking.history import Crack, History
from crevasse.tracking.repeatability import estimate_repeatability
from crevasse.tracking.result import FrameResult
from crevasse.tracking.short import Short
from crevasse.tracking.tracker import Tracker, track

__all__ = [
    "Crack",
    "CycleState",
    "Direction",
    "EventType",
    "FrameResult",
    "History",
    "Short",
    "Subtype",
    "Tracker",
    "estimate_repeatability",
    "track",
]
