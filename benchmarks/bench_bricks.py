"""Bricks by Dask: beside dask-image, and from Zarr to Zarr beside the kernels in memory.

python benchmarks/bench_bricks.py [--edge 512] [--brick 256] [--peer-edge 256] [--threads 2]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import zarr
from dask_image import ndmeasure
from measure import bandwidth, machine, peak_bytes
from volumes import VOLUMES

import crevasse
import crevasse.dask

Mask = np.ndarray
LIMIT = 16.0  # voxels; above the largest distance within a crack
STRUCTURE = np.ones((3, 3, 3), int)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", type=int, default=512)
    parser.add_argument("--brick", type=int, default=256)
    parser.add_argument("--peer-edge", type=int, default=256)
    parser.add_argument(
        "--peer-most", type=int, default=64, help="bricks; its time grows with their square"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--volumes", nargs="+", choices=VOLUMES, default=["crack", "blob"])
    options = parser.parse_args()
    speed = bandwidth(options.threads)
    print(machine(options.threads, speed, "dask", "dask-image", "zarr"), end="\n\n")
    with dask.config.set(scheduler="threads", num_workers=options.threads):
        print(beside_the_peer(options.volumes[0], options), end="\n\n")
        for name in options.volumes:
            print(beside_memory(name, options), end="\n\n")


def beside_the_peer(name: str, options: argparse.Namespace) -> str:
    """How the making of graphs and the whole grow with bricks."""
    edge = options.peer_edge
    mask = VOLUMES[name](edge) > 0
    expected = crevasse.label(mask)
    lines = [
        "| volume | bricks | kernel | tasks | graph, ms | all, ms | × peer |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for n in (3, 4, 6):
        image = da.from_array(mask, chunks=-(-edge // n))
        assert image.npartitions == n**3
        seconds: dict[str, float] = {}
        contenders = {"crevasse.dask": ours}
        if n**3 <= options.peer_most:
            contenders = {"dask-image": peer} | contenders
        for kernel, make in contenders.items():
            graphs, wholes = [], []
            # The peer takes minutes, beside which its spread is nothing.
            for _ in range(1 if kernel == "dask-image" else options.repeat):
                tasks, graph, whole = time_labelling(make, image, expected)
                graphs.append(graph)
                wholes.append(whole)
            seconds[kernel] = statistics.median(wholes)
            peers = seconds.get("dask-image")
            ratio = f"{peers / seconds[kernel]:.1f}" if peers and make is ours else ""
            lines.append(
                f"| {name} {edge}³ | {n**3} | {kernel} | {tasks} | "
                f"{1e3 * statistics.median(graphs):.0f} | {1e3 * seconds[kernel]:.0f} | {ratio} |"
            )
    return "\n".join(lines)


def time_labelling(
    make: Callable[[da.Array], tuple[da.Array, da.Array]],
    image: da.Array,
    expected: crevasse.Labeling,
) -> tuple[int, float, float]:
    """Tasks, seconds until there is a graph, and until there are labels."""
    begin = time.perf_counter()
    labels, count = make(image)
    tasks = len(labels.__dask_graph__().to_dict())
    graph = time.perf_counter() - begin
    found, n_found = dask.compute(labels, count)
    whole = time.perf_counter() - begin
    check(found, int(n_found), expected)
    return tasks, graph, whole


def peer(image: da.Array) -> tuple[da.Array, da.Array]:
    labels, count = ndmeasure.label(image, structure=STRUCTURE)
    return labels, count


def ours(image: da.Array) -> tuple[da.Array, da.Array]:
    found = crevasse.dask.label(image)
    return found.labels, found.count


def check(labels: Mask, count: int, expected: crevasse.Labeling) -> None:
    """Refuse to time what is another partition than that in memory."""
    assert count == expected.count
    pairs = np.unique(labels.astype(np.uint64) << 32 | expected.labels)
    assert len(pairs) == count + 1


KERNELS: dict[str, Callable[[da.Array], Any]] = {
    "label": lambda image: crevasse.dask.label(image).labels,
    "region_table": lambda image: crevasse.dask.region_table(crevasse.dask.label(image)),
    "layer_thickness": crevasse.dask.layer_thickness,
    "distance, limit": lambda image: crevasse.dask.distance(image, limit=LIMIT),
    "distance": crevasse.dask.distance,
    "local_thickness": crevasse.dask.local_thickness,
}


def in_memory(kernel: str, mask: Mask, threads: int) -> Any:
    return {
        "label": lambda: crevasse.label(mask, n_threads=threads).labels,
        "region_table": lambda: crevasse.region_table(
            crevasse.RunVolume.from_mask(mask, n_threads=threads).label(n_threads=threads)
        ),
        "layer_thickness": lambda: crevasse.layer_thickness(mask, n_threads=threads),
        "distance, limit": lambda: crevasse.distance(mask, limit=LIMIT, n_threads=threads),
        "distance": lambda: crevasse.distance(mask, n_threads=threads),
        "local_thickness": lambda: crevasse.local_thickness(mask, n_threads=threads),
    }[kernel]()


def from_zarr_to_zarr(kernel: str, folder: Path) -> Any:
    """The result, or where it lies as an array in bricks."""
    result = KERNELS[kernel](da.from_zarr(folder / "mask.zarr"))
    if not isinstance(result, da.Array):
        return result
    result.to_zarr(folder / "result.zarr", overwrite=True)
    return zarr.open_array(folder / "result.zarr")


def with_files(kernel: str, folder: Path, brick: int, threads: int) -> Any:
    """The kernel on one array in memory, read from and written to the same files."""
    result = in_memory(kernel, zarr.open_array(folder / "mask.zarr")[:], threads)
    if isinstance(result, Mask):
        zarr.create_array(folder / "whole.zarr", data=result, chunks=(brick,) * 3, overwrite=True)
    return result


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, crevasse.LayerThickness):
        return np.array_equal(found.map, expected.map)
    return np.array_equal(found[:], expected) if isinstance(expected, Mask) else found == expected


def prepare(kernel: str, folder: Path, threads: int) -> Callable[[], Any]:
    """For the memory measurement, which runs in a process of its own."""
    dask.config.set(scheduler="threads", num_workers=threads)
    KERNELS[kernel](da.ones((2, 2, 2), dtype=bool, chunks=1))
    return lambda: from_zarr_to_zarr(kernel, folder)


def beside_memory(name: str, options: argparse.Namespace) -> str:
    """What bricks cost beside one array in memory; reading and writing Zarr counts."""
    mask = VOLUMES[name](options.edge) > 0
    lines = [
        "| volume | bricks | kernel | ms | Mvoxel/s | in memory, ms | × memory "
        "| and the same files, ms | × both | peak B/voxel |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    threads = options.threads
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        bricks = da.from_array(mask, chunks=options.brick)
        bricks.to_zarr(folder / "mask.zarr")
        for kernel in KERNELS:
            assert same(from_zarr_to_zarr(kernel, folder), in_memory(kernel, mask, threads))
            calls: list[Callable[[], Any]] = [
                lambda k=kernel: from_zarr_to_zarr(k, folder),
                lambda k=kernel: in_memory(k, mask, threads),
                lambda k=kernel: with_files(k, folder, options.brick, threads),
            ]
            times: list[list[float]] = [[] for _ in calls]
            for _ in range(options.repeat):
                for taken, call in zip(times, calls, strict=True):
                    begin = time.perf_counter()
                    call()
                    taken.append(time.perf_counter() - begin)
            ours, memory, files = map(statistics.median, times)
            peak = peak_bytes(prepare, kernel, folder, threads)
            lines.append(
                f"| {name} {options.edge}³ | {bricks.npartitions} | {kernel} | {1e3 * ours:.0f} | "
                f"{mask.size / ours / 1e6:.0f} | {1e3 * memory:.0f} | {ours / memory:.1f} | "
                f"{1e3 * files:.0f} | {ours / files:.1f} | {peak / mask.size:.1f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
