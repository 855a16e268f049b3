"""How right a history's maps and tips are: who opened a voxel first, when, and where cracks end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._table import Table
from crevasse.tracking.scoring.ratio import ratio
from crevasse.tracking.scoring.truth import count_pairs


@dataclass(frozen=True)
class AttributionScore:
    """Which crack opened each voxel first.

    Attributes
    ----------
    confusion
        A row for each pair that occurs: ``object`` (of the truth), ``crack`` (of the result) and
        ``n_voxels``; 0 stands for never open.
    share
        Share of the voxels ever open, on either side, that agree when each object is one crack.
        Pairs are made greedily, the one of most voxels first, which is the best assignment
        wherever an object and its crack are each other's largest partner, and never better.
    """

    confusion: Table
    share: float


@dataclass(frozen=True)
class ArrivalScore:
    """When each voxel opened first, result less truth.

    Attributes
    ----------
    mean, max_abs
        In frames, over the voxels that opened on both sides.
    share_exact
        Of the voxels that opened on either side, those that opened in the same frame.
    n_missing, n_false
        Voxels that opened in the truth alone, and in the result alone.
    """

    mean: float
    max_abs: int
    share_exact: float
    n_missing: int
    n_false: int


@dataclass(frozen=True)
class TipScore:
    """Distance from each tip, of either side, to the nearest of the other in the same frame.

    Attributes
    ----------
    mean, max
        In units of length, over all tips that have one; 0 where none has.
    n_unpaired
        Tips in frames in which the other side has none.
    """

    mean: float
    max: float
    n_unpaired: int


def compare_attribution(crack: NDArray[np.integer], truth: NDArray[np.integer]) -> AttributionScore:
    """Compare maps of the crack, and of the object, that opened each voxel first."""
    ever = (crack > 0) | (truth > 0)
    objects, cracks, counts = count_pairs(truth[ever], crack[ever])
    agreeing = 0
    taken_objects, taken_cracks = {0}, {0}
    for row in np.lexsort((cracks, objects, -counts)).tolist():
        if objects[row] not in taken_objects and cracks[row] not in taken_cracks:
            taken_objects.add(objects[row])
            taken_cracks.add(cracks[row])
            agreeing += int(counts[row])
    table = Table({"object": objects, "crack": cracks, "n_voxels": counts})
    return AttributionScore(table, ratio(agreeing, int(ever.sum())))


def compare_arrival(found: NDArray[np.integer], truth: NDArray[np.integer]) -> ArrivalScore:
    """Compare maps of the frame in which each voxel opened first, -1 where it never did."""
    in_found, in_truth = found >= 0, truth >= 0
    both = in_found & in_truth
    late = found[both].astype(np.int64) - truth[both]
    return ArrivalScore(
        mean=float(late.mean()) if late.size else 0.0,
        max_abs=int(np.abs(late).max(initial=0)),
        share_exact=ratio(int((late == 0).sum()), int((in_found | in_truth).sum())),
        n_missing=int((in_truth & ~in_found).sum()),
        n_false=int((in_found & ~in_truth).sum()),
    )


def compare_tips(tips: Table, truth: Sequence[NDArray[np.float64]]) -> TipScore:
    """Compare tips with the true ones, frame by frame, both in units of length."""
    axes = _validate.AXES[-truth[0].shape[1] :]
    positions = [f"position_{axis}" if f"position_{axis}" in tips else axis for axis in axes]
    found = np.stack([tips[name].astype(np.float64) for name in positions], axis=1)
    nearest: list[NDArray[np.float64]] = [np.empty(0)]
    n_unpaired = 0
    for frame, true in enumerate(truth):
        here = found[tips["frame"] == frame]
        if not (len(here) and len(true)):
            n_unpaired += len(here) + len(true)
            continue
        apart = np.linalg.norm(here[:, None] - true[None], axis=2)
        nearest += [apart.min(axis=0), apart.min(axis=1)]
    distances = np.concatenate(nearest)
    return TipScore(
        mean=float(distances.mean()) if distances.size else 0.0,
        max=float(distances.max(initial=0.0)),
        n_unpaired=n_unpaired,
    )
