"""Labelling beside cc3d: python benchmarks/bench_label.py [--edge 512] [--threads 2]."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cc3d
import numpy as np
from measure import Call, Row, median_seconds, peak_bytes, run
from volumes import VOLUMES

import crevasse
from crevasse import RunVolume

Image = np.ndarray
DENSE, DENSE_BOOL, RUNS = "label", "label, bool", "runs only"


def ours(image: Image, kernel: str, threads: int) -> Call:
    mask = image.view(bool)
    calls: dict[str, Call] = {
        DENSE: lambda: crevasse.label(image, n_threads=threads),
        DENSE_BOOL: lambda: crevasse.label(mask, n_threads=threads),
        RUNS: lambda: RunVolume.from_mask(mask, n_threads=threads).label(n_threads=threads),
    }
    return calls[kernel]


def peer(image: Image) -> Image:
    labels: Image = cc3d.connected_components(image, connectivity=26, out_dtype=np.uint32)
    return labels


def load_ours(path: Path, kernel: str, threads: int) -> Call:
    """For the memory measurement, which runs in a process of its own."""
    ours(np.ones((1, 1, 1), np.uint8), kernel, threads)()
    return ours(np.load(path), kernel, threads)


def load_peer(path: Path) -> Call:
    peer(np.ones((1, 1, 1), np.uint8))
    image = np.load(path)
    return lambda: peer(image)


def check(image: Image, threads: int) -> int:
    """Refuse to time what is not equal: the same partition, numbered as the peer or otherwise."""
    result = crevasse.label(image, n_threads=threads)
    theirs = peer(image)
    name_of = np.zeros(result.count + 1, np.uint32)
    slices = list(zip(result.labels, theirs, strict=True))  # one at a time: memory is short
    for ours, other in slices:
        name_of[ours.reshape(-1)] = other.reshape(-1)
    same = all(np.array_equal(name_of[ours], other) for ours, other in slices)
    if not same or result.count != theirs.max():
        raise SystemExit("crevasse and cc3d disagree: no time is worth reporting")
    return result.count


def measure(name: str, edge: int, threads: int, repeat: int) -> list[Row]:
    image = VOLUMES[name](edge)
    count = check(image, threads)
    kernels = [DENSE] if name == "phases" else [DENSE, DENSE_BOOL, RUNS]
    calls: dict[str, Call] = {"cc3d": lambda: peer(image)}
    calls |= {kernel: ours(image, kernel, threads) for kernel in kernels}
    seconds = median_seconds(calls, repeat=repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.npy"
        np.save(path, image)
        peaks = {kernel: peak_bytes(load_ours, path, kernel, threads) for kernel in kernels}
        peaks["cc3d"] = peak_bytes(load_peer, path)
    title = f"{name} {edge}³, {count} components"
    rows = []
    for kernel, time in seconds.items():
        output = 0 if kernel == RUNS else 4 * image.size
        ratio = None if kernel == "cc3d" else seconds["cc3d"] / time
        must_move = image.nbytes + output
        rows.append(Row(title, kernel, time, image.size, ratio, must_move, peaks[kernel]))
    return rows


if __name__ == "__main__":
    run(__doc__, list(VOLUMES), measure, "connected-components-3d", repeat=7)
