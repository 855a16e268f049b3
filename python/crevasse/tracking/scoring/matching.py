"""Which node of a result is which object of the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crevasse.tracking.history import History
from crevasse.tracking.scoring.truth import Labels, Truth, shared_voxels

Node = tuple[int, int]  # frame, label
Object = tuple[int, int]  # frame, id


@dataclass(frozen=True)
class Matching:
    """Nodes and objects that belong together, frame by frame.

    `node_of` gives the node that holds more than half of an object; several objects may be held by
    one node. `object_of` gives a node's object where it holds exactly one. `crack_of` gives the
    crack of every node of the result.
    """

    node_of: Mapping[Object, Node]
    object_of: Mapping[Node, Object]
    crack_of: Mapping[Node, int]
    _seen: Mapping[int, Sequence[Object]]

    @classmethod
    def between(cls, history: History, labels: Sequence[Labels], truth: Truth) -> Matching:
        """Match a history's nodes, whose voxels `labels` gives, with the truth's objects."""
        columns = (history.nodes[name].tolist() for name in ("frame", "label", "crack"))
        crack_of = {(frame, label): crack for frame, label, crack in zip(*columns, strict=True)}
        node_of: dict[Object, Node] = {}
        held: defaultdict[Node, list[Object]] = defaultdict(list)
        for frame, (found, true) in enumerate(zip(labels, truth.labels, strict=True)):
            ids, counts = np.unique(true[true > 0], return_counts=True)
            size = dict(zip(ids.tolist(), counts.tolist(), strict=True))
            for (label, object_id), n in shared_voxels(found, true).items():
                if 2 * n > size[object_id] and (frame, label) in crack_of:
                    node_of[frame, object_id] = (frame, label)
                    held[frame, label].append((frame, object_id))
        object_of = {node: objects[0] for node, objects in held.items() if len(objects) == 1}
        seen: defaultdict[int, list[Object]] = defaultdict(list)
        for node in sorted(object_of):
            seen[crack_of[node]].append(object_of[node])
        return cls(node_of, object_of, crack_of, seen)

    def stands_for(self, node: Node) -> int:
        """The id of the object that a node stands for; 0 where there is none.

        Where a node does not hold exactly one object (it came together too early, or fell apart
        too late), its crack tells: it stands for the object that its crack held in the nearest
        frame, the earlier of two. So an event at the wrong time still has its parents and children.
        """
        if node in self.object_of:
            return self.object_of[node][1]
        return self.crack_stands_for(self.crack_of.get(node, 0), node[0])

    def crack_stands_for(self, crack: int, frame: int) -> int:
        """The id of the object that a crack held in the frame nearest to one; 0 for none."""
        seen = self._seen.get(crack, ())
        return min(seen, key=lambda o: (abs(o[0] - frame), o[0]), default=(0, 0))[1]
