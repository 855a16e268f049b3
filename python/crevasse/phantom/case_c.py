"""Case C: a layer grows, then one branched filament near the edge spans the cell and shorts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crevasse._runs import RunVolume
from crevasse._table import Table
from crevasse.phantom.bodies import Crack, State, is_open
from crevasse.phantom.case_truth import UM_PER_MAH, CaseTruth, Fact, directions
from crevasse.phantom.cell import Cell
from crevasse.phantom.discs import casing_of, cell_radius
from crevasse.phantom.grains import Region, grow_network
from crevasse.phantom.imaging import Imaging, Phase
from crevasse.phantom.layers import Layers, Thickness, layered, units_of
from crevasse.phantom.protocol import Protocol
from crevasse.phantom.scene import Scene, of_cell
from crevasse.phantom.sheets import Sheet
from crevasse.tracking.cycle import CycleState, Direction

SPACING = 1.4
_BEGIN = -6.0  # of the first 3 mAh/cm², at 0.5 mA/cm², after which scans begin
# Ends of the steps at 0.75, 1.0 and 2.0 mA/cm², in h, and the charge that has passed by then.
_STEPS = (0.0, 1.0, 2.0, 2.81)
_CHARGES = (3.0, 3.75, 4.75, 6.37)
_NUCLEATED, _LAST = 0.4, 3.25
_PLANAR = 0.9
"""Share of the lithium that goes into the layer once the filament grows."""


def case_c(
    *, scale: float = 1.0, frames: int | None = None, imaging: Imaging | None = None, seed: int = 0
) -> Scene:
    """Case C of the paper: interfacial growth, then the filament that shorts the cell.

    A cylinder in its casing as in case B, from the scan after the first 3 mAh/cm² on. The layer at
    the working electrode thickens; small cracks start at the edge; one branched filament, filled
    with lithium, starts there too, crosses the solid and touches the counter electrode in
    `truth.short_frame`, the first scan after 6.37 mAh/cm² have passed. Objects are what has grown
    into the solid: the filament and the small cracks; the layer is none of them.

    Parameters
    ----------
    scale
        1 is 112 x 96 x 96 voxels; the cell has the paper's diameter of 2 mm at 15.
    frames
        Scans from 0 to 3.25 h; None: 14, every 15 min, as in the paper.
    imaging
        None: `Imaging()`.
    seed
        Of the scene.

    Returns
    -------
    Scene
        `truth.short_object` is the filament's id.

    Raises
    ------
    ValueError
        If scale is below 0.75 or there are less than 6 frames.

    References
    ----------
    S. E. Sandoval et al., EES Batteries, 2025, doi:10.1039/d5eb00111k; Fig. 6.

    Examples
    --------
    >>> from crevasse import phantom
    >>> scene = phantom.case_c(scale=0.75)
    >>> scene.truth.short_frame, scene.times[scene.truth.short_frame]
    (12, 3.0)
    """
    if scale < 0.75:
        raise ValueError(f"scale must be at least 0.75, got {scale}")
    n_frames = frames if frames is not None else 14
    if n_frames < 6:
        raise ValueError(f"frames must be at least 6, got {n_frames}")
    times = np.linspace(0.0, _LAST, n_frames)
    edge = round(96 * scale)
    shape = (max(round(112 * scale), 96), edge, edge)
    rng = np.random.default_rng(seed)
    layers = layered(
        shape,
        rng,
        top=26.0,
        counter=max(16.0, 0.12 * shape[0]),
        angle=1.2,
        rough=1.6,
        times=times,
        thickness=_thickness,
        spacing=SPACING,
    )
    stack = (Phase.METAL, Phase.LITHIUM, Phase.SOLID, Phase.LITHIUM, Phase.METAL)
    casing = casing_of(shape)
    bare = Cell(shape, stack, layers.faces, (), (State(),) * n_frames, casing)
    cracks = _cracks(bare, layers, scale, rng)
    working, counter = _electrodes(shape, layers)
    short = int(np.argmax(times >= _STEPS[-1]))
    states = tuple(_states(cracks[0], counter, times, short))
    cell = Cell(shape, stack, layers.faces, cracks, states, casing, 4.0, 0.012, seed)
    protocol = Protocol(_cycle, _BEGIN, _LAST + 0.1, shorted=_STEPS[-1])
    cycles = [protocol.state(float(time)) for time in times]
    return of_cell(
        "case_c",
        "A layer grows, then one branched filament near the edge spans the cell and shorts it.",
        cell,
        _truth(cell, layers, cycles, short),
        times=times,
        spacing=SPACING,
        imaging=imaging if imaging is not None else Imaging(seed=seed),
        protocol=protocol,
        options={"working": working, "counter": counter, "cycles": cycles},
    )


def _cracks(
    cell: Cell, layers: Layers, scale: float, rng: np.random.Generator
) -> tuple[Crack, ...]:
    """The filament, id 1, and small cracks around the edge."""
    solid = cell.phases(0) == Phase.SOLID
    solid &= cell.casing == 0.0
    region = Region(solid)
    thick = float((layers.solid_bottom - layers.solid_top).mean())
    cracks: list[Crack] = []
    for _ in range(400):
        first = not cracks
        network = grow_network(
            region,
            len(cracks) + 1,
            _trunk(cell.shape, layers, thick, scale, first, rng),
            7 if first else 1,
            rng,
            ramp=9.0 * scale**0.5,
            through=first,
        )
        if network is not None:
            cracks.append(network.crack)
            if len(cracks) == 5:
                return tuple(cracks)
    raise RuntimeError("no room is left for the cracks; take another seed or a larger scale")


def _trunk(
    shape: tuple[int, int, int],
    layers: Layers,
    thick: float,
    scale: float,
    spans: bool,
    rng: np.random.Generator,
) -> Sheet:
    """A sheet down from somewhere at the edge, across the rim, so that branches run along it."""
    azimuth = rng.uniform(0.0, 2.0 * np.pi)
    outwards = np.array([0.0, np.sin(azimuth), np.cos(azimuth)])
    normal = np.array([0.0, np.cos(azimuth), -np.sin(azimuth)])
    breadth = (5.0 if spans else 3.5) * scale**0.7
    middle = np.array([0.0, 0.5 * (shape[1] - 1), 0.5 * (shape[2] - 1)])
    foot = middle + (cell_radius(shape) - breadth - 5.0 * scale**0.5) * outwards
    foot[0] = float(layers.solid_top[int(foot[1]), int(foot[2])]) - 2.0
    tilt = rng.uniform(-0.15, 0.15)
    down = np.array([1.0, 0.0, 0.0])
    return Sheet(
        foot,
        np.cos(tilt) * down + np.sin(tilt) * normal,
        np.cos(tilt) * normal - np.sin(tilt) * down,
        (1.3 if spans else rng.uniform(0.14, 0.28)) * thick,
        breadth,
        (1.9 if spans else 1.2) * scale**0.3,
        0.0 if spans else rng.uniform(0.2, 0.6) * thick,
        (1.3 if spans else 0.4) * scale**0.5,
        int(rng.integers(2**31)),
    )


def _electrodes(shape: tuple[int, int, int], layers: Layers) -> tuple[RunVolume, RunVolume]:
    """All that lies above the solid, and all below."""
    z = np.arange(shape[0])[:, None, None] + np.float32(0.5)
    working = RunVolume.from_mask(z < layers.solid_top)
    return working, RunVolume.from_mask(z >= layers.solid_bottom)


def _states(
    filament: Crack, counter: RunVolume, times: NDArray[np.float64], short: int
) -> Sequence[State]:
    """The filament's front is short of the counter electrode until it must touch it."""
    beside = counter.dilate().to_mask().reshape(-1)[filament.index]
    low, touches = 0.0, float(filament.along.max()) + filament.ramp
    for _ in range(24):
        middle = 0.5 * (low + touches)
        if (is_open(filament, State(middle)) & beside).any():
            touches = middle
        else:
            low = middle
    states = []
    for frame, time in enumerate(times):
        if time <= _NUCLEATED:
            states.append(State())
        elif frame < short:
            share = ((time - _NUCLEATED) / (_STEPS[-1] - _NUCLEATED)) ** 1.3
            states.append(State(min(share * touches, touches - 2.0)))
        else:
            states.append(State(touches + 2.0))
    return states


def _thickness(time: float) -> Thickness:
    charge = float(np.interp(time, _STEPS, _CHARGES))
    mean = UM_PER_MAH * (_CHARGES[0] + _PLANAR * (charge - _CHARGES[0]))
    std = float(np.interp(time, _STEPS, (2.3, 2.5, 2.8, 3.4)))
    change = -0.75 * UM_PER_MAH * (charge - _CHARGES[0])
    return Thickness(mean, std, change, 3.0)


def _cycle(time: float) -> CycleState:
    direction = Direction.PLATING if time <= _STEPS[-1] else Direction.REST
    half_cycle = 0 if direction == Direction.PLATING else 1
    charge = np.interp(time, (_BEGIN, *_STEPS), (0.0, *_CHARGES))
    return CycleState(half_cycle, direction, float(charge))


def _truth(cell: Cell, layers: Layers, cycles: Sequence[CycleState], short: int) -> CaseTruth:
    columns = layers.columns(cycles)
    n_open = np.array([[np.count_nonzero(is_open(b, s)) for b in cell.bodies] for s in cell.states])
    columns |= {
        "n_objects": np.count_nonzero(n_open, axis=1),
        "n_voxels": n_open.sum(axis=1),
        "volume": n_open.sum(axis=1) * SPACING**3,
        "volume_filament": n_open[:, 0] * SPACING**3,
        "bridged": np.arange(len(layers.times)) >= short,
    }
    mean = float(columns["thickness_mean"][0])
    facts = (
        Fact("thickness mean after 3 mAh/cm²", UM_PER_MAH * _CHARGES[0], mean, "um"),
        Fact("charge at the short", _CHARGES[-1], float(columns["capacity"][short]), "mAh/cm^2"),
        Fact("filaments that span the cell", 1.0, 1.0, ""),
        Fact("frame of the short", 12.0, float(short), ""),
        Fact("share of the shorting crack in the filament", 1.0, 1.0, ""),
    )
    return CaseTruth(
        Table(columns, units=units_of(columns)),
        facts,
        cell.objects,
        cell,
        directions(cycles),
        short_frame=short,
        short_object=1,
        disc_diameter=2.0 * 0.75 * cell_radius(cell.shape) * SPACING,
    )
