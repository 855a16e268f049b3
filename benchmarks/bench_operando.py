"""The operando analysis beside the reading of its scans: 40 frames of about 512³.

The first frame of case C is followed by four that follow each other, which are made once and read
over and over, forwards and backwards in turn, so that making them does not take longer than
everything else. Both are timed in one run: reading and decoding alone, and the whole analysis,
which reads as well. Scans lie in the page cache, or are dropped from it before each time that they
are read ("from disk"), as those of a series that is larger than the memory.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import tifffile
from measure import Call, peak_bytes
from numpy.typing import NDArray

from crevasse import phantom
from crevasse.io import Frame, Series, open_series
from crevasse.operando import analyze_series
from crevasse.operando.experiment.planning import plan_toml
from crevasse.phantom.case_files import case_experiment

_SHOWN = (0, 9, 10, 11, 12)  # the cell at first; the filament grows until it shorts it


def write_scans(folder: Path, scale: float) -> Path:
    """Some frames of case C, and the experiment for them."""
    scene = phantom.case_c(scale=scale)
    (folder / "scans").mkdir()
    for k in _SHOWN:
        tifffile.imwrite(folder / "scans" / f"{k:02d}.tif", scene.image(k))
    text = case_experiment(scene)
    kept = text[: text.index("[cycler]")] + text[text.index("[region]") :]
    kept = kept.replace('times = "scans/times.csv"', "interval = 0.25")
    path = folder / "cell.toml"
    path.write_text(kept, encoding="utf-8")
    return path


def compress(folder: Path, compression: str) -> None:
    """Write the scans again."""
    for path in (folder / "scans").glob("*.tif"):
        tifffile.imwrite(path, tifffile.imread(path), compression=compression)


def in_turn(series: Series, n_frames: int, *, from_disk: bool = False) -> Series:
    """As many frames as wanted, the first one once; no scan is read twice in a row."""
    first, *rest = (Path(series.source).parent / f.name for f in series.frames)
    rest += rest[-2:0:-1]  # and back
    paths = [first, *(rest[i % len(rest)] for i in range(n_frames - 1))]
    longer = open_series(
        paths,
        spacing=series.spacing,
        times=[0.25 * i for i in range(n_frames)],
    )
    frames = longer.frames
    if from_disk:
        frames = tuple(
            replace(frame, _read=partial(read_from_disk, frame, paths[frame.index]))
            for frame in frames
        )
    return replace(longer, unit=series.unit, frames=frames)


def read_from_disk(frame: Frame, path: Path) -> NDArray[Any]:
    forget(path)
    return frame.read()


def forget(path: Path) -> None:
    """Drop a file from the page cache (Linux)."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds(call: Call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def read_all(series: Series) -> None:
    for frame in series:
        frame.read()


def read_bytes(series: Series) -> None:
    for frame in series:
        (Path(series.source).parent / frame.name).read_bytes()


def analysis(experiment: Path, n_frames: int) -> Call:
    """The whole analysis, for `measure.peak_bytes`."""
    plan = plan_toml(experiment)
    return partial(analyze_series, in_turn(plan.series, n_frames), plan.settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=5.0, help="5: 560 x 480 x 480 voxels")
    parser.add_argument("--frames", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        experiment = write_scans(Path(folder), options.scale)
        for name, compression, from_disk in (
            ("uncompressed", None, False),
            ("uncompressed, from disk", None, True),
            ("zlib", "zlib", False),
        ):
            if compression is not None:
                compress(Path(folder), compression)
            plan = plan_toml(experiment)
            series = in_turn(plan.series, options.frames, from_disk=from_disk)
            n = options.frames
            on_disk = seconds(partial(read_bytes, plan.series)) / len(plan.series)
            reading = seconds(partial(read_all, series)) / n
            plain = replace(plan.settings, align="none", fronts=False)
            print(f"{n} frames of {series.shape}, {name}")
            parts = f"bytes alone from the page cache {on_disk:4.2f}"
            print(f"  reading and decoding {reading:4.2f} s a frame, {parts}")
            for what, settings in (
                ("phases, layers, tracking", plain),
                ("with fronts", replace(plain, fronts=True)),
                ("with fronts and drift", replace(plan.settings, stable=None)),
            ):
                taken = seconds(partial(analyze_series, series, settings)) / n
                print(
                    f"  {what:26} {taken:4.2f} s a frame in all, of which reading would be "
                    f"{100 * reading / taken:.0f} %; beyond it {taken / reading - 1:.1f} times that"
                )
            peak = peak_bytes(analysis, experiment, options.frames)
            n_bytes = math.prod(series.shape) * series.dtype.itemsize
            print(f"  peak memory {peak / n_bytes:.1f} frames")


if __name__ == "__main__":
    main()
