"""Nearest background beside scipy: python benchmarks/bench_nearest_background.py [--edge 256].

scipy.ndimage.distance_transform_edt(return_indices=True) is the only peer that is in wide use; it
runs in one thread. Which of equally near voxels it takes is its own affair, so distances to the
places found are compared.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from measure import Call, Row, median_seconds, peak_bytes, run
from scipy import ndimage
from volumes import blob, crack

import crevasse

Image = np.ndarray
VOLUMES = {"crack": crack, "blob": blob, "far": lambda edge: 1 - crack(edge)}


def ours(mask: Image, threads: int) -> Call:
    return lambda: crevasse.nearest_background(mask, n_threads=threads)


def peer(mask: Image) -> Image:
    indices: Image = ndimage.distance_transform_edt(
        mask, return_distances=False, return_indices=True
    )
    return indices


def load(path: Path, threads: int) -> Call:
    """For the memory measurement, which runs in a process of its own."""
    ours(np.ones((1, 1, 1), bool), threads)()
    return ours(np.load(path), threads)


def check(mask: Image, threads: int) -> None:
    part = np.ascontiguousarray(mask[:100, :100, :100])
    here = np.indices(part.shape)
    a, b = (((places - here) ** 2).sum(axis=0) for places in (ours(part, threads)(), peer(part)))
    if not np.array_equal(a, b):
        raise SystemExit("crevasse and scipy disagree: no time is worth reporting")


def measure(name: str, edge: int, threads: int, repeat: int) -> list[Row]:
    mask = VOLUMES[name](edge).astype(bool)
    check(mask, threads)
    calls = {"scipy": lambda: peer(mask), "nearest_background": ours(mask, threads)}
    seconds = median_seconds(calls, repeat=repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.npy"
        np.save(path, mask)
        peak = peak_bytes(load, path, threads)
    title, must_move = f"{name} {edge}³", 13 * mask.size
    ratio = seconds["scipy"] / seconds["nearest_background"]
    return [
        Row(title, "scipy", seconds["scipy"], mask.size, None, must_move),
        Row(title, "nearest_background", seconds["nearest_background"], mask.size, ratio,
            must_move, peak),
    ]  # fmt: skip


if __name__ == "__main__":
    run(__doc__.splitlines()[0], list(VOLUMES), measure, "scipy", edge=256, repeat=1)
