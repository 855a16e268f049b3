"""A scene: frames as a tracker is given them, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.case_truth import CaseTruth
from crevasse.phantom.cell import Cell
from crevasse.phantom.imaging import Image, Imaging
from crevasse.phantom.protocol import Protocol
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.history import History
from crevasse.tracking.scoring.score import Score, score
from crevasse.tracking.scoring.truth import Truth
from crevasse.tracking.tracker import track

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """A series of which the truth is known.

    Attributes
    ----------
    name, description
        What happens in it, in one word and in a sentence.
    frames
        Bool masks as scanned, (z, y, x), one a time; drift included. Of a case they are made when
        asked for, on the first frame's grid.
    times
        One a frame, rising.
    truth
        What really happened, on the first frame's grid; of a case with its numbers.
    spacing, unit, time_unit
        Voxel size in axis order, and the units of lengths and times.
    options
        Further arguments of `crevasse.track`: electrodes, region of interest, cycles.
    drift
        How far each frame lies from the first, whole voxels, (frame, axis); None: not at all.
    cell
        Of a case: what is where.
    protocol
        Of a case: what the cell does when.
    imaging, image_drift
        Of a case: how its images are made, and how far the sample lies in each from its place, in
        voxels, (frame, axis).
    """

    name: str
    description: str
    frames: Sequence[Mask]
    times: tuple[float, ...]
    truth: Truth | CaseTruth
    spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    unit: str = "voxel"
    time_unit: str = "frame"
    options: Mapping[str, Any] = field(default_factory=dict)
    drift: NDArray[np.int64] | None = None
    cell: Cell | None = None
    protocol: Protocol | None = None
    imaging: Imaging | None = None
    image_drift: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        return f"Scene({self.name!r}, {self.n_frames} frames of shape {self.shape})"

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.times)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame."""
        return self.frames[0].shape if self.cell is None else self.cell.shape

    @property
    def cycles(self) -> Sequence[CycleState] | None:
        """State of charge of every frame, where it is known."""
        return self.options.get("cycles")

    def phases(self, frame: int) -> NDArray[np.uint8]:
        """`Phase` at every voxel's centre of a case's frame, (z, y, x), without drift."""
        return self._cell().phases(self._checked(frame))

    def image(self, frame: int) -> Image:
        """Grey image of a case's frame, (z, y, x), drift included; the same at every call.

        Raises
        ------
        ValueError
            If the scene is no case: it has masks only.
        IndexError
            If there is no such frame.
        """
        cell, frame = self._cell(), self._checked(frame)
        imaging = self.imaging or Imaging()
        drift = [0.0] * 3 if self.image_drift is None else self.image_drift[frame].tolist()
        return imaging.expose(cell.ideal(frame, imaging.lookup()), drift=drift, frame=frame)

    def images(self) -> Iterator[Image]:
        """The grey images in order, one in memory at a time."""
        return (self.image(frame) for frame in range(self.n_frames))

    def aligned(self) -> Sequence[Mask]:
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
        truth = self.truth.tracking() if isinstance(self.truth, CaseTruth) else self.truth
        return score(history, self.aligned(), truth, **options)

    def _cell(self) -> Cell:
        if self.cell is None:
            raise ValueError(f"scene {self.name!r} has masks only; take case_a, case_b or case_c")
        return self.cell

    def _checked(self, frame: int) -> int:
        if not -self.n_frames <= frame < self.n_frames:
            raise IndexError(f"frame must lie in 0..{self.n_frames - 1}, got {frame}")
        return frame % self.n_frames


class CellMasks(Sequence[Mask]):
    """Masks of a cell's cracks and pores, each made when it is asked for."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def __len__(self) -> int:
        return self._cell.n_frames

    @overload
    def __getitem__(self, index: int) -> Mask: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Mask, ...]: ...

    def __getitem__(self, index: int | slice) -> Mask | tuple[Mask, ...]:
        which = range(len(self))[index]
        if isinstance(which, range):
            return tuple(self._cell.mask(k) for k in which)
        return self._cell.mask(which)


def of_cell(
    name: str,
    description: str,
    cell: Cell,
    truth: CaseTruth,
    *,
    times: NDArray[np.float64],
    spacing: float,
    imaging: Imaging,
    protocol: Protocol,
    options: Mapping[str, Any],
) -> Scene:
    """A case; its images drift by a fraction of a voxel from scan to scan, some voxels in all."""
    rng = np.random.default_rng([imaging.seed, 2])
    steps = rng.normal(scale=0.35, size=(len(times), 3))
    steps[0] = 0.0
    return Scene(
        name,
        description,
        CellMasks(cell),
        tuple(times.tolist()),
        truth,
        spacing=(spacing,) * 3,
        unit="um",
        time_unit="h",
        options=options,
        cell=cell,
        protocol=protocol,
        imaging=imaging,
        image_drift=np.cumsum(steps, axis=0).round(3),
    )


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
