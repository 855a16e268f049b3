"""Fronts, tips and what is left between the electrodes, beside a tracker, frame by frame."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._electrode import Electrode, check_electrodes, held_electrode
from crevasse._ligament import Ligament, ligament
from crevasse._runs import RunVolume
from crevasse._table import Table
from crevasse.tracking.fronts.forecast import TimeToShort, time_to_short
from crevasse.tracking.fronts.front import Front, measure_front
from crevasse.tracking.fronts.motion import follow_tips, front_velocity
from crevasse.tracking.fronts.reach import Reach, reach
from crevasse.tracking.fronts.storage import load_fronts, save_fronts
from crevasse.tracking.history import History
from crevasse.tracking.node_rows import NodeRows
from crevasse.tracking.result import FrameResult


@dataclass(frozen=True)
class Fronts:
    """How far cracks have gone, how fast, and how much is left to break.

    Attributes
    ----------
    frames
        A row a frame: ``frame, time``; ``depth_max``, that of the deepest crack, 0 where none is
        joined to the working electrode; ``reached_fraction`` of the open voxels; ``n_tips,
        n_junctions``; ``junction_density``, junctions over the volume of the frame;
        ``euler_number``, the sum over components; and ``ligament, n_pieces, longest_piece,
        bottleneck`` as in `crevasse.ligament`, nan (and -1 pieces) without a counter electrode.
    cracks
        What `front_velocity` gives: a row a crack and frame.
    tips
        What `follow_tips` gives, with the crack of each.
    """

    frames: Table
    cracks: Table
    tips: Table

    def time_to_short(
        self, *, last: int | None = None, confidence: float = 0.9
    ) -> TimeToShort | None:
        """See `crevasse.tracking.time_to_short`; None without a counter electrode."""
        if np.isnan(self.frames["ligament"]).any():
            return None
        return time_to_short(
            self.frames["time"].tolist(),
            self.frames["ligament"].tolist(),
            last=last,
            confidence=confidence,
        )


class FrontFollower:
    """Measure each frame's front, tips and ligament as it comes from a `Tracker`.

    Lengths are in the tracker's unit. Holds tables only, of all frames; `save` and `load` go with
    those of the tracker.

    Parameters
    ----------
    working, counter
        The electrodes, as for `Tracker`. Without `counter` there is no ligament.
    prominence
        Least prominence of a tip, in the unit of `spacing`; see `crevasse.geodesic_tips`.
    max_step
        Longest step of a tip from frame to frame; see `follow_tips`.
    n_threads
        None: all usable cores.

    Raises
    ------
    ValueError
        If `max_step` is not positive, `prominence` negative, a face has another name, or both
        electrodes are the same face.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse import Tracker
    >>> tracker = Tracker(working="ymin", counter="ymax")
    >>> follower = FrontFollower("ymin", "ymax", prominence=1, max_step=5)
    >>> for length in (2, 4, 7):
    ...     frame = np.zeros((9, 3), dtype=bool)
    ...     frame[:length, 1] = True
    ...     _ = follower.update(tracker.update(frame))
    >>> fronts = follower.fronts(tracker.history())
    >>> fronts.cracks["depth_max"], fronts.frames["ligament"]
    (array([1., 3., 6.]), array([7., 5., 2.]))
    >>> fronts.time_to_short().time
    2.8
    """

    def __init__(
        self,
        working: Electrode,
        counter: Electrode | None = None,
        *,
        prominence: float,
        max_step: float,
        n_threads: int | None = None,
    ) -> None:
        check_electrodes(working, counter)
        if working is None:
            raise ValueError("working must be an electrode, got None: depths are counted from it")
        threads = _validate.n_threads(n_threads)
        self._working = held_electrode(working, "working", threads)
        self._counter = None if counter is None else held_electrode(counter, "counter", threads)
        self._prominence = _validate.not_negative(prominence, "prominence")
        self._max_step = _validate.positive(max_step, "max_step")
        self._n_threads = n_threads
        self._fronts: list[Front] = []
        self._ligaments: list[Ligament | None] = []

    @property
    def _threads(self) -> int:
        return _validate.n_threads(self._n_threads)

    def update(self, result: FrameResult) -> Front:
        """Measure the frame that `Tracker.update` has just returned; each of them, in order.

        Raises
        ------
        ValueError
            If it is not the next frame, or the tracker joins voxels by less than corners: paths
            lead from corner to corner.
        """
        if not isinstance(result, FrameResult):
            raise TypeError(
                f"result must be what Tracker.update returned, got {type(result).__name__}"
            )
        if result.frame != len(self._fronts):
            raise ValueError(f"result must be of frame {len(self._fronts)}, got {result.frame}")
        if result.connectivity not in (8, 26):
            raise ValueError(
                f"fronts need a tracker of connectivity 26 (8 in images), got {result.connectivity}"
            )
        labeling = result.labeling
        open_ = RunVolume(labeling._core.runs, len(labeling.shape))
        unit = result.regions.units["equivalent_diameter"]
        front = measure_front(
            open_,
            self._working,
            prominence=self._prominence,
            spacing=result.spacing,
            unit=unit,
            labeling=labeling,
            n_threads=self._threads,
        )
        left = None
        if self._counter is not None:
            left = ligament(
                open_,
                self._working,
                self._counter,
                spacing=result.spacing,
                unit=unit,
                n_threads=self._threads,
            )
        self._fronts.append(front)
        self._ligaments.append(left)
        return front

    @property
    def latest(self) -> Reach:
        """How far the latest frame has gone.

        Raises
        ------
        ValueError
            If there has been no frame.
        """
        if not self._fronts:
            raise ValueError("latest needs at least one frame; call update first")
        left = self._ligaments[-1]
        return Reach(_deepest(self._fronts[-1]), np.nan if left is None else left.length)

    def reach(self, open_: RunVolume, spacing: tuple[float, ...]) -> Reach:
        """How far a volume has gone that is not added, such as a frame segmented otherwise."""
        return reach(open_, self._working, self._counter, spacing=spacing, n_threads=self._threads)

    def fronts(self, history: History) -> Fronts:
        """Everything so far, with the crack ids and times of the tracker's history.

        Raises
        ------
        ValueError
            If the history has another number of frames.
        """
        cracks = front_velocity(self._fronts, history)
        times = history.frames["time"].tolist()
        tips = follow_tips(
            self._fronts, max_step=self._max_step, times=times, time_unit=history.time_unit
        )
        return Fronts(self._frame_table(history), cracks, _with_cracks(tips, history))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what has been measured; the file appears whole or not at all.

        The same frames give the same bytes. Electrodes are not stored: give them to `load` again.
        """
        save_fronts(path, self._fronts, self._ligaments)

    def load(self, path: str | os.PathLike[str]) -> FrontFollower:
        """A follower with the same electrodes and options that goes on from what `save` wrote.

        Raises
        ------
        ValueError
            If the file is damaged, of another kind, or of a later version.
        """
        resumed = copy.copy(self)
        resumed._fronts, resumed._ligaments = load_fronts(path)
        return resumed

    def _frame_table(self, history: History) -> Table:
        unit, ndim = history.unit, len(history.shape)
        volume = float(np.prod(history.shape) * np.prod(history.spacing))
        n_junctions = [len(front.junctions) for front in self._fronts]
        columns: dict[str, NDArray[Any]] = {
            "frame": history.frames["frame"],
            "time": history.frames["time"],
            "depth_max": np.array([_deepest(front) for front in self._fronts]),
            "reached_fraction": np.array([front.reached_fraction for front in self._fronts]),
            "n_tips": np.array([len(front.tips) for front in self._fronts]),
            "n_junctions": np.array(n_junctions),
            "junction_density": np.array(n_junctions) / volume,
            "euler_number": np.array(
                [int(front.components["euler_number"].sum()) for front in self._fronts]
            ),
        }
        left = self._ligaments
        columns |= {
            "ligament": np.array([np.nan if x is None else x.length for x in left]),
            "n_pieces": np.array([-1 if x is None else x.n_pieces for x in left]),
            "longest_piece": np.array([np.nan if x is None else x.longest_piece for x in left]),
            "bottleneck": np.array([np.nan if x is None else x.bottleneck for x in left]),
        }
        lengths = dict.fromkeys(("depth_max", "ligament", "longest_piece", "bottleneck"), unit)
        units = lengths | {"time": history.time_unit, "junction_density": f"1/{unit}^{ndim}"}
        return Table(columns, units=units)


def _deepest(front: Front) -> float:
    return float(np.nanmax(front.components["depth_max"], initial=0.0))


def _with_cracks(tips: Table, history: History) -> Table:
    """The tips with a column `crack`."""
    rows = NodeRows(history.nodes).of(tips["frame"], tips["label"])
    return Table(tips.to_dict() | {"crack": history.nodes["crack"][rows]}, units=tips.units)
