"""Following cracks through a series: nodes, edges, events, persistent ids and the voxel ledger."""

from crevasse.tracking.analyses.arrival import FrontSpeed, age, arrival_time, front_speed
from crevasse.tracking.analyses.attribution import ClosedBesideOpened, closed_beside_opened
from crevasse.tracking.analyses.orientation import (
    OrientationHistogram,
    crack_orientation,
    orientation_histogram,
)
from crevasse.tracking.analyses.stripping import (
    StrippingOrder,
    depth_from_electrode,
    stripping_order,
)
from crevasse.tracking.cycle import CycleState, Direction
from crevasse.tracking.events import EventType, Subtype
from crevasse.tracking.export.geff_file import to_geff
from crevasse.tracking.export.graphs import napari_tracks, to_networkx
from crevasse.tracking.export.napari_layers import napari_layers
from crevasse.tracking.export.paraview import write_paraview
from crevasse.tracking.fronts.follower import FrontFollower, Fronts
from crevasse.tracking.fronts.forecast import TimeToShort, time_to_short
from crevasse.tracking.fronts.front import Front, measure_front
from crevasse.tracking.fronts.motion import follow_tips, front_velocity
from crevasse.tracking.history import Crack, History
from crevasse.tracking.repeatability import estimate_repeatability
from crevasse.tracking.result import FrameResult
from crevasse.tracking.scoring.event_score import EventScore
from crevasse.tracking.scoring.graph_score import GraphScore
from crevasse.tracking.scoring.map_score import ArrivalScore, AttributionScore, TipScore
from crevasse.tracking.scoring.score import Score, score
from crevasse.tracking.scoring.truth import Truth, TruthEvent
from crevasse.tracking.short import Short
from crevasse.tracking.tracker import Tracker, track

__all__ = [
    "ArrivalScore",
    "AttributionScore",
    "ClosedBesideOpened",
    "Crack",
    "CycleState",
    "Direction",
    "EventScore",
    "EventType",
    "FrameResult",
    "Front",
    "FrontFollower",
    "FrontSpeed",
    "Fronts",
    "GraphScore",
    "History",
    "OrientationHistogram",
    "Score",
    "Short",
    "StrippingOrder",
    "Subtype",
    "TimeToShort",
    "TipScore",
    "Tracker",
    "Truth",
    "TruthEvent",
    "age",
    "arrival_time",
    "closed_beside_opened",
    "crack_orientation",
    "depth_from_electrode",
    "estimate_repeatability",
    "follow_tips",
    "front_speed",
    "front_velocity",
    "measure_front",
    "napari_layers",
    "napari_tracks",
    "orientation_histogram",
    "score",
    "stripping_order",
    "time_to_short",
    "to_geff",
    "to_networkx",
    "track",
    "write_paraview",
]
