"""Geodesic distances beside fast marching and chains of neighbours.

python benchmarks/bench_geodesic.py [--edge 256] [--threads 2]
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import skfmm
from measure import Call, Row, median_seconds, peak_bytes, run
from skimage.graph import MCP_Geometric
from volumes import blob, crack

import crevasse

Image = np.ndarray
Pair = tuple[Image, Image]


def first_voxels(mask: Image) -> Image:
    """A seed in every component, so that all of the mask is reached."""
    labels = crevasse.label(mask).labels
    seeds = np.zeros(mask.shape, bool)
    seeds.flat[np.unique(labels, return_index=True)[1]] = True
    return seeds & mask


def first_slice(mask: Image) -> Image:
    """The electrode: a face of the volume."""
    seeds = np.zeros(mask.shape, bool)
    seeds[0] = True
    return seeds & mask


VOLUMES = {
    "crack": (crack, first_voxels),
    "crack, from a face": (crack, first_slice),
    "blob, from a face": (blob, first_slice),
}


def ours(mask: Image, seeds: Image, threads: int) -> Call:
    return lambda: crevasse.geodesic_distance(mask, seeds, n_threads=threads)


def marching(mask: Image, seeds: Image) -> Call:
    """By faces only, so it may not reach everything."""
    contour = np.ma.MaskedArray(np.where(seeds, -1.0, 1.0), ~mask)
    return lambda: skfmm.distance(contour)


def chains(mask: Image, seeds: Image) -> Call:
    costs, begin = np.where(mask, 1.0, -1.0), np.argwhere(seeds)
    return lambda: MCP_Geometric(costs, fully_connected=True).find_costs(begin)[0]


def load(path: Path, threads: int) -> Call:
    """For the memory measurement, which runs in a process of its own."""
    one = np.ones((1, 1, 1), bool)
    ours(one, one, threads)()
    with np.load(path) as pair:
        return ours(pair["mask"], pair["seeds"], threads)


def check(mask: Image, seeds: Image, threads: int) -> int:
    """Refuse to time what no chain of neighbours bounds. How many voxels are reached."""
    found, longest = ours(mask, seeds, threads)(), chains(mask, seeds)()
    reached = np.isfinite(found)
    near = (found <= longest * (1 + 1e-6)) & (found >= 0.75 * longest)
    if not (np.array_equal(reached, np.isfinite(longest)) and near[reached].all()):
        raise SystemExit("crevasse and MCP_Geometric disagree: no time is worth reporting")
    return int(np.count_nonzero(reached))


def measure(name: str, edge: int, threads: int, repeat: int) -> list[Row]:
    make, begin = VOLUMES[name]
    mask = make(edge).astype(bool)
    seeds = begin(mask)
    n_reached = check(mask, seeds, threads)
    calls = {
        "MCP_Geometric": chains(mask, seeds),
        "scikit-fmm": marching(mask, seeds),
        "geodesic_distance": ours(mask, seeds, threads),
        "geodesic_distance, 1 thread": ours(mask, seeds, 1),
    }
    seconds = median_seconds(calls, repeat=repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.npz"
        np.savez(path, mask=mask, seeds=seeds)
        peak = peak_bytes(load, path, threads)
    rows = []
    for kernel, time in seconds.items():
        is_ours = kernel.startswith("geodesic")
        ratio = seconds["scikit-fmm"] / time if is_ours else None
        speed = f"{kernel}: {n_reached / time / 1e6:.2f} M voxels reached a second"
        bytes_held = peak if kernel == "geodesic_distance" else None
        rows.append(
            Row(f"{name} {edge}³", speed, time, mask.size, ratio, 5 * mask.size, bytes_held)
        )
    return rows


if __name__ == "__main__":
    run(__doc__, list(VOLUMES), measure, "scikit-fmm", edge=256, repeat=1)
