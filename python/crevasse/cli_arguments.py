"""What commands have in common: their options, and how these are read."""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from crevasse.tracking.options import Repeatability


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    """A command, with what all of them have."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.add_argument(
        "--json", action="store_true", help="print the result as JSON, for machines"
    )
    command.set_defaults(run=run)
    return command


def add_output(command: argparse.ArgumentParser, default: str) -> None:
    """The option that names a folder to write to."""
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(default),
        help=f"folder to write to (default: {default})",
    )


def add_scale(command: argparse.ArgumentParser) -> None:
    """The options that say of a series what its files do not."""
    scale = command.add_argument_group("scale")
    scale.add_argument(
        "--spacing",
        type=spacing,
        help="voxel size: a number or z,y,x (default: what the scans say, else voxels)",
    )
    scale.add_argument("--unit", default="um", help="unit of --spacing (default: um)")
    scale.add_argument(
        "--times",
        help="CSV with a column time, time_h, time_min or time_s "
        "(default: when the scans ended, if they say it, else frame numbers)",
    )
    scale.add_argument("--time-unit", default="h", help="unit of a column time (default: h)")
    add_dataset(command)


def add_dataset(command: argparse.ArgumentParser) -> None:
    """The option that names an array."""
    command.add_argument(
        "--dataset", help="which array of each HDF5, Zarr or npz file, where it holds several"
    )


def require_writable(folder: Path) -> None:
    """`OSError` if nothing can be written to a folder, which is made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"output folder {folder} cannot be written to: {error.strerror}") from error


def refuse(message: str) -> NoReturn:
    """Say what is wrong with an argument."""
    raise argparse.ArgumentTypeError(message)


def finite(text: str) -> float:
    """A number."""
    try:
        value = float(text)
    except ValueError:
        refuse(f"must be a number, got {text!r}")
    return value if math.isfinite(value) else refuse(f"must be finite, got {text}")


def not_negative(text: str) -> float:
    """A number of at least 0."""
    value = finite(text)
    return value if value >= 0 else refuse(f"must not be negative, got {text}")


def repeatability(text: str) -> Repeatability:
    """A fraction, or "baseline"."""
    if text == "baseline":
        return "baseline"
    value = finite(text)
    return value if 0 <= value < 1 else refuse(f"must lie in [0, 1), got {text}")


def at_least(least: int) -> Callable[[str], int]:
    """What reads a whole number of at least that."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            refuse(f"must be a whole number, got {text!r}")
        return value if value >= least else refuse(f"must be at least {least}, got {text}")

    return parse


def spacing(text: str) -> float | tuple[float, ...]:
    """A voxel size: a number, or one an axis."""
    values = [finite(part) for part in text.split(",")]
    if min(values) <= 0:
        refuse(f"must be positive, got {text}")
    return values[0] if len(values) == 1 else tuple(values)


def box(text: str) -> tuple[slice, ...]:
    """A slice an axis."""
    slices = []
    for part in text.split(","):
        bounds = part.split(":")
        if len(bounds) != 2 or not all(
            b.strip().lstrip("-").isdigit() or not b.strip() for b in bounds
        ):
            refuse(f"must look like y0:y1,x0:x1, got {text!r}")
        begin, end = (int(b) if b.strip() else None for b in bounds)
        slices.append(slice(begin, end))
    return tuple(slices)
