"""How right a history is, where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate
from crevasse._runs import RunVolume, as_run_volume
from crevasse._table import Table
from crevasse.tracking.events import EventType
from crevasse.tracking.history import History
from crevasse.tracking.scoring.event_score import EventScore, compare_events, found_events
from crevasse.tracking.scoring.graph_score import GraphScore, compare_graphs
from crevasse.tracking.scoring.map_score import (
    ArrivalScore,
    AttributionScore,
    TipScore,
    compare_arrival,
    compare_attribution,
    compare_tips,
)
from crevasse.tracking.scoring.matching import Matching
from crevasse.tracking.scoring.truth import Truth


@dataclass(frozen=True)
class Score:
    """How right a history is.

    Attributes
    ----------
    graph
        Nodes and edges: DET, LNK and TRA, the number of errors of each kind, and the edges' F1 by
        volume.
    events
        Precision, recall and F1 by type of event, and by subtype ("birth/remote") and direction
        ("birth/stripping") where the truth states them.
    attribution
        Which crack opened each voxel first.
    arrival
        When each voxel opened first.
    bridge_frame, bridge_frame_truth
        Frame of the first bridge; None where there is none.
    tips
        Distance of the tips; None where they were not given on both sides.
    """

    graph: GraphScore
    events: Mapping[str, EventScore]
    attribution: AttributionScore
    arrival: ArrivalScore
    bridge_frame: int | None
    bridge_frame_truth: int | None
    tips: TipScore | None = None

    @property
    def bridge_error(self) -> int | None:
        """Bridge's frame less the true one; None where one of them is missing."""
        if self.bridge_frame is None or self.bridge_frame_truth is None:
            return None
        return self.bridge_frame - self.bridge_frame_truth

    @property
    def is_perfect(self) -> bool:
        """Whether nothing at all is wrong; tips count where they were compared."""
        return (
            not any(self.graph.errors.values())
            and self.graph.edge_f1 == 1.0
            and all(event.f1 == 1.0 and not event.max_delay for event in self.events.values())
            and self.attribution.share == 1.0
            and self.arrival.share_exact == 1.0
            and self.bridge_frame == self.bridge_frame_truth
            and (self.tips is None or (self.tips.max == 0.0 and not self.tips.n_unpaired))
        )

    def to_dict(self) -> dict[str, Any]:
        """All numbers as a nested dict of plain Python values."""
        events = {
            kind: asdict(score)
            | {"precision": score.precision, "recall": score.recall, "f1": score.f1}
            for kind, score in self.events.items()
        }
        attribution = {
            "share": self.attribution.share,
            "confusion": list(self.attribution.confusion.rows()),
        }
        return {
            "graph": asdict(self.graph) | {"errors": dict(self.graph.errors)},
            "events": events,
            "attribution": attribution,
            "arrival": asdict(self.arrival),
            "bridge": {
                "frame": self.bridge_frame,
                "frame_truth": self.bridge_frame_truth,
                "error": self.bridge_error,
            },
            "tips": None if self.tips is None else asdict(self.tips),
        }

    def __str__(self) -> str:
        graph, arrival = self.graph, self.arrival
        errors = ", ".join(f"{n} {kind}" for kind, n in graph.errors.items() if n) or "no errors"
        lines = [
            f"DET {graph.det:.4f}  LNK {graph.lnk:.4f}  TRA {graph.tra:.4f}  ({errors})",
            f"edges by volume: F1 {graph.edge_f1:.4f}",
            f"{'event':<24}{'truth':>6}{'result':>7}{'right':>6}{'F1':>8}",
            *(
                f"{kind:<24}{e.n_truth:>6}{e.n_result:>7}{e.n_matched:>6}{e.f1:>8.3f}"
                for kind, e in self.events.items()
            ),
            f"voxels with the right crack: {self.attribution.share:.4f}",
            f"arrival: {arrival.share_exact:.4f} exact, off by {arrival.mean:.2f} frames on "
            f"average, {arrival.max_abs} at most",
            f"bridge: frame {self.bridge_frame}, in truth {self.bridge_frame_truth}",
        ]
        if self.tips is not None:
            lines.append(
                f"tips: off by {self.tips.mean:.3g} on average, {self.tips.max:.3g} at most"
            )
        return "\n".join(lines)


def score(
    history: History,
    frames: Sequence[RunVolume | ArrayLike],
    truth: Truth,
    *,
    tolerance: int = 1,
    connectivity: int = 26,
    tips: Table | None = None,
    n_threads: int | None = None,
) -> Score:
    """Compare a history with the truth.

    The result's nodes are the components of `frames`. An object of the truth is detected by the
    node that holds more than half of it, as in the Cell Tracking Challenge [2]_. The measures of
    the graph are those of acyclic oriented graph matching [1]_ with the challenge's weights: what
    it costs to mend the result by hand, relative to making it from nothing. An edge goes on with
    the same crack or passes to another; where that differs from the truth it is wrong.

    One missing merge hardly changes these measures, however much hangs on it, so events are scored
    by type: right is an event with all of its parents and children, and no others, at most
    `tolerance` frames away.

    Parameters
    ----------
    history
        Of any tracker, as tables; see `History`.
    frames
        The masks, (z, y, x) or (y, x), that it was made from, of the truth's shape.
    truth
        What really happened.
    tolerance
        Frames by which an event may be early or late.
    connectivity
        With which the nodes were labelled, as in `crevasse.label`.
    tips
        Where the result has tips, as lengths: columns ``frame`` and ``position_z, position_y,
        position_x`` (as in `Fronts.tips`), or, where those are missing, ``z, y, x``; without z in
        2-D.
    n_threads
        None: all usable cores.

    Raises
    ------
    ValueError
        If the frames are not those of the history or the truth, or the tolerance is negative.

    References
    ----------
    .. [1] P. Matula, M. Maška, D. V. Sorokin, P. Matula, C. Ortiz-de-Solórzano, M. Kozubek, "Cell
       tracking accuracy measurement based on comparison of acyclic oriented graphs", PLoS ONE
       10(12) (2015) e0144959.
    .. [2] V. Ulman et al., "An objective comparison of cell-tracking algorithms", Nature Methods
       14 (2017) 1141-1152.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse.tracking import Truth, TruthEvent, score, track
    >>> labels = [np.array([[1, 1, 0, 2]]), np.array([[1, 1, 1, 1]])]
    >>> truth = Truth(labels, [TruthEvent("merge", 1, parents=(1, 2), children=(1,))])
    >>> frames = [frame > 0 for frame in labels]
    >>> result = score(track(frames), frames, truth)
    >>> result.graph.tra, result.events["merge"].f1
    (1.0, 1.0)
    """
    if not _validate.is_whole(tolerance) or tolerance < 0:
        raise ValueError(f"tolerance must be a whole number of frames from 0, got {tolerance!r}")
    if tips is not None and not isinstance(tips, Table):
        raise ValueError(f"tips must be a Table such as Fronts.tips, got {tips!r}")
    frames = list(frames)
    labels = _labels(history, frames, truth, connectivity, n_threads)
    matching = Matching.between(history, labels, truth)
    found = list(found_events(history, matching))
    return Score(
        graph=compare_graphs(history, truth, matching),
        events=compare_events(truth, found, tolerance),
        attribution=compare_attribution(history.first_crack(), truth.first_object()),
        arrival=compare_arrival(history.first_open(), truth.first_open()),
        bridge_frame=_first_bridge(found),
        bridge_frame_truth=_first_bridge(truth.events),
        tips=None if tips is None or truth.tips is None else compare_tips(tips, truth.tips),
    )


def _labels(
    history: History,
    frames: Sequence[RunVolume | ArrayLike],
    truth: Truth,
    connectivity: int,
    n_threads: int | None,
) -> list[NDArray[np.integer]]:
    """Component labels of every frame, checked to be those of the history's nodes."""
    if not len(frames) == len(history.frames) == truth.n_frames:
        raise ValueError(
            f"frames, history and truth must have the same number of frames, got {len(frames)}, "
            f"{len(history.frames)} and {truth.n_frames}"
        )
    _validate.same_shape(truth.shape, history.shape, "truth and history")
    threads = _validate.n_threads(n_threads)
    labels = []
    for index, frame in enumerate(frames):
        runs = as_run_volume(frame, threads)
        _validate.same_shape(truth.shape, runs.shape, "truth and frames")
        labeling = runs.label(connectivity, n_threads=threads)
        labels.append(labeling.to_labels(n_threads=threads))
        sizes = np.bincount(labels[-1].ravel(), minlength=labeling.count + 1)
        nodes = history.nodes_of(index)
        known = nodes["label"] <= labeling.count
        if not (known.all() and np.array_equal(sizes[nodes["label"]], nodes["n_voxels"])):
            raise ValueError(
                f"frame {index} has components other than the history's nodes; "
                "pass the frames and the connectivity that the history was made with"
            )
    return labels


def _first_bridge(events: Sequence[Any]) -> int | None:
    return min((event.frame for event in events if event.type == EventType.BRIDGE), default=None)
