"""Operando analysis: drift, segmentation, electrochemistry, the way from scans to tracked cracks.

Needs the extra `operando`: pip install 'crevasse[operando]'.
"""

from crevasse.operando.analysis import Analysis
from crevasse.operando.checkpoint import Checkpoint
from crevasse.operando.cluster import ClusterError
from crevasse.operando.doubts import Doubt, doubts
from crevasse.operando.drift.align import DriftCorrector, estimate_drift, move_back
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
from crevasse.operando.experiment.alarm_rule import AlarmRule
from crevasse.operando.experiment.planning import Plan, analyze, plan
from crevasse.operando.grey.classes import GaussianFit, GreyClass, fit_gaussians
from crevasse.operando.grey.comparison import GreyComparison, compare_histograms
from crevasse.operando.grey.cores import find_cores
from crevasse.operando.grey.denoise import (
    Levelled,
    denoise_median,
    denoise_nl_means,
    level_slices,
    noise_level,
)
from crevasse.operando.grey.edges import EdgeLevel, edge_level
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.light import Light, match_light
from crevasse.operando.grey.partial_volume import fit_partial_volume
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.grey.signal import Signal
from crevasse.operando.grey.study import GreyStudy, compare_grey, compare_grey_frames
from crevasse.operando.grey.thresholds import Threshold, ThresholdRule, Thresholds
from crevasse.operando.layers.interface import InterfaceRecord
from crevasse.operando.layers.interface_frame import InterfaceFrame
from crevasse.operando.phases.phases import PhaseRule, Phases, segment_phases
from crevasse.operando.phases.seen_electrode import SeenElectrode
from crevasse.operando.pipeline import BrokenFrameError, analyze_series
from crevasse.operando.settings import Cycling, Cylinder, Layer, Settings

__all__ = [
    "Accommodation",
    "AlarmRule",
    "Analysis",
    "BrokenFrameError",
    "Checkpoint",
    "ClusterError",
    "CyclerData",
    "Cycling",
    "Cylinder",
    "Doubt",
    "DriftCorrector",
    "EdgeLevel",
    "Experiment",
    "ExperimentError",
    "FrameStates",
    "GaussianFit",
    "GreyClass",
    "GreyComparison",
    "GreyRule",
    "GreySample",
    "GreyStudy",
    "Histogram",
    "InterfaceFrame",
    "InterfaceRecord",
    "Layer",
    "Levelled",
    "Light",
    "PhaseRule",
    "Phases",
    "Plan",
    "SeenElectrode",
    "Settings",
    "Signal",
    "Threshold",
    "ThresholdRule",
    "Thresholds",
    "accommodated",
    "analyze",
    "analyze_series",
    "compare_grey",
    "compare_grey_frames",
    "compare_histograms",
    "coulombic_efficiency",
    "cycle_states",
    "denoise_median",
    "denoise_nl_means",
    "doubts",
    "edge_level",
    "estimate_drift",
    "find_cores",
    "fit_gaussians",
    "fit_partial_volume",
    "half_cycles",
    "join_frames",
    "level_slices",
    "lithium_thickness",
    "lithium_volume",
    "match_light",
    "move_back",
    "noise_level",
    "plan",
    "read_cycler",
    "segment_phases",
]
