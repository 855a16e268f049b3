"""How far the open phase of a frame has gone, and what is left to break: two numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from crevasse._electrode import Electrode, electrode_zone
from crevasse._ligament import shortest_way
from crevasse._runs import RunVolume
from crevasse.tracking.fronts.depths import Depths


class Reach(NamedTuple):
    """What one frame says, in the unit of its spacing.

    Attributes
    ----------
    depth_max
        That of the deepest crack, as in `Front`; 0 where none is joined to the working electrode.
    ligament
        The length of `Ligament`; nan without a counter electrode.
    """

    depth_max: float
    ligament: float


def reach(
    open_: RunVolume,
    working: Electrode,
    counter: Electrode | None,
    *,
    spacing: tuple[float, ...],
    n_threads: int,
) -> Reach:
    """The deepest crack of `measure_front` and the length of `ligament`, and nothing else."""
    left = np.nan
    if counter is not None:
        left, _ = shortest_way(open_, working, counter, spacing, n_threads)
    return Reach(_deepest(open_, working, spacing, n_threads), left)


def _deepest(
    open_: RunVolume, working: Electrode, spacing: tuple[float, ...], n_threads: int
) -> float:
    components = open_.label(n_threads=n_threads)
    seeds = electrode_zone(working, open_.shape, "working", n_threads, of="open_")
    return float(Depths.of(components, seeds, spacing, n_threads).values.max(initial=0.0))
