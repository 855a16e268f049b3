"""Scenes in which cracks meet and part."""

from __future__ import annotations

from numpy import s_

from crevasse.phantom.scene import Scene
from crevasse.phantom.script import Script, named

SHAPE = (24, 32, 40)

# Five sheets of different height, side by side.
_SHEETS = {i: s_[4:20, 6 : 10 + 3 * i, 7 * i - 3 : 7 * i - 1] for i in range(1, 6)}
_ACROSS = s_[11:13, 7:9, 4:34]


@named
def one_voxel_bridge() -> Scene:
    """Two cracks become one through a single voxel."""
    script = Script(SHAPE, {1: s_[11:13, 8:24, 4:19], 2: s_[11:13, 8:22, 20:34]})
    script.next().growth(2, s_[11:13, 8:22, 34:37])
    script.next().merge((1, 2), into=1, over=s_[11, 15, 19])
    script.next()
    return script.scene()


@named
def corner_contact() -> Scene:
    """Two cracks become one through a voxel that touches both by its corners only."""
    script = Script(SHAPE, {1: s_[4:10, 6:14, 6:16], 2: s_[11:17, 15:22, 17:27]})
    script.next().merge((1, 2), into=1, over=s_[10, 14, 16])
    return script.scene()


@named
def five_into_one() -> Scene:
    """Five cracks become one in a single interval."""
    script = Script(SHAPE, _SHEETS)
    script.next()
    script.next().merge(_SHEETS, into=5, over=_ACROSS)
    script.next()
    return script.scene()


@named
def one_into_five() -> Scene:
    """A crack falls into five in a single interval; the largest goes on."""
    script = Script(SHAPE, {1: [*_SHEETS.values(), _ACROSS]})
    parts = [*_SHEETS.values()]
    script.next().split(1, dict(zip((2, 3, 4, 5, 1), parts, strict=True)))
    script.next()
    return script.scene()


@named
def merge_and_split_at_once() -> Scene:
    """In one interval two cracks merge and another one splits."""
    script = Script(
        SHAPE,
        {1: s_[5:7, 4:12, 4:14], 2: s_[5:7, 4:12, 18:26], 3: s_[15:17, 4:24, 6:34]},
    )
    script.next()
    script.merge((1, 2), into=1, over=s_[5:7, 6:10, 14:18])
    script.split(3, {3: s_[15:17, 4:24, 6:22], 4: s_[15:17, 4:24, 24:34]})
    script.next()
    return script.scene()


@named
def recombination() -> Scene:
    """Two cracks side by side exchange their ends: all four share voxels."""
    script = Script(
        SHAPE,
        {
            1: s_[11:13, 8:12, 4:34],
            2: [s_[11:13, 16:22, 4:20], s_[11:13, 16:18, 20:34]],
        },
    )
    script.next()
    script.next().recombination((1, 2), {2: s_[11:13, 8:22, 4:17], 1: s_[11:13, 8:22, 20:34]})
    script.next()
    return script.scene()


@named
def larger_share_changes_sides() -> Scene:
    """Two cracks merge and part elsewhere, so that the one goes on where the other began."""
    script = Script(SHAPE, {1: s_[11:13, 10:20, 4:20], 2: s_[11:13, 10:20, 24:34]})
    script.next().merge((1, 2), into=1, over=s_[11:13, 10:20, 20:24])
    script.next().split(1, {1: s_[11:13, 10:20, 15:34], 3: s_[11:13, 10:20, 4:12]})
    script.next().growth(3, s_[11:13, 10:20, 2:4])
    return script.scene()


@named
def closure_beside_survivor() -> Scene:
    """Of two cracks one voxel apart one closes; the other one later takes the gap."""
    script = Script(SHAPE, {1: s_[8:16, 6:22, 18], 2: s_[8:16, 6:22, 20]})
    script.next().closure(1)
    script.next().growth(2, s_[8:16, 6:22, 19])
    return script.scene()


@named
def ring_and_pore() -> Scene:
    """A ring with a pore at its centre, the same centroid: the ring closes, the pore grows."""
    ring = [
        s_[11:13, 6:8, 6:30],
        s_[11:13, 20:22, 6:30],
        s_[11:13, 6:22, 6:8],
        s_[11:13, 6:22, 28:30],
    ]
    script = Script(SHAPE, {1: ring, 2: s_[11:13, 13:15, 17:19]})
    script.next().growth(2, s_[11:13, 13:15, 15:21])
    script.next().closure(1).growth(2, s_[11:13, 11:17, 15:21])
    return script.scene()


@named
def pore_beside_growing_crack() -> Scene:
    """A pore closes ahead of a growing crack, which then runs through its place."""
    script = Script(SHAPE, {1: s_[11:13, 8:20, 4:14], 2: s_[10:14, 12:16, 24:28]})
    script.next().growth(1, s_[11:13, 8:20, 14:18]).shrink(2, s_[10:14, 12:16, 27])
    script.next().growth(1, s_[11:13, 8:20, 18:22]).closure(2)
    script.next().growth(1, s_[11:13, 8:20, 22:30])
    return script.scene()


@named
def passing_by() -> Scene:
    """Two cracks travel past each other, one voxel apart."""
    script = Script(SHAPE, {1: s_[10:14, 12:15, 4:16], 2: s_[10:14, 16:19, 24:36]})
    for step in range(1, 6):
        right, left = 4 + 4 * step, 24 - 4 * step
        script.next()
        script.moving(1, s_[10:14, 12:15, right : right + 12])
        script.moving(2, s_[10:14, 16:19, left : left + 12])
    return script.scene()
