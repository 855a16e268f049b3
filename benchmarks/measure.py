"""What every benchmark shares: fair timing, the memory's speed, peak memory, and the table."""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

Call = Callable[[], Any]


def median_seconds(calls: dict[str, Call], *, repeat: int) -> dict[str, float]:
    """Median time of each call. They take turns, so that a noisy minute hits all of them.

    Before each timed call the same call is made untimed: what the one before has left, in caches
    and above all in memory that a virtual machine has meanwhile handed back to its host, is then
    nobody's advantage.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeat):
        for name, call in calls.items():
            call()
            begin = time.perf_counter()
            result = call()
            times[name].append(time.perf_counter() - begin)
            del result
    return {name: statistics.median(t) for name, t in times.items()}


def bandwidth(n_threads: int, *, repeat: int = 7) -> float:
    """Bytes a second that memory moves: a copy in `n_threads` threads, reads and writes counted."""
    source = [np.ones(2**25) for _ in range(n_threads)]
    target = [np.zeros(2**25) for _ in range(n_threads)]
    times = []
    with ThreadPoolExecutor(n_threads) as pool:
        for _ in range(repeat):
            begin = time.perf_counter()
            list(pool.map(np.copyto, target, source))
            times.append(time.perf_counter() - begin)
    return 2 * sum(a.nbytes for a in source) / statistics.median(times)


def peak_bytes(function: Callable[..., Any], *arguments: Any) -> int:
    """Most memory that `function(*arguments)` holds at once beyond what stood before, in bytes.

    Measured in a fresh process, in which a first call on nothing has already loaded the libraries.
    `function` must be importable and return what it measures: ``(prepare, run)`` calls.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_peak_in_this_process, (function, *arguments))


def _peak_in_this_process(function: Callable[..., Call], *arguments: Any) -> int:
    call = function(*arguments)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _memory_status("VmRSS")
    result = call()
    peak = _memory_status("VmHWM")
    del result
    return peak - before


def _memory_status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return 1024 * int(line.split()[1])
    raise LookupError(field)


@dataclass(frozen=True)
class Row:
    """One line of a benchmark's table; what does not apply is None."""

    volume: str
    kernel: str
    seconds: float
    voxels: int
    ratio: float | None = None  # the peer's time over ours
    must_move: int | None = None  # bytes that any method must read and write
    peak: int | None = None  # bytes held at once, results included


def table(rows: Sequence[Row], bytes_per_second: float) -> str:
    """The rows as a Markdown table."""
    head = "| volume | kernel | ms | Gvoxel/s | × peer | share of bandwidth | peak bytes/voxel |"
    lines = [head, "|---|---|--:|--:|--:|--:|--:|"]
    for r in rows:
        ratio = "" if r.ratio is None else f"{r.ratio:.1f}"
        share = ""
        if r.must_move is not None:
            share = f"{r.must_move / bytes_per_second / r.seconds:.0%}"
        peak = "" if r.peak is None else f"{r.peak / r.voxels:.2f}"
        lines.append(
            f"| {r.volume} | {r.kernel} | {1e3 * r.seconds:.1f} | "
            f"{r.voxels / r.seconds / 1e9:.2f} | {ratio} | {share} | {peak} |"
        )
    return "\n".join(lines)


def machine(n_threads: int, bytes_per_second: float, *packages: str) -> str:
    """One line that says what was measured on what."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    versions = ", ".join(f"{p} {version(p)}" for p in ("crevasse", "numpy", *packages))
    return (
        f"{cpu}, {n_threads} threads, memory {bytes_per_second / 1e9:.1f} GB/s (copy); "
        f"Python {platform.python_version()}, {versions}"
    )


def run(
    description: str,
    names: Sequence[str],
    measure: Callable[[str, int, int, int], list[Row]],
    package: str,
    *,
    edge: int = 512,
    repeat: int,
) -> None:
    """A benchmark's command line: `measure(name, edge, threads, repeat)` for each volume and edge.

    `package` is the peer, whose version goes into the table's heading.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--edge", type=int, nargs="+", default=[edge])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=repeat)
    parser.add_argument("--volumes", nargs="+", choices=names, default=names)
    options = parser.parse_args()
    speed = bandwidth(options.threads)
    print(machine(options.threads, speed, package), end="\n\n")
    rows = [
        row
        for name in options.volumes
        for edge in options.edge
        for row in measure(name, edge, options.threads, options.repeat)
    ]
    print(table(rows, speed))
