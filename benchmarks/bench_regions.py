"""The region table beside cc3d and scikit-image: python benchmarks/bench_regions.py."""

from __future__ import annotations

import argparse
from functools import partial

import cc3d
import numpy as np
from measure import Call, Row, bandwidth, machine, median_seconds, table
from scipy import ndimage
from skimage.measure import regionprops_table

import crevasse
from crevasse import RunVolume

COLUMNS = ("label", "area", "bbox", "centroid")  # what all three give


def crosses(edge: int, seed: int = 0) -> np.ndarray:
    """Small crosses at random places: about 6000 regions in 100³ voxels."""
    rng = np.random.default_rng(seed)
    return ndimage.binary_dilation(rng.random((edge, edge, edge)) < 0.0075)


def check(labels: np.ndarray) -> None:
    ours, theirs = crevasse.region_table(labels), cc3d.statistics(labels)
    centroids = np.stack([ours[f"centroid_{axis}"] for axis in "zyx"], axis=1)
    same = np.array_equal(ours["n_voxels"], theirs["voxel_counts"][1:]) and np.allclose(
        centroids, theirs["centroids"][1:], rtol=0, atol=1e-3
    )
    if not same:
        raise SystemExit("crevasse and cc3d disagree: no time is worth reporting")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    mask = crosses(options.edge)
    labels = crevasse.label(mask, connectivity=6).labels
    runs = RunVolume.from_mask(mask).label(6)
    check(labels)

    speed = bandwidth(options.threads)
    print(machine(options.threads, speed, "connected-components-3d", "scikit-image"), end="\n\n")
    calls: dict[str, Call] = {
        "cc3d.statistics": partial(cc3d.statistics, labels),
        "region_table": partial(crevasse.region_table, labels, n_threads=options.threads),
        "region_table, surface": partial(
            crevasse.region_table, labels, surface=True, n_threads=options.threads
        ),
        "RunLabeling.regions": partial(runs.regions, n_threads=options.threads),
    }
    seconds = median_seconds(calls, repeat=options.repeat)
    slow: dict[str, Call] = {"regionprops_table": lambda: regionprops_table(labels, None, COLUMNS)}
    seconds |= median_seconds(slow, repeat=1)
    title = f"crosses {options.edge}³, {runs.count} regions"
    rows = [
        Row(
            title,
            name,
            time,
            labels.size,
            seconds["cc3d.statistics"] / time,
            labels.nbytes if name != "RunLabeling.regions" else None,
        )
        for name, time in seconds.items()
    ]
    print(table(rows, speed))


if __name__ == "__main__":
    main()
