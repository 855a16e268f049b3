"""Following cracks through a series: nodes, edges, events, persistent ids and the voxel ledger."""

from crevasse.tracking.events import EventType
from crevasse.tracking.history import Crack, History
from crevasse.tracking.result import FrameResult
from crevasse.tracking.tracker import Tracker, track

__all__ = ["Crack", "EventType", "FrameResult", "History", "Tracker", "track"]
