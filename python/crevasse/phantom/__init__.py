"""Scenes whose truth is known: small ones that trackers get wrong, and the cells of a paper."""

from crevasse.phantom.adversarial import scenes
from crevasse.phantom.case_a import case_a
from crevasse.phantom.case_b import case_b
from crevasse.phantom.case_c import case_c
from crevasse.phantom.case_files import write_case
from crevasse.phantom.case_truth import CaseTruth, Fact
from crevasse.phantom.imaging import Imaging, Phase, image
from crevasse.phantom.protocol import Protocol
from crevasse.phantom.scene import Scene, undo_drift
from crevasse.phantom.script import Script
from crevasse.phantom.series_files import write_series

__all__ = [
    "CaseTruth",
    "Fact",
    "Imaging",
    "Phase",
    "Protocol",
    "Scene",
    "Script",
    "case_a",
    "case_b",
    "case_c",
    "image",
    "scenes",
    "undo_drift",
    "write_case",
    "write_series",
]
