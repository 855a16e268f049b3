"""Drift correction of a frame beside scikit-image and SciPy: bench_align.py --help.

What does it cost to bring the next scan of a series onto the first? The peer finds the drift by
`phase_cross_correlation` of the central 256³ voxels to 1/20 voxel and moves by `ndimage.shift`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from measure import Call, Row, median_seconds, peak_bytes, run
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from crevasse.operando import DriftCorrector, move_back

Image = np.ndarray
DRIFT = np.array([1.3, -2.6, 0.7])


def texture(edge: int) -> Image:
    """Grains some voxels wide, with noise, as uint16."""
    rng = np.random.default_rng(0)
    coarse = rng.standard_normal((-(-edge // 4),) * 3, dtype=np.float32)
    grains = coarse.repeat(4, 0).repeat(4, 1).repeat(4, 2)[:edge, :edge, :edge]
    grains = ndimage.uniform_filter(grains, 5)
    grains *= np.float32(5000 / grains.std())
    grains += 20000 + 800 * rng.standard_normal(grains.shape, dtype=np.float32)
    return grains.clip(0, 65535).astype(np.uint16)


def ours(first: Image, frame: Image, threads: int) -> Call:
    corrector = DriftCorrector(n_threads=threads)
    corrector.correct(first)
    return lambda: corrector.correct(frame)


def peer(first: Image, frame: Image) -> Call:
    middle = tuple(slice(max(0, n // 2 - 128), n // 2 + 128) for n in first.shape)

    def correct() -> tuple[Image, Image]:
        back, _, _ = phase_cross_correlation(
            first[middle], frame[middle], upsample_factor=20, normalization=None
        )
        moved = ndimage.shift(frame.astype(np.float32), back, order=1, mode="nearest")
        return -back, np.rint(moved).astype(frame.dtype)

    return correct


def load(path: Path, threads: int) -> Call:
    """For the memory measurement, which runs in a process of its own."""
    with np.load(path) as pair:
        return ours(pair["first"], pair["frame"], threads)


def check(first: Image, frame: Image, threads: int) -> None:
    """Refuse to time what has not found the drift."""
    found = ours(first, frame, threads)().drift
    by_peer, _ = peer(first, frame)()
    if not (np.allclose(found, DRIFT, atol=0.05) and np.allclose(by_peer, DRIFT, atol=0.1)):
        raise SystemExit(f"the drift is {DRIFT}, found {found} and {by_peer}")


def measure(name: str, edge: int, threads: int, repeat: int) -> list[Row]:
    first = texture(edge)
    frame = move_back(first, -DRIFT)
    check(first, frame, threads)
    calls = {
        "skimage and ndimage": peer(first, frame),
        "DriftCorrector.correct": ours(first, frame, threads),
        "move_back alone": lambda: move_back(frame, DRIFT, n_threads=threads),
    }
    seconds = median_seconds(calls, repeat=repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.npz"
        np.savez(path, first=first, frame=frame)
        peak = peak_bytes(load, path, threads)
    rows = []
    for kernel, time in seconds.items():
        is_ours = kernel == "DriftCorrector.correct"
        ratio = seconds["skimage and ndimage"] / time if is_ours else None
        held = peak if is_ours else None
        rows.append(Row(f"{name} {edge}³", kernel, time, frame.size, ratio, 2 * frame.nbytes, held))
    return rows


if __name__ == "__main__":
    run(__doc__, ["texture"], measure, "scikit-image", repeat=3)
