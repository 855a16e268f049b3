"""Distances beside edt: python benchmarks/bench_distance.py [--edge 512] [--threads 2]."""

from __future__ import annotations

import tempfile
from pathlib import Path

import edt
import numpy as np
from measure import Call, Row, median_seconds, peak_bytes, run
from volumes import blob, crack

import crevasse

Image = np.ndarray
Spacing = tuple[float, float, float]

VOLUMES = {
    "crack": crack,
    "blob": blob,
    "far": lambda edge: 1 - crack(edge),
}
SPACINGS: dict[str, Spacing] = {
    "distance": (1.0, 1.0, 1.0),
    "distance, 2 : 1 : 1": (2.0, 1.0, 1.0),
    "distance, no common measure": (1.7312345, 1.0, 1.0),
}


def ours(mask: Image, spacing: Spacing, threads: int) -> Call:
    return lambda: crevasse.distance(mask, spacing=spacing, n_threads=threads)


def peer(mask: Image, spacing: Spacing, threads: int) -> Call:
    return lambda: edt.edt(mask, anisotropy=spacing, parallel=threads)


def load(path: Path, spacing: Spacing, threads: int) -> Call:
    """For the memory measurement, which runs in a process of its own."""
    ours(np.ones((1, 1, 1), bool), spacing, threads)()
    return ours(np.load(path), spacing, threads)


def check(mask: Image, spacing: Spacing, threads: int) -> None:
    """Refuse to time what is not equal, but for the rounding that a peer adds up."""
    same = all(
        np.allclose(a, b, rtol=1e-5)
        for a, b in zip(ours(mask, spacing, threads)(), peer(mask, spacing, threads)(), strict=True)
    )
    if not same:
        raise SystemExit("crevasse and edt disagree: no time is worth reporting")


def measure(name: str, edge: int, threads: int, repeat: int) -> list[Row]:
    mask = VOLUMES[name](edge).astype(bool)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.npy"
        np.save(path, mask)
        for kernel, spacing in SPACINGS.items():
            check(mask, spacing, threads)
            calls = {"edt": peer(mask, spacing, threads), kernel: ours(mask, spacing, threads)}
            seconds = median_seconds(calls, repeat=repeat)
            peak = peak_bytes(load, path, spacing, threads)
            ratio, must_move = seconds["edt"] / seconds[kernel], 5 * mask.size
            title = f"{name} {edge}³"
            rows.append(Row(title, f"edt: {kernel}", seconds["edt"], mask.size, None, must_move))
            rows.append(Row(title, kernel, seconds[kernel], mask.size, ratio, must_move, peak))
    return rows


if __name__ == "__main__":
    run(__doc__, list(VOLUMES), measure, "edt", repeat=3)
