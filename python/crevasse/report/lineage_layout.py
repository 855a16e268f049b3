"""Which cracks the lineage figure shows, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking import History

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lanes:
    """The cracks to show, from top to bottom, each in its own lane.

    Attributes
    ----------
    crack
        Their ids.
    volume
        (lane, frame): volume in each frame, 0 where the crack is not open.
    head
        The crack that all of each crack's lineage led to.
    least_share
        Of the greatest volume of a lineage that a crack had to reach to be shown.
    n_hidden
        How many cracks are not shown.
    hidden_share, hidden_frame
        What these hold of all open volume in the frame where that is greatest; and that frame.
    """

    crack: Ints
    volume: Floats
    head: Ints
    least_share: float
    n_hidden: int
    hidden_share: float
    hidden_frame: int

    @property
    def is_head(self) -> NDArray[np.bool_]:
        """Whether a crack is what its lineage led to."""
        return np.equal(self.crack, self.head)

    def lane_of(self, n_cracks: int) -> Ints:
        """Lane of each crack by its id, -1 where it is not shown; 0 is no crack."""
        lane = np.full(n_cracks + 1, -1, dtype=np.int64)
        lane[self.crack] = np.arange(len(self.crack))
        return lane

    def centres(self, gap: float) -> Floats:
        """Where the lanes' middles lie, downwards from 0.

        As close as they can be with `gap` between the bands of any two cracks that are open at the
        same time, and between the middles of any two lanes; more of it between lineages.
        """
        # A band fills the space between two frames up to the larger of its ends.
        volume = self.volume
        wide = np.maximum(volume, np.pad(volume, ((0, 0), (1, 0)))[:, :-1])
        wide = np.maximum(wide, np.pad(volume, ((0, 0), (0, 1)))[:, 1:])
        centre = np.zeros(len(volume))
        for lane in range(1, len(volume)):
            together = (wide[:lane] > 0) & (wide[lane] > 0)
            apart = np.where(together, (wide[:lane] + wide[lane]) / 2, 0).max(axis=1)
            gaps = np.where(self.head[:lane] == self.head[lane], gap, 1.7 * gap)
            centre[lane] = (centre[:lane] - apart - gaps).min()
        return centre


def choose_lanes(
    history: History, *, n_lineages: int = 12, least_share: float = 0.02, most_lanes: int = 48
) -> Lanes:
    """Choose the largest lineages and order their cracks so that few connections cross.

    A lineage is a crack with all that merged into it, and into these, and that split off or
    reopened; it is as large as the greatest volume that its cracks have at one time. Of each,
    cracks that reach `least_share` of that are shown; if these were more than `most_lanes`, the
    share is raised.
    """
    tree = _Tree.of(history)
    nodes, n_frames = history.nodes, len(history.frames)
    n_cracks = len(history.cracks)
    of_lineage = np.zeros((n_cracks + 1, n_frames))
    np.add.at(of_lineage, (tree.head[nodes["crack"]], nodes["frame"]), nodes["volume"])
    size = of_lineage.max(axis=1, initial=0.0)
    heads = np.argsort(-size, kind="stable")
    heads = heads[size[heads] > 0][: min(n_lineages, most_lanes)]

    greatest = np.concatenate([[0.0], history.cracks["max_volume"]])
    reached = np.zeros(n_cracks + 1)
    candidates = np.flatnonzero(np.isin(tree.head, heads) & (tree.head > 0))
    reached[candidates] = greatest[candidates] / size[tree.head[candidates]]
    reached[heads] = np.inf  # a lineage is always shown by its head
    reached = tree.raised_to_carry_branches(reached)
    shown = reached >= least_share
    if np.count_nonzero(shown) > most_lanes:
        least_share = float(np.sort(reached)[-most_lanes - 1])
        shown = reached > least_share
    order = [c for head in heads.tolist() for c in tree.ordered(head, shown, greatest)]
    return _lanes(history, np.array(order, dtype=np.int64), tree.head, least_share)


def _lanes(history: History, order: Ints, head: Ints, least_share: float) -> Lanes:
    nodes = history.nodes
    lane = np.full(len(history.cracks) + 1, -1, dtype=np.int64)
    lane[order] = np.arange(len(order))
    volume = np.zeros((len(order), len(history.frames)))
    row = lane[nodes["crack"]]
    volume[row[row >= 0], nodes["frame"][row >= 0]] = nodes["volume"][row >= 0]
    total = history.frames["volume"]
    frame = int(np.argmax(total))
    hidden = 1 - volume[:, frame].sum() / total[frame] if total[frame] > 0 else 0.0
    n_hidden = len(history.cracks) - len(order)
    return Lanes(
        crack=order,
        volume=volume,
        head=head[order],
        least_share=least_share,
        n_hidden=n_hidden,
        hidden_share=float(hidden) if n_hidden else 0.0,
        hidden_frame=frame,
    )


@dataclass(frozen=True)
class _Tree:
    """Every crack hangs on the one it merged into, else on the one that it came from.

    Arrays are indexed by crack id; 0 stands for none. `distance` orders the branches of a crack:
    what hangs on with a small one should lie near.
    """

    parent: Ints
    head: Ints
    distance: Ints

    @classmethod
    def of(cls, history: History) -> _Tree:
        cracks, n_frames = history.cracks, len(history.frames)
        merged = np.concatenate([[0], cracks["merged_into"]])
        came_from = np.concatenate([[0], cracks["parent"]])
        parent = merged.copy()  # without cycles: what a crack merges into outlives it
        head = _heads(parent)
        for crack in np.flatnonzero((parent == 0) & (came_from > 0)).tolist():
            origin = int(came_from[crack])
            while head[origin] != origin:
                origin = int(head[origin])
            if origin != crack:  # else its origin has merged into it and hangs on it already
                parent[crack] = came_from[crack]
                head[crack] = origin
        # What merges early ends early, so it can lie near without being in the way of what merges
        # later; with what splits off it is the other way round.
        distance = np.where(
            merged > 0,
            np.concatenate([[0], cracks["last_frame"]]),
            n_frames - np.concatenate([[0], cracks["first_frame"]]),
        )
        return cls(parent, _heads(parent), distance)

    def raised_to_carry_branches(self, reached: Floats) -> Floats:
        """At least as much for each crack as for what hangs on it, so that nothing hangs on air."""
        raised = reached.copy()
        while True:
            before = raised.copy()
            np.maximum.at(raised, self.parent, before)
            raised[0] = 0
            if np.array_equal(raised, before):
                return raised

    def ordered(self, head: int, shown: NDArray[np.bool_], size: Floats) -> list[int]:
        """The shown cracks of a lineage from top to bottom, branches on both sides of each."""
        members = np.flatnonzero(shown & (self.head == head))
        branches: dict[int, list[int]] = {}
        for crack in members[np.lexsort((members, self.distance[members]))].tolist():
            branches.setdefault(int(self.parent[crack]), []).append(crack)
        # Leaves first, without recursion: chains of merges may be long.
        depth_first, stack = [], [head]
        while stack:
            crack = stack.pop()
            depth_first.append(crack)
            stack.extend(branches.get(crack, ()))
        block: dict[int, list[int]] = {}
        for crack in reversed(depth_first):
            above: list[int] = []
            below: list[int] = []
            heights = [0.0, 0.0]
            for branch in branches.get(crack, ()):
                lanes = block.pop(branch)
                height = float(size[lanes].sum())
                if heights[0] <= heights[1]:
                    above = lanes + above
                    heights[0] += height
                else:
                    below = below + lanes
                    heights[1] += height
            block[crack] = [*above, crack, *below]
        return block[head]


def _heads(parent: Ints) -> Ints:
    head = np.where(parent > 0, parent, np.arange(len(parent)))
    while True:
        further = head[head]
        if np.array_equal(further, head):
            return head
        head = further


def bridging(history: History) -> NDArray[np.bool_]:
    """For each node: does it touch both electrodes?"""
    nodes = history.nodes
    bridges: NDArray[np.bool_] = nodes["at_working"] & nodes["at_counter"]
    return bridges
