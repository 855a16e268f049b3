"""A scene: frames as a tracker is given them, and the truth about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.history import History
from crevasse.tracking.score import Score, score
from crevasse.tracking.tracker import track
from crevasse.tracking.truth import Truth

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """A series of which the truth is known.

    Attributes
    ----------
    name, description
        What happens in it, in one word and in a sentence.
    frames
        Bool masks as scanned, (z, y, x), one a time; drift included.
    times
        One a frame, rising.
    truth
        What really happened, on the first frame's grid.
    spacing, unit, time_unit
        Voxel size in axis order, and the units of lengths and times.
    options
        Further arguments of `crevasse.track`: electrodes, region of interest, cycles.
    drift
        How far each frame lies from the first, whole voxels, (frame, axis); None: not at all.
    """

    name: str
    description: str
    frames: tuple[Mask, ...]
    times: tuple[float, ...]
    truth: Truth
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    unit: str = "voxel"
    time_unit: str = "frame"
    options: Mapping[str, Any] = field(default_factory=dict)
    drift: NDArray[np.int64] | None = None

    def aligned(self) -> tuple[Mask, ...]:
        """The frames on the first one's grid; where they saw nothing, nothing is open."""
        return self.frames if self.drift is None else undo_drift(self.frames, self.drift)

    def track(self, **options: Any) -> History:
        """Follow the aligned frames; `options` go before those of the scene."""
        own = {
            "times": self.times,
            "spacing": self.spacing,
            "unit": self.unit,
            "time_unit": self.time_unit,
        }
        return track(self.aligned(), **(own | dict(self.options) | options))

    def score(self, history: History, **options: Any) -> Score:
        """Compare a history of the aligned frames with the truth; `options` as of `score`."""
        return score(history, self.aligned(), self.truth, **options)


def undo_drift(frames: Sequence[Mask], drift: NDArray[np.int64]) -> tuple[Mask, ...]:
    """Masks moved back by whole voxels.

    Parameters
    ----------
    frames
        Masks of equal shape, (z, y, x) or (y, x).
    drift
        How far each lies from the first, (frame, axis). What it moved out of the frame is lost.

    Raises
    ------
    ValueError
        If there is not one drift a frame.

    Examples
    --------
    >>> import numpy as np
    >>> frames = [np.array([[1, 1, 0, 0]], bool), np.array([[0, 1, 1, 0]], bool)]
    >>> undo_drift(frames, np.array([[0, 0], [0, 1]]))[1].astype(int)
    array([[1, 1, 0, 0]])
    """
    if len(drift) != len(frames):
        raise ValueError(f"drift must be one a frame, got {len(drift)} for {len(frames)} frames")
    return tuple(moved(frame, -d) for frame, d in zip(frames, np.asarray(drift), strict=True))


def moved(mask: Mask, by: NDArray[np.int64]) -> Mask:
    """A mask moved by whole voxels; what comes in from outside is not open."""
    out = np.zeros_like(mask)
    target = tuple(slice(max(d, 0), n + min(d, 0)) for d, n in zip(by, mask.shape, strict=True))
    source = tuple(slice(max(-d, 0), n + min(-d, 0)) for d, n in zip(by, mask.shape, strict=True))
    out[target] = mask[source]
    return out
