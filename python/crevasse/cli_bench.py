"""crevasse bench: how fast the kernels are on this machine."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import crevasse
from crevasse.cli_arguments import add_command, at_least

_SHEETS = 24
_SHARE = 0.03  # of the volume, about, as cracks in a solid


def add_bench(commands: Any) -> None:
    """Add the command."""
    text = "say how fast the kernels are on this machine, on a volume of thin cracks"
    command = add_command(commands, "bench", _bench, text)
    command.add_argument(
        "--edge", type=at_least(16), default=256, help="of the volume, in voxels (default: 256)"
    )
    command.add_argument("--threads", type=at_least(1), help="default: all cores that may be used")
    command.add_argument(
        "--repeat", type=at_least(1), default=5, help="times; the median counts (default: 5)"
    )


def _bench(options: argparse.Namespace) -> int:
    mask = cracks(options.edge)
    seconds: dict[str, float] = {}
    for name, call in _kernels(mask, options.threads).items():
        if sys.stderr.isatty():
            print(f"{name} …", file=sys.stderr, end="\r")
        seconds[name] = _median_seconds(call, options.repeat)
    if options.json:
        rows = [{"kernel": name, "seconds": taken} for name, taken in seconds.items()]
        about = {"edge": options.edge, "threads": options.threads}
        print(json.dumps(about | {"foreground": float(mask.mean()), "kernels": rows}))
        return 0
    print(f"{options.edge}³ voxels, {100 * mask.mean():.1f} % foreground")
    for name, taken in seconds.items():
        print(f"{name:18} {1e3 * taken:9.1f} ms {mask.size / taken / 1e9:8.3f} Gvoxel/s")
    return 0


def cracks(edge: int) -> NDArray[np.bool_]:
    """A cube of discs, 2 to 5 voxels thick, that lie in all directions; the same each time."""
    rng = np.random.default_rng(0)
    mask = np.zeros((edge,) * 3, dtype=np.bool_)
    width = 3.5
    radius = np.sqrt(_SHARE * edge**3 / (_SHEETS * np.pi * width))
    axes = np.ogrid[:edge, :edge, :edge]
    for _ in range(_SHEETS):
        centre, normal = rng.uniform(0, edge, 3), rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        half = rng.uniform(1.0, 2.5)
        away = [(a - c).astype(np.float32) for a, c in zip(axes, centre, strict=True)]
        across = sum(a * np.float32(n) for a, n in zip(away, normal, strict=True))
        squared = sum(a * a for a in away)
        mask |= (np.abs(across) < half) & (squared < radius**2)
    return mask


def _kernels(mask: NDArray[np.bool_], threads: int | None) -> dict[str, Callable[[], object]]:
    runs = crevasse.RunVolume.from_mask(mask, n_threads=threads)
    labeling = runs.label(n_threads=threads)
    tracker = crevasse.Tracker(n_threads=threads)
    tracker.update(runs)
    return {
        "encode": lambda: crevasse.RunVolume.from_mask(mask, n_threads=threads),
        "label (runs)": lambda: runs.label(n_threads=threads),
        "label": lambda: crevasse.label(mask, n_threads=threads),
        "regions": lambda: labeling.regions(n_threads=threads),
        "distance": lambda: crevasse.distance(mask, n_threads=threads),
        "local_thickness": lambda: crevasse.local_thickness(mask, n_threads=threads),
        "Tracker.update": lambda: tracker.update(mask),
    }


def _median_seconds(call: Callable[[], object], repeat: int) -> float:
    """After one call that is not timed."""
    call()
    taken = []
    for _ in range(repeat):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)
