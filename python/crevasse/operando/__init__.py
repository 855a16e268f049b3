"""Operando analysis: drift, segmentation, and the way from scans to tracked cracks.

Needs the extra `operando`: pip install 'crevasse[operando]'.
"""

from crevasse.operando.align import DriftCorrector, estimate_drift, match_light, move_back
from crevasse.operando.pipeline import Analysis, BrokenFrameError, Settings, analyze_series
from crevasse.operando.segment import Segmentation

__all__ = [
    "Analysis",
    "BrokenFrameError",
    "DriftCorrector",
    "Segmentation",
    "Settings",
    "analyze_series",
    "estimate_drift",
    "match_light",
    "move_back",
]
