"""crevasse label | distance | thickness: one kernel on one image, from file to file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import crevasse
from crevasse._plain import plain
from crevasse.cli_arguments import add_command, add_dataset, finite, require_writable, spacing

if TYPE_CHECKING:
    from crevasse.io import Series


def add_label(commands: Any) -> None:
    """Add the command."""
    command = add_command(commands, "label", _label, "label the connected components of an image")
    _add_image(command, "a mask, labels, or grey values", "labels")
    command.add_argument(
        "--table", type=Path, help="CSV or Parquet file for a table of the regions"
    )
    command.add_argument("--connectivity", type=int, choices=[4, 6, 8, 18, 26], default=26)


def add_distance(commands: Any) -> None:
    """Add the command."""
    text = "distance from every foreground voxel to the nearest background voxel, centre to centre"
    command = add_command(commands, "distance", _distance, text)
    _add_image(command, "a mask, labels, or grey values", "distances, float32")
    _add_ends(command, "farther ones are not told apart")
    command.add_argument(
        "--signed", action="store_true", help="negative in the background: to the foreground"
    )


def add_thickness(commands: Any) -> None:
    """Add the command."""
    text = "local thickness: the diameter of the largest ball inside that covers each voxel"
    command = add_command(commands, "thickness", _thickness, text)
    _add_image(command, "a mask, or grey values", "diameters, float32")
    _add_ends(command, "larger balls are not told apart")


def _add_image(command: argparse.ArgumentParser, holds: str, result: str) -> None:
    command.add_argument("image", type=Path, help=f"scan, 2-D or 3-D: {holds}")
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        help=f"file for the {result}: .tif, .h5, .zarr (OME-Zarr) or .npy",
    )
    command.add_argument("--low", type=finite, help="take voxels of at least this grey value")
    command.add_argument("--high", type=finite, help="take voxels of at most this grey value")
    command.add_argument(
        "--spacing",
        type=spacing,
        help="voxel size in µm: a number or z,y,x (default: what the image says, else voxels)",
    )
    add_dataset(command)


def _add_ends(command: argparse.ArgumentParser, beyond_limit: str) -> None:
    command.add_argument("--limit", type=finite, help=beyond_limit)
    command.add_argument(
        "--border", action="store_true", help="what lies outside of the image is background"
    )


def _label(options: argparse.Namespace) -> int:
    if options.table is not None:
        require_writable(options.table.parent)
        if options.table.suffix not in (".csv", ".parquet"):
            raise ValueError(f"--table must end in .csv or .parquet, got {options.table}")
    series, image = _read(options)
    labeling = crevasse.label(image, connectivity=options.connectivity)
    _write(options, series, labeling.labels, labels=True)
    if options.table is not None:
        table = crevasse.region_table(labeling, spacing=series.spacing, unit=series.unit)
        (table.to_csv if options.table.suffix == ".csv" else table.to_parquet)(options.table)
    found = {"count": labeling.count}
    written = {"labels": options.output, "table": options.table}
    return _tell(options, labeling.labels, found, written, f"components: {labeling.count}")


def _distance(options: argparse.Namespace) -> int:
    series, image = _read(options)
    distances = crevasse.distance(
        image,
        spacing=series.spacing,
        limit=options.limit,
        border=options.border,
        signed=options.signed,
    )
    _write(options, series, distances)
    farthest = float(distances.max(initial=0.0))
    found = {"farthest": farthest, "unit": series.unit}
    words = f"farthest from background: {farthest:g} {series.unit}"
    return _tell(options, distances, found, {"distances": options.output}, words)


def _thickness(options: argparse.Namespace) -> int:
    series, image = _read(options)
    thickness = crevasse.local_thickness(
        image, spacing=series.spacing, limit=options.limit, border=options.border
    )
    _write(options, series, thickness)
    inside = thickness[thickness > 0]
    mean = float(inside.mean(dtype=np.float64)) if inside.size else 0.0
    largest = float(thickness.max(initial=0.0))
    found = {"mean": mean, "largest": largest, "unit": series.unit}
    words = f"thickness: mean {mean:g}, largest {largest:g} {series.unit}"
    return _tell(options, thickness, found, {"thickness": options.output}, words)


def _read(options: argparse.Namespace) -> tuple[Series, NDArray[Any]]:
    """The scan, and its voxels or the mask of those between two grey values."""
    from crevasse.io import open_series
    from crevasse.io.writers import format_of_ending

    if options.output is not None:
        format_of_ending(options.output)
        require_writable(options.output.parent)
    series = open_series([options.image], spacing=options.spacing, dataset=options.dataset)
    if len(series) != 1:
        raise ValueError(f"{options.image} must hold one scan, got {len(series)}")
    image = series[0].read()
    if options.low is not None or options.high is not None:
        image = crevasse.RunVolume.from_threshold(image, options.low, options.high).to_mask()
    elif image.dtype.kind == "f":
        raise ValueError(f"{options.image} holds {image.dtype} grey values; give --low or --high")
    return series, image


def _write(
    options: argparse.Namespace, series: Series, result: NDArray[Any], *, labels: bool = False
) -> None:
    from crevasse.io import write_volume

    if options.output is not None:
        lengths = series.spacing if series.unit == "um" else None
        write_volume(options.output, result, spacing=lengths, labels=labels)


def _tell(
    options: argparse.Namespace,
    result: NDArray[Any],
    found: dict[str, Any],
    written: dict[str, Path | None],
    words: str,
) -> int:
    if options.json:
        files = {name: None if path is None else str(path) for name, path in written.items()}
        about = {"image": str(options.image), "shape": list(result.shape)}
        known = {name: plain(value) for name, value in found.items()}
        print(json.dumps(about | known | files, allow_nan=False))
    else:
        places = (f"; {name} in {path}" for name, path in written.items() if path is not None)
        print(words + "".join(places))
    return 0
