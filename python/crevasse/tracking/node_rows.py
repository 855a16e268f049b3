"""Where components lie in the table of nodes: by frame, then by label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table

Ints = NDArray[np.int64]


class NodeRows:
    """Rows of `History.nodes`."""

    def __init__(self, nodes: Table) -> None:
        self._frame, self._crack = nodes["frame"], nodes["crack"]
        n_frames = int(self._frame.max(initial=-1)) + 1
        self._first = np.searchsorted(self._frame, np.arange(n_frames + 1))

    def of(self, frame: Ints, label: Ints) -> Ints:
        """Row of each component, by frame and label."""
        return np.asarray(self._first[frame] + label - 1)

    def of_crack(self, crack: Ints, frame: Ints) -> Ints:
        """Row of each crack's component in a frame in which it is open."""
        n_frames = len(self._first) - 1
        key = self._crack * n_frames + self._frame
        order = np.argsort(key, kind="stable")
        return np.asarray(order[np.searchsorted(key[order], crack * n_frames + frame)])

    def cut(self, rows: Ints) -> Ints:
        """Where rising rows pass from one frame to the next."""
        return np.searchsorted(rows, self._first[1:-1])
