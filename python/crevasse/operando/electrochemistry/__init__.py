"""Cycler files, half-cycles, the lithium that a charge is, and the state of the cell at each scan.

`read_cycler` gives `CyclerData`; `half_cycles` cuts it into plating, stripping and rest;
`join_frames` says what the cell was doing when each scan ended; `accommodated` sets measured volume
against the lithium that the charge is.
"""

from crevasse.operando.electrochemistry.cycler import CyclerData, concatenate
from crevasse.operando.electrochemistry.cycler_files import read_cycler
from crevasse.operando.electrochemistry.faraday import (
    UM_PER_MAH_CM2,
    Accommodation,
    accommodated,
    lithium_thickness,
    lithium_volume,
)
from crevasse.operando.electrochemistry.half_cycles import coulombic_efficiency, half_cycles
from crevasse.operando.electrochemistry.join import FrameStates, cycle_states, join_frames

__all__ = [
    "UM_PER_MAH_CM2",
    "Accommodation",
    "CyclerData",
    "FrameStates",
    "accommodated",
    "concatenate",
    "coulombic_efficiency",
    "cycle_states",
    "half_cycles",
    "join_frames",
    "lithium_thickness",
    "lithium_volume",
    "read_cycler",
]
