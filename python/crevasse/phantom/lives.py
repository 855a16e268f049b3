"""Scenes in which cracks come, go and return."""

from __future__ import annotations

import numpy as np
from numpy import s_

from crevasse.phantom.scene import Scene
from crevasse.phantom.script import Script, named

SHAPE = (24, 32, 40)


@named
def touch_without_overlap() -> Scene:
    """A crack closes and another opens right beside it: they touch but share no voxel."""
    script = Script(SHAPE, {1: s_[10:14, 8:20, 8:16]})
    script.next().closure(1).birth(2, s_[10:14, 8:20, 16:24])
    script.next().growth(2, s_[10:14, 8:20, 24:28])
    return script.scene()


@named
def flicker() -> Scene:
    """A crack is there, is not, is there again, and once more after a longer while."""
    script = Script(SHAPE, {1: s_[10:14, 8:20, 8:16], 5: s_[4:6, 4:28, 30:32]})
    script.next().closure(1)
    script.next().reopening(2, s_[10:14, 8:20, 8:16], former=(1,), gap=1)
    script.next().closure(2)
    script.next()
    script.next().reopening(3, s_[10:14, 10:18, 10:20], former=(2,), gap=2)
    return script.scene()


@named
def reopening_of_two() -> Scene:
    """Two cracks close, one after the other; what opens then lies over both."""
    script = Script(SHAPE, {1: s_[10:14, 8:20, 8:14], 2: s_[10:14, 8:20, 18:26]})
    script.next().closure(1)
    script.next().closure(2)
    script.next().reopening(3, s_[10:14, 10:18, 10:24], former=(1, 2), gap=1)
    return script.scene()


@named
def reopening_over_a_living_crack_too() -> Scene:
    """A crack retreats and another closes; what opens then lies where both were."""
    script = Script(SHAPE, {1: s_[10:14, 8:20, 4:18], 2: s_[10:14, 8:20, 22:30]})
    script.next().shrink(1, s_[10:14, 8:20, 10:18]).closure(2)
    script.next().reopening(3, s_[10:14, 10:18, 14:26], former=(1, 2), gap=1)
    return script.scene()


@named
def reborn_elsewhere() -> Scene:
    """A crack closes and later one opens near by, not over its voxels: no reopening."""
    script = Script(SHAPE, {1: s_[10:14, 8:20, 8:16]})
    script.next().closure(1)
    script.next().birth(2, s_[15:17, 8:20, 8:16])
    return script.scene()


@named
def born_where_a_living_crack_was() -> Scene:
    """A crack retreats, and one opens where it was while it still lives: no reopening."""
    script = Script(SHAPE, {1: s_[11:13, 8:20, 4:30]})
    script.next().shrink(1, s_[11:13, 8:20, 16:30])
    script.next().birth(2, s_[11:13, 8:20, 20:28])
    script.next().merge((1, 2), into=1, over=s_[11:13, 8:20, 16:20])
    return script.scene()


@named
def retreat_and_return() -> Scene:
    """A crack grows, goes back the way it came, and grows along it again."""
    script = Script(SHAPE, {1: s_[12, 14, 4:10]})
    script.next().growth(1, s_[12, 14, 10:20])
    script.next().growth(1, s_[12, 14, 20:28])
    script.next().shrink(1, s_[12, 14, 12:28])
    script.next().growth(1, s_[12, 14, 12:24])
    script.next().growth(1, s_[12, 14, 24:34])
    ends = ((4, 9), (4, 19), (4, 27), (4, 11), (4, 23), (4, 33))
    return script.scene(tips=[np.array([[12.0, 14.0, x] for x in both]) for both in ends])


@named
def empty_frames() -> Scene:
    """Nothing is open at first, in the midst and at the end."""
    script = Script(SHAPE)
    script.next().birth(1, s_[10:14, 8:20, 8:16])
    script.next().closure(1)
    script.next()
    script.next().birth(2, s_[4:6, 8:20, 20:30])
    script.next().closure(2)
    script.next()
    return script.scene()


@named
def crossing_the_border() -> Scene:
    """A crack comes in through the side of the volume, and leaves the same way."""
    script = Script(SHAPE, {1: s_[16:20, 12:20, 20:30]})
    script.next().birth(2, s_[4:8, 0:5, 10:20], subtype="entered")
    script.next().moving(2, s_[4:8, 2:12, 10:20])
    script.next().moving(2, s_[4:8, 0:6, 10:20])
    script.next().closure(2)
    return script.scene()


@named
def region_of_interest() -> Scene:
    """Cracks are born at the border of the region of interest and within it."""
    region = np.zeros(SHAPE, dtype=np.bool_)
    region[4:20, 4:28, 4:36] = True
    script = Script(SHAPE, {1: s_[6:8, 8:20, 8:20]})
    script.next().birth(2, s_[10:12, 8:20, 4:12], subtype="entered")
    script.next().birth(3, s_[14:16, 8:20, 5:12], subtype="remote")
    return script.scene({"roi": region})


@named
def drift() -> Scene:
    """The sample drifts by more than its cracks are wide, while one grows and two merge."""
    script = Script(
        SHAPE, {1: s_[8:10, 8:24, 8:18], 2: s_[13:15, 8:24, 8:16], 3: s_[13:15, 8:24, 20:30]}
    )
    script.next().growth(1, s_[8:10, 8:24, 18:24])
    script.next().merge((2, 3), into=3, over=s_[13:15, 14:18, 16:20])
    script.next().growth(1, s_[8:10, 8:24, 24:30])
    return script.scene(drift=[(0, 0, 0), (4, -2, 1), (-5, 3, 2), (5, 1, -4)])
