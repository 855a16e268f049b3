"""Lithium layers at both electrodes of a round cell, and what is true of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.case_truth import directions
from crevasse.phantom.cell import Map
from crevasse.phantom.discs import in_disc, standardised, tilted
from crevasse.phantom.waves import waves
from crevasse.tracking.cycle import CycleState

Shape3 = tuple[int, int, int]


class Thickness(NamedTuple):
    """Of both layers in the disc, in µm; `dome`, 0 to 1: how much thicker the middle is."""

    mean: float
    std: float
    counter_change: float
    counter_std: float
    dome: float = 0.0


@dataclass(frozen=True, eq=False)
class Layers:
    """The faces of both layers; the solid between them stays where it is.

    Attributes
    ----------
    solid_top, solid_bottom
        Heights of the solid's faces, (y, x), in voxels.
    pattern, dome, counter_pattern
        Where the layers are thicker, (y, x), mean 0 and standard deviation 1 in the disc.
    counter
        Mean thickness of the counter electrode's lithium in the first frame, in voxels.
    inside
        The disc.
    times, thickness, spacing
        Of each frame, of a time, of a voxel.
    """

    solid_top: Map
    solid_bottom: Map
    pattern: Map
    dome: Map
    counter_pattern: Map
    counter: float
    inside: NDArray[np.bool_]
    times: NDArray[np.float64]
    thickness: Callable[[float], Thickness]
    spacing: float

    def faces(self, frame: int) -> Sequence[Map]:
        """Heights of the faces, from the working electrode downwards; see `Cell`."""
        now = self.thickness(float(self.times[frame]))
        mixed = standardised(self.pattern + np.float32(0.8 * now.dome) * self.dome, self.inside)
        working = np.maximum(now.mean + now.std * mixed, 0.0) / self.spacing
        counter = (now.counter_change + now.counter_std * self.counter_pattern) / self.spacing
        collector = (self.solid_top - working).astype(np.float32)
        steel = (self.solid_bottom + self.counter + counter).astype(np.float32)
        return collector, self.solid_top, self.solid_bottom, steel

    def columns(self, cycles: Sequence[CycleState]) -> dict[str, NDArray[Any]]:
        """What is true of each frame; ``_voxels``: counted in whole voxels, not of the faces."""
        inside, um = self.inside, self.spacing
        measures: dict[str, list[float]] = {}
        for frame in range(len(self.times)):
            collector, top, bottom, steel = self.faces(frame)
            for name, near, far in (("thickness", collector, top), ("counter", bottom, steel)):
                smooth, counted = (far - near)[inside], counted_between(near, far)[inside]
                for kind, values in (("", smooth), ("_voxels", counted)):
                    of_mean = measures.setdefault(f"{name}_mean{kind}", [])
                    of_mean.append(float(values.mean(dtype=np.float64)) * um)
                    of_std = measures.setdefault(f"{name}_std{kind}", [])
                    of_std.append(float(values.std(dtype=np.float64)) * um)
        area = float(np.count_nonzero(inside)) * um**2
        columns: dict[str, NDArray[Any]] = {
            "frame": np.arange(len(self.times)),
            "time": self.times,
            "half_cycle": np.array([c.half_cycle for c in cycles]),
            "direction": np.array(directions(cycles)),
            "capacity": np.array([c.capacity for c in cycles]),
            **{name: np.array(values) for name, values in measures.items()},
        }
        columns["counter_change"] = columns["counter_mean"] - columns["counter_mean"][0]
        columns["layer_volume"] = columns["thickness_mean"] * area
        return columns


def units_of(columns: dict[str, NDArray[Any]]) -> dict[str, str]:
    """Unit of each column that has one."""
    units = {"time": "h", "capacity": "mAh/cm^2"}
    for name in columns:
        if name.startswith(("thickness", "counter")):
            units[name] = "um"
        elif "volume" in name:
            units[name] = "um^3"
    return units


def layered(
    shape: Shape3,
    rng: np.random.Generator,
    *,
    top: float,
    counter: float,
    angle: float,
    rough: float,
    times: NDArray[np.float64],
    thickness: Callable[[float], Thickness],
    spacing: float,
) -> Layers:
    """Layers on a collector that is tilted by `angle` degrees and `rough` (standard deviation)."""
    nz, ny, nx = shape
    y, x = np.arange(float(ny))[:, None], np.arange(float(nx))[None]
    inside = in_disc(shape)
    bottom = nz - 8.0 - counter - 0.02 * ny
    near = tilted(y, x, angle=angle, towards=0.2) + rough * waves(rng, y, x, 34.0)
    far = tilted(y, x, angle=-0.5 * angle, towards=1.1) + 0.6 * waves(rng, y, x, 40.0)
    out = np.hypot(y - 0.5 * (ny - 1), x - 0.5 * (nx - 1)) / (0.5 * ny)
    pattern = _bounded(waves(rng, y, x, 22.0) + waves(rng, y, x, 60.0))
    return Layers(
        solid_top=(top + 0.03 * ny + near).astype(np.float32),
        solid_bottom=(bottom + far).astype(np.float32),
        pattern=standardised(pattern, inside),
        dome=standardised((1.0 - out**2).astype(np.float32), inside),
        counter_pattern=standardised(_divots(rng, y, x), inside),
        counter=counter,
        inside=inside,
        times=times,
        thickness=thickness,
        spacing=spacing,
    )


def counted_between(near: Map, far: Map) -> Map:
    """Voxels of each column whose centres lie between two faces."""
    counted: Map = np.ceil(far - 0.5) - np.ceil(near - 0.5)
    return counted


def _bounded(field: Map) -> Map:
    """Without the far tails, or a thin layer would have holes."""
    return np.asarray(2.2 * np.tanh(field / 2.2), dtype=np.float32)


def _divots(rng: np.random.Generator, y: NDArray[np.float64], x: NDArray[np.float64]) -> Map:
    """Lines across the face and round dents, as assembly and stray particles leave them."""
    field = 0.5 * waves(rng, y, x, 30.0)
    size = max(y.size, x.size)
    for _ in range(4):
        angle, at = rng.uniform(0.0, np.pi), rng.uniform(-0.3, 0.3) * size
        off = (y - 0.5 * size) * np.cos(angle) + (x - 0.5 * size) * np.sin(angle) - at
        field = field - np.float32(1.5) * np.exp(-0.5 * (off / 2.5) ** 2)
    for _ in range(max(4, min(round(1e-3 * size**2), 150))):
        cy, cx = rng.uniform(0.1, 0.9, size=2) * size
        field = field - np.float32(2.0) * np.exp(-0.5 * ((y - cy) ** 2 + (x - cx) ** 2) / 9.0)
    return _bounded(field)
