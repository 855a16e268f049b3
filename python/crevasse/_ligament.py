"""What still separates two electrodes: the shortest way through solid, and the widest open one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._distance import distance, spacing_3d
from crevasse._electrode import (
    Electrode,
    electrode_in_margin,
    electrode_mask,
    electrode_zone,
    with_margin,
)
from crevasse._regions import default_unit
from crevasse._runs import RunVolume, as_run_volume
from crevasse._table import Table

_MARGIN = 8  # voxels around a bridge in which solid is looked for first
_SLICES = 64  # of a bridge, for which it is looked for at a time


@dataclass(frozen=True)
class Ligament:
    """The least of solid that separates two electrodes.

    Attributes
    ----------
    length
        Solid on the shortest way from the working to the counter electrode, in `unit`: 0 where they
        are bridged, infinite where an electrode has no voxel.
    pieces
        A row for each straight piece of that way in solid, from the working electrode on: ``piece``
        (from 0), ``length``, ``label_begin, label_end`` (of the components that it joins; 0: an
        electrode), and the points on their surfaces between which it runs, ``begin_z, begin_y,
        begin_x, end_z, end_y, end_x``, in `unit`; the first voxel's centre is 0. Without those of z
        in 2-D.
    bottleneck
        Where an open way leads from electrode to electrode: the diameter of the narrowest place of
        the widest one, in `unit`, as `local_thickness` has diameters, twice the distance to the
        nearest solid voxel's centre. nan where there is no such way.
    bottleneck_voxel
        Where that is, (z, y, x) or (y, x); None where there is no such way.
    unit
        Of all lengths.
    """

    length: float
    pieces: Table
    bottleneck: float
    bottleneck_voxel: tuple[int, ...] | None
    unit: str

    @property
    def bridged(self) -> bool:
        """Whether nothing separates the electrodes."""
        return self.length == 0

    @property
    def n_pieces(self) -> int:
        """How many gaps are left."""
        return len(self.pieces)

    @property
    def longest_piece(self) -> float:
        """The widest of the gaps: 0 where there is none, infinite where an electrode is empty."""
        if not len(self.pieces):
            return self.length
        return float(self.pieces["length"].max())


def ligament(
    open_: ArrayLike | RunVolume,
    working: Electrode,
    counter: Electrode,
    *,
    spacing: _validate.Spacing = 1.0,
    unit: str | None = None,
    n_threads: int | None = None,
) -> Ligament:
    """The shortest way from one electrode to the other, where only solid counts.

    What is open, and the electrodes, cost nothing to cross; solid costs its length. So it is what
    is still to be broken, by the way that needs the least.

    Parameters
    ----------
    open_
        Open voxels: (z, y, x) or (y, x), bool or integer, everything but 0; or a `RunVolume`.
    working, counter
        The electrodes, each a mask or `RunVolume` of its voxels, of the same shape, or the name of
        a face of the volume: "zmin", "zmax", "ymin" and so on. The electrode then lies outside of
        the volume, against that face. Voxels may be open and of an electrode at once.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    unit
        Name of the unit of `spacing`. None: "voxel" where spacing is 1, else "um".
    n_threads
        For labelling and distances; the search is the work of one thread. None: all usable cores.

    Raises
    ------
    TypeError
        If a mask is not bool or integer.
    ValueError
        If shapes differ, spacing is not positive, or a face has another name.

    Notes
    -----
    Exact in Euclidean geometry, of voxels as closed boxes: not along 26 directions. Voxels that
    touch in a corner leave nothing between them (as in `label` with connectivity 26); between flat
    faces k voxels apart are k voxels. Nothing hinders a way in solid, so the shortest is made of
    straight pieces from component to component, each as long as these lie apart, and Dijkstra's
    algorithm over components finds it. Where faces are tilted, corners of voxels stand out of them:
    a gap then reads up to about one voxel too short, and never too long by more than the
    segmentation has it.

    The electrodes are bridged where they touch or one open component touches both. Distances for
    `bottleneck` are to solid voxels, which are neither open nor of an electrode; beyond the border
    there is nothing.

    Time and memory depend on the number of runs, not of voxels: about 100 bytes a run. Where the
    electrodes are bridged, `bottleneck` takes 4 bytes a voxel of the box around that bridge.

    References
    ----------
    .. [1] E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik
       1 (1959) 269-271.
    .. [2] M. Pollack, "The maximum capacity through a network", Operations Research 8 (1960)
       733-736.

    Examples
    --------
    >>> import numpy as np
    >>> solid_in_the_middle = np.array([[1, 1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0]])
    >>> left = ligament(solid_in_the_middle, "xmin", "xmax", spacing=0.5, unit="um")
    >>> left.length, left.n_pieces, left.bridged
    (1.5, 1, False)
    >>> left.pieces["begin_x"], left.pieces["end_x"], left.pieces["label_end"]
    (array([0.75]), array([2.25]), array([2]))
    """
    threads = _validate.n_threads(n_threads)
    runs = as_run_volume(open_, threads, "open_")
    lengths = _validate.spacing(spacing, len(runs.shape))
    length, pieces = shortest_way(runs, working, counter, lengths, threads)
    width, voxel = float("nan"), None
    if length == 0:
        width, voxel = _bottleneck(runs, working, counter, lengths, threads)
    name = unit or default_unit(lengths)
    return Ligament(length, _pieces_table(pieces, lengths, name), width, voxel, name)


def shortest_way(
    open_: RunVolume,
    working: Electrode,
    counter: Electrode,
    spacing: tuple[float, ...],
    threads: int,
) -> tuple[float, NDArray[Any]]:
    """Its length in solid, and the pieces of it as the core has them."""
    begin = electrode_in_margin(working, open_.shape, "working", threads, "open_")
    end = electrode_in_margin(counter, open_.shape, "counter", threads, "open_")
    labeling = with_margin(open_).label(n_threads=threads)
    axes = spacing_3d(spacing, len(open_.shape))
    length, pieces = _core.ligament(labeling._core, begin._core, end._core, axes)
    return length, pieces


def _pieces_table(pieces: NDArray[Any], spacing: tuple[float, ...], unit: str) -> Table:
    axes = _validate.AXES[-len(spacing) :]
    columns: dict[str, NDArray[Any]] = {
        "piece": np.arange(len(pieces)),
        "length": pieces["length"].copy(),
        "label_begin": pieces["label_begin"].astype(np.int64),
        "label_end": pieces["label_end"].astype(np.int64),
    }
    for end in ("begin", "end"):
        for i, (axis, voxel) in enumerate(zip(axes, spacing, strict=True), 3 - len(axes)):
            columns[f"{end}_{axis}"] = pieces[end][:, i] - voxel  # of the margin
    names = ["length", *(f"{end}_{axis}" for end in ("begin", "end") for axis in axes)]
    return Table(columns, units=dict.fromkeys(names, unit))


def _bottleneck(
    open_: RunVolume,
    working: Electrode,
    counter: Electrode,
    spacing: tuple[float, ...],
    threads: int,
) -> tuple[float, tuple[int, ...] | None]:
    begin = open_ & electrode_zone(working, open_.shape, "working", threads)
    end = open_ & electrode_zone(counter, open_.shape, "counter", threads)
    labeling = open_.label(n_threads=threads)
    at_both = (labeling.overlapping(zone, n_threads=threads) for zone in (begin, end))
    bridging = labeling.select(np.logical_and(*at_both))
    if not bridging.n_voxels:
        return float("nan"), None
    free = open_
    for electrode, name in ((working, "working"), (counter, "counter")):
        if not isinstance(electrode, str):
            free = free | electrode_mask(electrode, open_.shape, name, threads, "open_")
    widths = _widths(bridging, free, spacing, threads)
    voxel, width = _core.bottleneck(bridging._core, widths, begin._core, end._core, threads)
    return 2 * width, tuple(int(i) for i in np.unravel_index(voxel, open_.shape))


def _widths(
    bridging: RunVolume, free: RunVolume, spacing: tuple[float, ...], threads: int
) -> NDArray[np.float32]:
    """The distance to solid of each voxel of a bridge, in raster order.

    Exact: none is longer than the boxes in which it is looked for are wider than the bridge, or
    these are the volume.
    """
    margin = _MARGIN
    while True:
        widths = _widths_within(margin, bridging, free, spacing, threads)
        if widths.max() < margin * min(spacing) or margin >= max(free.shape):
            return widths
        margin *= 4


def _widths_within(
    margin: int, bridging: RunVolume, free: RunVolume, spacing: tuple[float, ...], threads: int
) -> NDArray[np.float32]:
    """The same to solid no farther than a margin, a few slices at a time: bridges are thin."""
    first = bridging.bounding_box()[0]
    _, *around = bridging.bounding_box(margin=margin)
    parts = []
    for begin in range(first.start, first.stop, _SLICES):
        end = min(begin + _SLICES, first.stop)
        low, high = max(begin - margin, 0), min(end + margin, free.shape[0])
        widths = distance(
            free.crop((slice(low, high), *around)), spacing=spacing, n_threads=threads
        )
        inner = widths[begin - low : end - low]
        part = bridging.crop((slice(begin, end), *around))
        parts.append(_core.read_voxel_values(part._core, _validate.as_3d(inner), threads))
    return np.concatenate(parts)
