"""Local thickness beside PoreSpy: python benchmarks/bench_local_thickness.py [--edge 256].

PoreSpy (pip install porespy) rounds radii, so results are not compared voxel by voxel: ours are
checked against every ball of every voxel in a small part, and the means of both are printed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import porespy
from measure import Call, Row, median_seconds, peak_bytes, run
from volumes import blob, crack

import crevasse

Image = np.ndarray
VOLUMES = {"crack": crack, "blob": blob}


def ours(mask: Image, threads: int) -> Call:
    return lambda: crevasse.local_thickness(mask, n_threads=threads)


def peer(mask: Image) -> Image:
    thickness: Image = porespy.filters.local_thickness(mask)
    return thickness


def load(path: Path, threads: int) -> Call:
    """For the memory measurement, which runs in a process of its own."""
    ours(np.ones((1, 1, 1), bool), threads)()
    return ours(np.load(path), threads)


def check(mask: Image, threads: int) -> None:
    part = np.ascontiguousarray(mask[:24, :24, :24])
    squared = crevasse.distance(part, squared=True)
    expected = np.zeros(part.shape)
    places = np.stack(np.indices(part.shape), axis=-1)
    for centre in np.argwhere(part):
        inside = part & (((places - centre) ** 2).sum(axis=-1) <= squared[tuple(centre)])
        expected[inside] = np.maximum(expected[inside], squared[tuple(centre)])
    if not np.array_equal(ours(part, threads)(), (2 * np.sqrt(expected)).astype(np.float32)):
        raise SystemExit("thickness is not that of every ball: no time is worth reporting")


def measure(name: str, edge: int, threads: int, repeat: int) -> list[Row]:
    mask = VOLUMES[name](edge).astype(bool)
    check(mask, threads)
    means = [float(t[mask].mean()) for t in (ours(mask, threads)(), peer(mask))]
    print(f"{name} {edge}³: mean thickness {means[0]:.3f} voxels, PoreSpy's map {means[1]:.3f}\n")
    calls = {"PoreSpy": lambda: peer(mask), "local_thickness": ours(mask, threads)}
    seconds = median_seconds(calls, repeat=repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.npy"
        np.save(path, mask)
        peak = peak_bytes(load, path, threads)
    return [
        Row(
            f"{name} {edge}³",
            kernel,
            time,
            mask.size,
            None if kernel == "PoreSpy" else seconds["PoreSpy"] / time,
            5 * mask.size,
            None if kernel == "PoreSpy" else peak,
        )
        for kernel, time in seconds.items()
    ]


if __name__ == "__main__":
    run(__doc__.splitlines()[0], list(VOLUMES), measure, "porespy", edge=256, repeat=1)
