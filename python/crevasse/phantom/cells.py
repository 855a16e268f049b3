"""Scenes between a working and a counter electrode."""

from __future__ import annotations

import numpy as np
from numpy import s_

from crevasse.phantom.scene import Scene
from crevasse.phantom.script import Script, named

SHAPE = (24, 32, 40)
FACES = {"working": "zmin", "counter": "zmax"}


@named
def bridge_by_merge() -> Scene:
    """Cracks from both electrodes meet, bridge the cell, and part again."""
    script = Script(SHAPE, {1: s_[0:8, 14:18, 18:22]})
    script.next()
    script.birth(2, s_[17:24, 12:17, 18:22], subtype="counter")
    script.birth(4, s_[0:3, 24:28, 4:10], subtype="working")
    script.birth(5, s_[10:13, 24:28, 30:34], subtype="remote")
    script.next().growth(1, s_[8:12, 14:18, 18:22])
    script.next().merge((1, 2), into=1, over=s_[12:17, 14:17, 18:22]).bridge()
    script.next()
    script.next().split(1, {1: s_[0:13, 14:18, 18:22], 3: s_[17:24, 12:17, 18:22]}).unbridge()
    return script.scene(FACES)


@named
def bridge_outlives_split() -> Scene:
    """A crack grows through the cell, loses a twig but not the bridge, then the bridge."""
    script = Script(SHAPE, {1: s_[0:10, 14:18, 18:22]})
    script.next().growth(1, s_[10:24, 14:18, 18:22]).bridge()
    script.next().growth(1, s_[11:13, 18:26, 19:21])
    script.next().split(1, {1: s_[0:24, 14:18, 18:22], 2: s_[11:13, 20:26, 19:21]})
    script.next().shrink(1, s_[20:24, 14:18, 18:22]).unbridge()
    return script.scene(FACES)


@named
def two_bridges() -> Scene:
    """Two bridges merge and part: nothing new; one closes while the other holds; then that too."""
    script = Script(SHAPE, {1: s_[0:24, 14:18, 8:13], 2: s_[0:24, 14:18, 20:24]})
    script.next().merge((1, 2), into=1, over=s_[11:13, 14:18, 13:20])
    script.next().split(1, {1: s_[0:24, 14:18, 8:13], 3: s_[0:24, 14:18, 20:24]})
    script.next().closure(3).unbridge()
    script.next().shrink(1, s_[10:12, 14:18, 8:13], s_[12:24, 14:18, 8:13]).unbridge()
    return script.scene(FACES)


@named
def born_while_stripping() -> Scene:
    """A crack grows from the electrode on plating; on stripping its tip goes and one is born."""
    electrode = np.zeros(SHAPE, dtype=np.bool_)
    electrode[:3] = True
    script = Script(SHAPE, {1: s_[3:6, 14:18, 10:26]}, direction="plating")
    script.next("plating").growth(1, s_[6:12, 14:18, 16:20])
    script.next("plating").growth(1, s_[12:20, 14:18, 17:19])
    script.next("rest")
    script.next("stripping").shrink(1, s_[14:20, 14:18, 17:19])
    script.birth(2, s_[16:18, 20:26, 22:30])
    script.next("stripping").shrink(1, s_[9:14, 14:18, 16:20])
    script.growth(2, s_[16:18, 20:26, 30:33])
    script.birth(3, s_[3:5, 22:26, 10:14], subtype="working")
    return script.scene({"working": electrode})
