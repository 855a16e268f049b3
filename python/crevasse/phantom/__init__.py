"""Scenes whose truth is known, to try trackers on."""

from crevasse.phantom.adversarial import scenes
from crevasse.phantom.case_a import case_a
from crevasse.phantom.case_b import case_b
from crevasse.phantom.case_c import case_c
from crevasse.phantom.scene import Scene, undo_drift
from crevasse.phantom.script import Script

__all__ = ["case_a", "case_b", "case_c", "Scene", "Script", "scenes", "undo_drift"]
