"""Morphology engine for time-resolved tomography: label, measure and follow cracks, exactly.

Arrays are C-ordered (z, y, x) or (y, x); `spacing` is in the same order; label 0 is background.
Importing this package needs numpy alone; files, operando analysis and reports are extras.
"""

from crevasse._aperture import Aperture, aperture
from crevasse._clean import (
    connected_to,
    fill_cavities,
    hysteresis,
    keep_largest,
    percolates,
    remove_small,
)
from crevasse._contacts import contacts
from crevasse._disc import disc
from crevasse._distance import distance
from crevasse._geodesic import geodesic_distance
from crevasse._geodesic_tips import geodesic_tips
from crevasse._label import Labeling, label
from crevasse._layer_thickness import LayerThickness, layer_thickness
from crevasse._ligament import Ligament, ligament
from crevasse._local_thickness import local_thickness
from crevasse._morphology import close, dilate, erode, open  # noqa: A004
from crevasse._nearest_background import nearest_background
from crevasse._overlap import Overlap, overlap
from crevasse._region_table import region_table
from crevasse._regions import Regions
from crevasse._runs import RunLabeling, RunVolume
from crevasse._surface_roughness import Roughness, surface_roughness
from crevasse._table import Table
from crevasse._thickness_distribution import ThicknessDistribution, thickness_distribution
from crevasse.tracking import (
    Crack,
    CycleState,
    EventType,
    FrameResult,
    History,
    Tracker,
    track,
)

__version__ = "0.1.0"

__all__ = [
    "Aperture",
    "Crack",
    "CycleState",
    "EventType",
    "FrameResult",
    "History",
    "Labeling",
    "LayerThickness",
    "Ligament",
    "Overlap",
    "Regions",
    "Roughness",
    "RunLabeling",
    "RunVolume",
    "Table",
    "ThicknessDistribution",
    "Tracker",
    "aperture",
    "close",
    "connected_to",
    "contacts",
    "dilate",
    "disc",
    "distance",
    "erode",
    "fill_cavities",
    "geodesic_distance",
    "geodesic_tips",
    "hysteresis",
    "keep_largest",
    "label",
    "layer_thickness",
    "ligament",
    "local_thickness",
    "nearest_background",
    "open",
    "overlap",
    "percolates",
    "region_table",
    "remove_small",
    "surface_roughness",
    "thickness_distribution",
    "track",
]
