"""Operando analysis: drift, segmentation, electrochemistry, the way from scans to tracked cracks.

Needs the extra `operando`: pip install 'crevasse[operando]'.
"""

from crevasse.operando.align import DriftCorrector, estimate_drift, match_light, move_back
from crevasse.operando.electrochemistry import (
    Accommodation,
    CyclerData,
    FrameStates,
    accommodated,
    coulombic_efficiency,
    cycle_states,
    half_cycles,
    join_frames,
    lithium_thickness,
    lithium_volume,
    read_cycler,
)
from crevasse.operando.experiment import Experiment, ExperimentError
from crevasse.operando.interface import InterfaceRecord
from crevasse.operando.interface_frame import InterfaceFrame
from crevasse.operando.pipeline import BrokenFrameError, analyze_series
from crevasse.operando.planning import Plan, analyze, plan
from crevasse.operando.segment import Segmentation
from crevasse.operando.settings import Analysis, Cycling, Layer, Settings

__all__ = [
    "Accommodation",
    "Analysis",
    "BrokenFrameError",
    "CyclerData",
    "Cycling",
    "DriftCorrector",
    "Experiment",
    "ExperimentError",
    "FrameStates",
    "InterfaceFrame",
    "InterfaceRecord",
    "Layer",
    "Plan",
    "Segmentation",
    "Settings",
    "accommodated",
    "analyze",
    "analyze_series",
    "coulombic_efficiency",
    "cycle_states",
    "estimate_drift",
    "half_cycles",
    "join_frames",
    "lithium_thickness",
    "lithium_volume",
    "match_light",
    "move_back",
    "plan",
    "read_cycler",
]
