"""Case B: lithium plated and stripped as a layer between a tilted, rough collector and the solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.phantom.bodies import State
from crevasse.phantom.case_truth import CaseTruth, Fact, directions
from crevasse.phantom.cell import Cell, Map
from crevasse.phantom.discs import casing_of, in_disc, standardised, tilted
from crevasse.phantom.imaging import Imaging, Phase
from crevasse.phantom.scene import Scene, of_cell
from crevasse.phantom.waves import waves
from crevasse.tracking.cycle import CycleState, Direction

SPACING = 1.7
_DISC, _CELL = 1500.0, 2000.0
_DIVOTS = 3.0
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


@dataclass(frozen=True, eq=False)
class _Layers:
    """The faces of both lithium layers; the solid between them stays where it is."""

    solid_top: Map
    solid_bottom: Map
    pattern: Map
    dome: Map
    counter_pattern: Map
    counter: float
    inside: NDArray[np.bool_]
    times: NDArray[np.float64]

    def working(self, time: float) -> Map:
        """Thickness at the working electrode in voxels; it domes where the current is high."""
        mean, std = (_at(time, name) / SPACING for name in ("mean", "std"))
        share = np.clip((time - STAGES[3].time) / (STAGES[5].time - STAGES[3].time), 0.0, 1.0)
        mixed = standardised(self.pattern + np.float32(0.8 * share) * self.dome, self.inside)
        return np.maximum(mean + std * mixed, 0.0).astype(np.float32)

    def counter_layer(self, time: float) -> Map:
        """Thickness at the counter electrode in voxels."""
        mean, std = (_at(time, name) / SPACING for name in ("counter", "counter_std"))
        return (self.counter + mean + std * self.counter_pattern).astype(np.float32)

    def faces(self, frame: int) -> Sequence[Map]:
        """Heights of the faces, from the working electrode downwards."""
        time = float(self.times[frame])
        collector = self.solid_top - self.working(time)
        steel = self.solid_bottom + self.counter_layer(time)
        return collector, self.solid_top, self.solid_bottom, steel


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
        `truth.frames` has thickness_mean, thickness_std, counter_change, counter_std in µm, of the
        smooth faces; and counted from the voxels, thickness_voxels, counter_change_voxels.

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
    layers = _layers(shape, times, np.random.default_rng(seed))
    stack = (Phase.METAL, Phase.LITHIUM, Phase.SOLID, Phase.LITHIUM, Phase.METAL)
    cell = Cell(shape, stack, layers.faces, (), (State(),) * n_frames, casing_of(shape))
    cycles = [_cycle(float(time)) for time in times]
    return of_cell(
        "case_b",
        "A lithium layer is plated, stripped and plated again, and roughens at high current.",
        cell,
        _truth(cell, layers, cycles),
        times=times,
        spacing=SPACING,
        imaging=imaging if imaging is not None else Imaging(seed=seed),
        options={"cycles": cycles},
    )


def disc_diameter(scene: Scene) -> float:
    """Diameter in µm of the disc in which case B's and C's thicknesses hold, about the axis."""
    return scene.shape[1] * 0.96 * _DISC / _CELL * scene.spacing[1]


def _layers(
    shape: tuple[int, int, int], times: NDArray[np.float64], rng: np.random.Generator
) -> _Layers:
    nz, ny, nx = shape
    y, x = np.arange(ny)[:, None], np.arange(nx)[None]
    inside = in_disc(shape)
    counter = max(18.0 + 8.0, 0.2 * nz)
    top = 21.0 + 0.03 * ny
    bottom = nz - 8.0 - counter - 0.02 * ny
    surface = tilted(y, x, angle=1.8, towards=0.2) + 0.9 * waves(rng, y, x, 34.0)
    far = tilted(y, x, angle=-1.0, towards=1.1) + 0.6 * waves(rng, y, x, 40.0)
    radius = np.hypot(y - 0.5 * (ny - 1), x - 0.5 * (nx - 1)) / (0.5 * ny)
    return _Layers(
        solid_top=(top + surface).astype(np.float32),
        solid_bottom=(bottom + far).astype(np.float32),
        pattern=standardised(_bounded(waves(rng, y, x, 22.0) + waves(rng, y, x, 60.0)), inside),
        dome=standardised((1.0 - radius**2).astype(np.float32), inside),
        counter_pattern=standardised(_divots(rng, y, x), inside),
        counter=counter,
        inside=inside,
        times=times,
    )


def _bounded(field: Map) -> Map:
    """Without the far tails, or a thin layer would have holes."""
    return np.asarray(2.2 * np.tanh(field / 2.2), dtype=np.float32)


def _divots(
    rng: np.random.Generator, y: NDArray[np.int_], x: NDArray[np.int_]
) -> NDArray[np.float32]:
    """Lines across the face and round dents, as assembly and stray particles leave them."""
    field = 0.5 * waves(rng, y, x, 30.0)
    size = max(y.size, x.size)
    for _ in range(4):
        angle, at = rng.uniform(0.0, np.pi), rng.uniform(0.2, 0.8) * size
        off = (y - 0.5 * size) * np.cos(angle) + (x - 0.5 * size) * np.sin(angle) + 0.5 * size - at
        field = field - 1.5 * np.exp(-0.5 * (off / 2.5) ** 2)
    for _ in range(max(4, round(1e-3 * size**2))):
        cy, cx = rng.uniform(0.1, 0.9, size=2) * size
        field = field - 2.0 * np.exp(-0.5 * ((y - cy) ** 2 + (x - cx) ** 2) / 3.0**2)
    return _bounded(field.astype(np.float32))


def _times(n_frames: int) -> NDArray[np.float64]:
    """The stages' ends, and the other frames spread evenly over the time between."""
    ends = np.array([stage.time for stage in STAGES])
    times = list(ends)
    while len(times) < n_frames:
        gaps = np.diff(times)
        widest = int(np.argmax(gaps.round(6)))
        times.insert(widest + 1, 0.5 * (times[widest] + times[widest + 1]))
    return np.array(times)


def _at(time: float, column: str) -> float:
    points = [stage.time for stage in STAGES]
    return float(np.interp(time, points, [getattr(stage, column) for stage in STAGES]))


def _cycle(time: float) -> CycleState:
    """Charge counted from the begin of the half-cycle."""
    at = next(i for i, stage in enumerate(STAGES) if time <= stage.time + 1e-9)
    stage, before = STAGES[at], STAGES[max(at - 1, 0)]
    begin = before.charge if before.half_cycle == stage.half_cycle else 0.0
    if stage is before:
        return CycleState(stage.half_cycle, stage.direction, 0.0)
    share = (time - before.time) / (stage.time - before.time)
    return CycleState(stage.half_cycle, stage.direction, begin + share * (stage.charge - begin))


def _truth(cell: Cell, layers: _Layers, cycles: Sequence[CycleState]) -> CaseTruth:
    inside = layers.inside
    rows = []
    for frame, time in enumerate(layers.times):
        collector, top, bottom, steel = layers.faces(frame)
        working, counter = (top - collector)[inside], (steel - bottom)[inside]
        counted = _counted(collector, top)[inside]
        counter_counted = _counted(bottom, steel)[inside]
        rows.append(
            (
                frame,
                float(time),
                cycles[frame].half_cycle,
                str(cycles[frame].direction),
                cycles[frame].capacity,
                *(float(v) * SPACING for v in (working.mean(), working.std())),
                *(float(v) * SPACING for v in (counted.mean(), counted.std())),
                *(float(v) * SPACING for v in (counter.mean(), counter.std())),
                float(counter_counted.mean()) * SPACING,
                float(working.sum()) * SPACING**3,
            )
        )
    names = (
        *("frame", "time", "half_cycle", "direction", "capacity"),
        *("thickness_mean", "thickness_std", "thickness_mean_voxels", "thickness_std_voxels"),
        *("counter_mean", "counter_std", "counter_mean_voxels", "volume"),
    )
    columns = {n: np.array(c) for n, c in zip(names, zip(*rows, strict=True), strict=True)}
    columns["counter_change"] = columns["counter_mean"] - columns["counter_mean"][0]
    lengths = [n for n in columns if n.startswith(("thickness", "counter"))]
    units = dict.fromkeys(lengths, "um") | {"time": "h", "capacity": "mAh/cm^2", "volume": "um^3"}
    facts = [Fact("first-cycle efficiency", _EFFICIENCY, _STRIPPED / _CHARGE, "")]
    for stage in (s for s in STAGES if s.name not in ("pristine", "stripped")):
        frame = int(np.argmin(np.abs(layers.times - stage.time)))
        for kind in ("mean", "std"):
            truth = float(columns[f"thickness_{kind}"][frame])
            facts.append(Fact(f"thickness {kind}, {stage.name}", getattr(stage, kind), truth, "um"))
        if stage.name == "plated":
            change = float(columns["counter_change"][frame])
            facts.append(Fact("counter electrode, plated", -11.0, change, "um"))
    table = Table(columns, units=units)
    return CaseTruth(table, tuple(facts), cell.objects, cell, directions(cycles))


def _counted(top: Map, bottom: Map) -> Map:
    """Voxels of each column whose centres lie between two faces."""
    return np.ceil(bottom - 0.5) - np.ceil(top - 0.5)
