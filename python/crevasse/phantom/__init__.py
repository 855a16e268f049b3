"""Scenes whose truth is known, to try trackers on."""

from crevasse.phantom.adversarial import scenes
from crevasse.phantom.scene import Scene, undo_drift
from crevasse.phantom.script import Script

__all__ = ["Scene", "Script", "scenes", "undo_drift"]
