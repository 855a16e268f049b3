"""Case A: lithium in branching cracks through a coarse-grained solid electrolyte with pores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from crevasse._runs import RunVolume
from crevasse._table import Table
from crevasse.phantom.bodies import Body, Crack, Pore, State, coverage, is_open
from crevasse.phantom.case_truth import UM_PER_MAH, CaseTruth, Fact, directions
from crevasse.phantom.cell import Cell
from crevasse.phantom.grains import (
    Network,
    Region,
    fill_with_pores,
    flaw_beside,
    grow_network,
    pore_beside,
)
from crevasse.phantom.imaging import Imaging, Phase
from crevasse.phantom.protocol import Protocol
from crevasse.phantom.scene import Scene, of_cell
from crevasse.phantom.sheets import Sheet
from crevasse.tracking.cycle import CycleState, Direction

SPACING = 1.8
_COLLECTOR = 10
_FLAT, _PLATED, _PLATEAU, _LAST = 2.0, 6.0, 8.25, 9.75
_CURRENT = 0.5
# In µm³. Porosity of the subvolume, and pores and cracks of the larger one; both 0.55 % porous.
_POROSITY, _PORES, _BEFORE, _AFTER, _EXPECTED = 0.0055, 80e4, 266e4, 461e4, 398e4
_LEFT = 0.2
_EFFICIENCY = 0.799
_STRIPPED = _PLATED * (1.0 + _EFFICIENCY)
_REGION = _BEFORE / _POROSITY
_AREA = _EXPECTED / (2.0 * UM_PER_MAH)


def case_a(
    *, scale: float = 1.0, frames: int | None = None, imaging: Imaging | None = None, seed: int = 0
) -> Scene:
    """Case A of the paper: lithium grows as filaments around pores, and leaves them in part.

    A block below the collector (z = 0) that reaches to the counter electrode. At scale 4.45 it has
    the paper's size; at others it is a smaller or larger block at the same voxel size, with the
    paper's volumes in proportion to its own. Its cracks and pores:

    - pores hold 0.55 %, on the faces of the grains; they are there before, and empty;
    - branched cracks with lithium grow from the collector after 2 h and shrink on stripping from
      their tips, all in step so that the volume of pores and cracks follows the paper's curve;
    - where a crack passes, pores beside it close;
    - one empty crack is born while stripping.

    Cracks and pores keep at least one voxel between each other, so none merge. The current is in
    proportion to the block's height, 0.5 mA/cm² at the paper's size, so that the cracks hold the
    paper's share of it.

    Parameters
    ----------
    scale
        1 is about 97³ voxels, 1 to 10 Mvoxel are useful in tests; 5.4 is about 512³.
    frames
        Scans from 0 to 9.75 h; None: 40, every 15 min, from scale 2 on, else 14.
    imaging
        None: `Imaging()`.
    seed
        Of the scene.

    Returns
    -------
    Scene
        Objects are the pores, the cracks and the flaw.

    Raises
    ------
    ValueError
        If scale is below 0.75 or there are less than 5 frames.

    References
    ----------
    S. E. Sandoval et al., "Visualizing diverse lithium growth and stripping behaviors in anode-free
    solid-state batteries with operando X-ray tomography", EES Batteries, 2025,
    doi:10.1039/d5eb00111k; Fig. 2 and 3.

    Examples
    --------
    >>> from crevasse import phantom
    >>> scene = phantom.case_a(scale=0.75, frames=5)
    >>> scene.shape, scene.spacing, scene.time_unit
    ((120, 60, 60), (1.8, 1.8, 1.8), 'h')
    """
    if scale < 0.75:
        raise ValueError(f"scale must be at least 0.75, got {scale}")
    n_frames = frames if frames is not None else (40 if scale >= 2 else 14)
    if n_frames < 5:
        raise ValueError(f"frames must be at least 5, got {n_frames}")
    times = np.linspace(0.0, _LAST, n_frames)
    depth, edge = round(147 * scale), round(80 * scale)
    shape = (depth + _COLLECTOR, edge, edge)
    n_solid = depth * edge * edge
    bodies = _bodies(shape, scale, n_solid, np.random.default_rng(seed))
    states = tuple(_states(bodies, times, n_solid))
    face = np.full(shape[1:], _COLLECTOR, dtype=np.float32)
    cell = Cell(
        shape,
        (Phase.METAL, Phase.SOLID),
        lambda _: (face,),
        bodies,
        states,
        grain=22.0,
        mottle=0.03,
        seed=seed,
    )
    # The charge is in proportion to the block's height: its cracks hold the share that they do.
    current = _CURRENT * depth * SPACING * _AREA / _REGION
    protocol = Protocol(lambda time: _cycle(time, current), 0.0, _STRIPPED + 0.2)
    cycles = [protocol.state(time) for time in times]
    options = {
        "working": RunVolume.from_box(shape, (slice(0, _COLLECTOR), slice(None), slice(None))),
        "counter": "zmax",
        "cycles": cycles,
    }
    return of_cell(
        "case_a",
        "Branching cracks with lithium grow around pores, and shrink in part.",
        cell,
        _truth(cell, times, cycles, n_solid),
        times=times,
        spacing=SPACING,
        imaging=imaging if imaging is not None else Imaging(seed=seed),
        protocol=protocol,
        options=options,
    )


def _bodies(
    shape: tuple[int, int, int], scale: float, n_solid: int, rng: np.random.Generator
) -> tuple[Body, ...]:
    solid = np.ones(shape, dtype=np.bool_)
    solid[:_COLLECTOR] = False
    region = Region(solid)
    n_new = n_solid * _POROSITY * (_AFTER - _BEFORE) / _BEFORE
    networks = _networks(region, scale, 1.35 * n_new, rng)
    bodies: list[Body] = [network.crack for network in networks]
    span = float(np.median(np.concatenate([n.crack.along for n in networks])))
    flaw = flaw_beside(region, networks[0], len(bodies) + 1, 10.0 * scale**0.5, 0.8 * span)
    if flaw is not None:
        bodies.append(flaw)
    closing: list[Pore] = []
    for network in networks:
        pore = pore_beside(region, network, len(bodies) + len(closing) + 1, rng)
        closing += [pore] if pore is not None else []
    bodies += closing
    depth = shape[0] - _COLLECTOR
    split = _COLLECTOR + round(depth * _PORES / _BEFORE)
    n_closing = sum(int(np.count_nonzero(pore.depth >= 0.0)) for pore in closing)
    for low, high, less in ((_COLLECTOR, split, n_closing), (split, shape[0], 0)):
        n_pores = _POROSITY * (high - low) * shape[1] * shape[2] - less
        size = 2.4 * scale**0.3
        bodies += fill_with_pores(region, low, high, n_pores, len(bodies) + 1, size, rng)
    return tuple(bodies)


def _networks(
    region: Region, scale: float, n_voxels: float, rng: np.random.Generator
) -> list[Network]:
    """Cracks with room for that many voxels in all."""
    networks: list[Network] = []
    n_found, start = 0, 0.0
    nz, ny, nx = region.shape
    depth = nz - _COLLECTOR
    for _ in range(2000):
        if n_found >= n_voxels and len(networks) >= 3:
            return networks
        azimuth, tilt = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(-0.25, 0.25)
        across = np.array([0.0, np.cos(azimuth), np.sin(azimuth)])
        down = np.array([1.0, 0.0, 0.0])
        trunk = Sheet(
            np.array([_COLLECTOR - 1.0, *(rng.uniform(0.12, 0.88, size=2) * (ny, nx))]),
            np.cos(tilt) * down + np.sin(tilt) * across,
            np.cos(tilt) * across - np.sin(tilt) * down,
            rng.uniform(0.26, 0.46) * depth,
            rng.uniform(0.06, 0.1) * nx,
            rng.uniform(1.2, 1.7) * scale**0.2,
            start,
            1.2 * scale**0.4,
            int(rng.integers(2**31)),
        )
        network = grow_network(
            region, len(networks) + 1, trunk, int(rng.integers(3, 6)), rng, ramp=10.0 * scale**0.5
        )
        if network is not None:
            networks.append(network)
            n_found += int(np.count_nonzero(network.crack.away <= network.crack.width))
            start = rng.uniform(0.0, 0.12) * depth
    raise RuntimeError("no room is left for the cracks; take another seed or a larger scale")


def volume_in_paper(time: float) -> float:
    """Volume of pores and cracks in µm³ at `time` hours, as in Fig. 3c."""
    last = _BEFORE + _LEFT * (_AFTER - _BEFORE)
    return float(np.interp(time, [_FLAT, _PLATED, _PLATEAU], [_BEFORE, _AFTER, last]))


def _states(bodies: Sequence[Body], times: NDArray[np.float64], n_solid: int) -> Iterator[State]:
    """The states in which the open voxels are as many as the curve says."""
    before = _n_open(bodies, State())
    scripted = [b for b in bodies if not (isinstance(b, Pore) and b.closes_at == math.inf)]
    still = before - _n_open(scripted, State())

    def wanted(time: float) -> int:
        return round(before * volume_in_paper(time) / _BEFORE) - still

    span = max(float(b.along.max()) + b.thinning for b in bodies if isinstance(b, Crack))
    plated = _where(lambda s: _n_open(scripted, State(s)), wanted(_PLATED), span)
    for time in times:
        if time <= _FLAT:
            yield State()
        elif time <= _PLATED:
            yield State(_where(lambda s: _n_open(scripted, State(s)), wanted(time), span))
        else:
            left = _where(lambda q: _n_open(scripted, State(plated, q)), wanted(time), span)
            yield State(plated, left)


def _where(count: Callable[[float], int], wanted: int, span: float) -> float:
    """Where a count that rises reaches what is wanted."""
    low, high = -1.0, span
    for _ in range(24):
        middle = 0.5 * (low + high)
        if count(middle) < wanted:
            low = middle
        else:
            high = middle
    return high


def _n_open(bodies: Iterable[Body], state: State) -> int:
    """Those that do not hang together, a few, are counted too."""
    return sum(int(np.count_nonzero(body.excess(state) >= 0.0)) for body in bodies)


def _cycle(time: float, current: float) -> CycleState:
    """Charge counted from the begin of the half-cycle, in mAh/cm²."""
    if time <= _PLATED:
        return CycleState(0, Direction.PLATING, current * time)
    if time <= _STRIPPED:
        return CycleState(1, Direction.STRIPPING, current * (time - _PLATED))
    return CycleState(2, Direction.REST, 0.0)


def _truth(
    cell: Cell, times: NDArray[np.float64], cycles: Sequence[CycleState], n_solid: int
) -> CaseTruth:
    voxel = SPACING**3
    is_pore = np.array([isinstance(body, Pore) for body in cell.bodies])
    n_open = np.array([[np.count_nonzero(is_open(b, s)) for b in cell.bodies] for s in cell.states])
    partial = np.array(
        [[coverage(b, s).sum(dtype=np.float64) for b in cell.bodies] for s in cell.states]
    )
    share = n_solid * voxel / _REGION
    volume = n_open.sum(axis=1) * voxel
    columns = {
        "frame": np.arange(len(times)),
        "time": times,
        "half_cycle": np.array([c.half_cycle for c in cycles]),
        "direction": np.array(directions(cycles)),
        "capacity": np.array([c.capacity for c in cycles]),
        "n_objects": np.count_nonzero(n_open, axis=1),
        "n_voxels": n_open.sum(axis=1),
        "volume": volume,
        "volume_preexisting": n_open[:, is_pore].sum(axis=1) * voxel,
        "volume_new": n_open[:, ~is_pore].sum(axis=1) * voxel,
        "volume_partial": partial.sum(axis=1) * voxel,
        "volume_paper": np.array([volume_in_paper(t) for t in times]) * share,
    }
    units = {name: "um^3" for name in columns if name.startswith("volume")}
    units |= {"time": "h", "capacity": "mAh/cm^2"}
    last, most = volume[-1], volume.max()
    upper = round((cell.shape[0] - _COLLECTOR) * _PORES / _BEFORE) + _COLLECTOR
    n_upper = int(np.count_nonzero(cell.mask(0)[:upper]))
    n_slab = (upper - _COLLECTOR) * cell.shape[1] * cell.shape[2]
    charge = 2.0 * (cell.shape[0] - _COLLECTOR) * SPACING * _AREA / _REGION
    expected = charge * UM_PER_MAH * cell.shape[1] * cell.shape[2] * SPACING**2
    facts = (
        Fact("porosity", _POROSITY, n_upper / n_slab, ""),
        Fact("pore volume of the subvolume", _PORES * share, n_upper * voxel, "um^3"),
        Fact("volume before", _BEFORE * share, float(volume[0]), "um^3"),
        Fact("volume after plating", _AFTER * share, float(most), "um^3"),
        Fact("growth", (_AFTER - _BEFORE) / _BEFORE, float(most / volume[0]) - 1.0, ""),
        Fact("expected lithium", _EXPECTED * share, expected, "um^3"),
        Fact("accommodated", 0.49, float(most - volume[0]) / expected, ""),
        Fact("left of the growth", _LEFT, float((last - volume[0]) / (most - volume[0])), ""),
        Fact(
            "left of the new cracks",
            _LEFT,
            float(columns["volume_new"][-1] / columns["volume_new"].max()),
            "",
        ),
        Fact("first-cycle efficiency", _EFFICIENCY, _EFFICIENCY, ""),
        Fact("flat until", _FLAT, _FLAT, "h"),
        Fact("plateau after stripping for", 2.25, _PLATEAU - _PLATED, "h"),
    )
    return CaseTruth(Table(columns, units=units), facts, cell.objects, cell, directions(cycles))
