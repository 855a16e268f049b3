"""Case B: lithium plated and stripped as a layer on a tilted, rough collector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.phantom.bodies import State
from crevasse.phantom.case_truth import CaseTruth, Fact, directions
from crevasse.phantom.cell import Cell
from crevasse.phantom.discs import casing_of, cell_radius
from crevasse.phantom.imaging import Imaging, Phase
from crevasse.phantom.layers import Layers, Thickness, layered, units_of
from crevasse.phantom.protocol import Protocol
from crevasse.phantom.scene import Scene, of_cell
from crevasse.tracking.cycle import CycleState, Direction

SPACING = 1.7
_CHARGE, _EFFICIENCY = 3.0, 0.929


class Stage(NamedTuple):
    """The end of a half-cycle or step: lengths in µm, charge in mAh/cm², time in h."""

    name: str
    time: float
    half_cycle: int
    direction: Direction
    charge: float
    mean: float
    std: float
    counter: float
    counter_std: float


_STRIPPED = _CHARGE * _EFFICIENCY
_T2 = 6.0 + _STRIPPED / 0.5
_REST = 14.2 * (1.0 - _EFFICIENCY)
STAGES = (
    Stage("pristine", 0.0, 0, Direction.PLATING, 0.0, 0.0, 0.0, 0.0, 3.0),
    Stage("plated", 6.0, 0, Direction.PLATING, 3.0, 14.2, 2.4, -11.0, 3.0),
    Stage("stripped", _T2, 1, Direction.STRIPPING, _STRIPPED, _REST, 0.5, -0.8, 3.0),
    Stage("plated again", _T2 + 6.0, 2, Direction.PLATING, 3.0, 15.0, 2.6, -11.6, 3.0),
    Stage("at 1.5 mA/cm²", _T2 + 6.533, 2, Direction.PLATING, 3.8, 17.4, 2.8, -13.4, 3.1),
    Stage("at 3.0 mA/cm²", _T2 + 6.8, 2, Direction.PLATING, 4.6, 21.3, 3.3, -16.4, 3.3),
)


def case_b(
    *, scale: float = 1.0, frames: int | None = None, imaging: Imaging | None = None, seed: int = 0
) -> Scene:
    """Case B of the paper: planar plating and stripping on a tilted, rough collector.

    A cylinder in its casing; from z = 0: steel and collector, lithium of the working electrode,
    solid, lithium of the counter electrode, steel. The solid stays where it is and the collector
    gives way. Within the disc, three quarters of the cell's diameter, the layer has exactly the
    paper's mean and standard deviation at the end of each half-cycle, before it is cut into voxels;
    between these, both are linear in time. At high current it becomes thicker in the middle. The
    counter electrode has divots and loses as the other gains. There is no crack.

    Parameters
    ----------
    scale
        1 is 96³ voxels; the cell has the paper's diameter of 2 mm at 12.5, and at others that much
        less of it, at the same voxel size. Thicknesses are those of the paper at every scale.
    frames
        Scans, evenly through each stage, whose ends are always there; at least 6. None: 40 from
        scale 2 on, else 12.
    imaging
        None: `Imaging()`.
    seed
        Of the scene.

    Returns
    -------
    Scene
        `truth.frames` has thickness_mean, thickness_std, counter_mean, counter_std, counter_change
        in µm, of the smooth faces in the disc; and ``_voxels``, counted in whole voxels.

    Raises
    ------
    ValueError
        If scale is below 0.5 or there are less than 6 frames.

    References
    ----------
    S. E. Sandoval et al., EES Batteries, 2025, doi:10.1039/d5eb00111k; Fig. 4 and 5.

    Examples
    --------
    >>> from crevasse import phantom
    >>> truth = phantom.case_b(scale=0.5, frames=6).truth
    >>> truth.frames["thickness_mean"].round(1)
    array([ 0. , 14.2,  1. , 15. , 17.4, 21.3])
    """
    if scale < 0.5:
        raise ValueError(f"scale must be at least 0.5, got {scale}")
    n_frames = frames if frames is not None else (40 if scale >= 2 else 12)
    if n_frames < len(STAGES):
        raise ValueError(f"frames must be at least {len(STAGES)}, got {n_frames}")
    edge = round(96 * scale)
    shape = (max(edge, 72), edge, edge)
    times = _times(n_frames)
    layers = layered(
        shape,
        np.random.default_rng(seed),
        top=21.0,
        counter=max(26.0, 0.2 * shape[0]),
        angle=1.8,
        rough=0.9,
        times=times,
        thickness=_thickness,
        spacing=SPACING,
    )
    stack = (Phase.METAL, Phase.LITHIUM, Phase.SOLID, Phase.LITHIUM, Phase.METAL)
    cell = Cell(
        shape, stack, layers.faces, (), (State(),) * n_frames, casing_of(shape), 4.0, 0.012, seed
    )
    protocol = Protocol(_cycle, 0.0, STAGES[-1].time + 0.1)
    cycles = [protocol.state(float(time)) for time in times]
    return of_cell(
        "case_b",
        "A lithium layer is plated, stripped and plated again, and roughens at high current.",
        cell,
        _truth(cell, layers, cycles),
        times=times,
        spacing=SPACING,
        imaging=imaging if imaging is not None else Imaging(seed=seed),
        protocol=protocol,
        options={"cycles": cycles},
    )


def _times(n_frames: int) -> NDArray[np.float64]:
    """The stages' ends, and the other frames spread evenly over the time between."""
    ends = np.array([stage.time for stage in STAGES])
    times = list(ends)
    while len(times) < n_frames:
        gaps = np.diff(times)
        widest = int(np.argmax(gaps.round(6)))
        times.insert(widest + 1, 0.5 * (times[widest] + times[widest + 1]))
    return np.array(times)


def _thickness(time: float) -> Thickness:
    """Linear between the stages' ends; the middle gains at the high currents."""
    points = [stage.time for stage in STAGES]

    def at(values: Sequence[float]) -> float:
        return float(np.interp(time, points, values))

    dome = np.interp(time, [STAGES[3].time, STAGES[5].time], [0.0, 1.0])
    return Thickness(
        at([stage.mean for stage in STAGES]),
        at([stage.std for stage in STAGES]),
        at([stage.counter for stage in STAGES]),
        at([stage.counter_std for stage in STAGES]),
        float(dome),
    )


def _cycle(time: float) -> CycleState:
    """Charge counted from the begin of the half-cycle."""
    if time > STAGES[-1].time + 1e-9:
        return CycleState(STAGES[-1].half_cycle + 1, Direction.REST, 0.0)
    at = next(i for i, stage in enumerate(STAGES) if time <= stage.time + 1e-9)
    stage, before = STAGES[at], STAGES[max(at - 1, 0)]
    begin = before.charge if before.half_cycle == stage.half_cycle else 0.0
    if stage is before:
        return CycleState(stage.half_cycle, stage.direction, 0.0)
    share = (time - before.time) / (stage.time - before.time)
    return CycleState(stage.half_cycle, stage.direction, begin + share * (stage.charge - begin))


def _truth(cell: Cell, layers: Layers, cycles: Sequence[CycleState]) -> CaseTruth:
    columns = layers.columns(cycles)
    facts = [Fact("first-cycle efficiency", _EFFICIENCY, _STRIPPED / _CHARGE, "")]
    for stage in (s for s in STAGES if s.name not in ("pristine", "stripped")):
        frame = int(np.argmin(np.abs(layers.times - stage.time)))
        for kind in ("mean", "std"):
            truth = float(columns[f"thickness_{kind}"][frame])
            facts.append(Fact(f"thickness {kind}, {stage.name}", getattr(stage, kind), truth, "um"))
        if stage.name == "plated":
            change = float(columns["counter_change"][frame])
            facts.append(Fact("counter electrode, plated", -11.0, change, "um"))
    return CaseTruth(
        Table(columns, units=units_of(columns)),
        tuple(facts),
        cell.objects,
        cell,
        directions(cycles),
        disc_diameter=2.0 * 0.75 * cell_radius(cell.shape) * SPACING,
    )
