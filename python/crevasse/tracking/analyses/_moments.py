"""What the maps of a history say of a moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.history import History


def first_new_frame(history: History) -> int:
    """The first frame after the baseline in which something opened; their number where none is.

    New volume comes only after the baseline, so what opened before that frame is of the baseline.
    """
    frames = history.frames
    later = frames["frame"][frames["n_new"] > 0]
    return int(later[0]) if later.size else len(frames)


def open_around(first: NDArray[np.int32], last: NDArray[np.int32], frame: int) -> NDArray[np.bool_]:
    """Map of what was open before or in a frame and in it or later, by first and last opening."""
    return np.asarray((first >= 0) & (first <= frame) & (last >= frame))
