"""One more frame into a tracker, beside the same done by label arrays: bench_tracker.py --help.

Is following cracks cheap beside finding them? The peers label the new frame, count the overlaps
with the labels of the one before by numpy, and measure the regions; the tracker does so, and names
events and cracks and advances its voxel ledger.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import cc3d
import numpy as np
import skimage.measure
from measure import Call, Row, bandwidth, machine, median_seconds, peak_bytes, table
from scipy import ndimage
from volumes import Mask, crack

from crevasse import RunVolume, Tracker

COLUMNS = ("label", "area", "bbox", "centroid")
CONNECTED = np.ones((3, 3, 3), dtype=np.uint8)
N_FRAMES = 40


def grown(mask: Mask, *, grain: float, seed: int = 1) -> Mask:
    """The frame after: a tenth more cracks, and `grain` of all surface voxels opened or closed."""
    rng = np.random.default_rng(seed)
    after = mask | crack(mask.shape[0], fraction=0.003, seed=seed)
    if grain:
        rim = ndimage.binary_dilation(after) ^ ndimage.binary_erosion(after, border_value=1)
        after[rim & (rng.random(after.shape, dtype=np.float32) < grain)] ^= 1
    return after


def scattered(edge: int, count: int, seed: int) -> Mask:
    """About `count` small components, a hundredth of which differ from seed to seed."""
    same, changed = np.random.default_rng(0), np.random.default_rng(seed)
    mask = np.zeros((edge, edge, edge), dtype=np.uint8)
    for rng, n in ((same, count - count // 100), (changed, count // 100)):
        z, y, x = rng.integers(0, edge - 1, size=(3, n))
        mask[z, y, x] = mask[z, y, x + 1] = mask[z, y + 1, x] = 1
    return mask


def overlaps(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    both = (before > 0) & (after > 0)
    pairs = before[both].astype(np.uint64) << np.uint64(32) | after[both].astype(np.uint64)
    return np.stack(np.unique(pairs, return_counts=True))


def with_skimage(before: np.ndarray, after: Mask) -> tuple[np.ndarray, Any]:
    labels = skimage.measure.label(after, connectivity=3)
    return overlaps(before, labels), skimage.measure.regionprops_table(labels, None, COLUMNS)


def with_cc3d(before: np.ndarray, after: Mask) -> tuple[np.ndarray, Any]:
    labels = cc3d.connected_components(after, out_dtype=np.uint32)
    return overlaps(before, labels), cc3d.statistics(labels)


def alternating(before: Mask, after: Mask, threads: int) -> Call:
    """A call that adds the frames in turn; every second one, which is timed, goes to `after`."""
    tracker = Tracker(n_threads=threads)
    frames = itertools.cycle((before, after))
    for _ in range(2):
        tracker.update(next(frames))
    return lambda: tracker.update(next(frames))


def check(before: Mask, after: Mask) -> None:
    tracker = Tracker()
    tracker.update(before)
    result = tracker.update(after)
    edges = tracker.history().edges
    pairs, statistics = with_cc3d(cc3d.connected_components(before, out_dtype=np.uint32), after)
    same = np.array_equal(
        np.sort(edges["n_voxels"]), np.sort(pairs[1].astype(np.int64))
    ) and np.array_equal(
        np.sort(result.regions["n_voxels"]),
        np.sort(statistics["voxel_counts"][1:].astype(np.int64)),
    )
    if not same:
        raise SystemExit("crevasse and cc3d disagree: no time is worth reporting")


def measure(
    title: str, before: Mask, after: Mask, threads: int, repeat: int, slow: bool
) -> list[Row]:
    check(before, after)
    labels = cc3d.connected_components(before, out_dtype=np.uint32)
    calls: dict[str, Call] = {
        "cc3d, numpy": partial(with_cc3d, labels, after),
        "encode and label": lambda: RunVolume.from_mask(after, n_threads=threads).label(
            n_threads=threads
        ),
        "Tracker.update": alternating(before, after, threads),
    }
    seconds = median_seconds(calls, repeat=repeat)
    if slow:
        theirs: dict[str, Call] = {"scikit-image, numpy": partial(with_skimage, labels, after)}
        seconds |= median_seconds(theirs, repeat=1)
    count = int(labels.max())
    ratio = {name: t / seconds["Tracker.update"] for name, t in seconds.items()}
    return [
        Row(f"{title}, {count} components", name, t, after.size, ratio[name])
        for name, t in seconds.items()
    ]


def follow(edge: int, threads: int) -> Callable[[], None]:
    """A series of N_FRAMES frames in which cracks grow and surfaces flicker, made as it goes."""
    whole, rank = crack(edge), np.random.default_rng(3).random(edge, dtype=np.float32)

    def run() -> None:
        tracker = Tracker(n_threads=threads)
        for k in range(N_FRAMES):
            mask = whole.copy()
            mask[rank > (k + 10) / (N_FRAMES + 10)] = 0
            rng = np.random.default_rng(k)
            z, y, x = rng.integers(0, edge, size=(3, mask.size // 10000))
            mask[z, y, x] ^= 1
            tracker.update(mask)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--no-slow", action="store_true", help="leave scikit-image out")
    parser.add_argument("--no-series", action="store_true", help="leave the long series out")
    options = parser.parse_args()
    edge, threads, repeat = options.edge, options.threads, options.repeat
    speed = bandwidth(threads)
    print(machine(threads, speed, "connected-components-3d", "scikit-image"), end="\n\n")
    before = crack(edge)
    rows = []
    for name, after in (
        ("the same", before),
        ("grown", grown(before, grain=0)),
        ("grown and grainy", grown(before, grain=0.05)),
        ("swollen", ndimage.binary_dilation(before).astype(np.uint8)),
    ):
        slow = name == "grown" and not options.no_slow
        rows += measure(f"crack {edge}³, {name}", before, after, threads, repeat, slow)
    for count in (10_000, 100_000, 1_000_000):
        pair = (scattered(edge, count, seed) for seed in (1, 2))
        rows += measure(f"scattered {edge}³", *pair, threads, repeat, False)
    print(table(rows, speed))
    if not options.no_series:
        peak = peak_bytes(follow, edge, threads)
        print(f"\n{N_FRAMES} frames of {edge}³: at most {peak / 2**30:.2f} GiB, frames included")


if __name__ == "__main__":
    main()
