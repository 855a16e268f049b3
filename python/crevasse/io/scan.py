"""One scan: what its files say before they are read, and the way to read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.io.fact import Fact, Provenance
from crevasse.io.refusal import RefusedError

Selection = tuple[int | slice, ...]
_ASSUMED = {2: "y:x", 3: "z:y:x", 4: "t:z:y:x"}


@dataclass(frozen=True)
class Scan:
    """One scan as its files tell it, before it has a place and a time in a series.

    Attributes
    ----------
    name
        Of the file or folder.
    shape, dtype
        (z, y, x) or (y, x), and the grey values' type.
    read
        Reads the grey volume; nothing is kept.
    provenance
        Format, order of axes, voxel size and time, and where each came from.
    stamp
        Changes when the files do: their number, size and time; empty for arrays.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], NDArray[Any]] = field(repr=False)
    provenance: Provenance
    stamp: str = ""


@dataclass(frozen=True)
class Stored:
    """An array as it lies in a file, whose axes are in any order.

    Attributes
    ----------
    name
        Of the file; what is wrong with the array is told with it.
    shape, dtype
        As stored.
    read
        Reads a selection: a number or a slice for each axis as stored.
    provenance
        Its voxel size is one length for each axis of space, in stored order, or one for all.
    stamp
        As of a `Scan`.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[Selection], NDArray[Any]]
    provenance: Provenance
    stamp: str = ""

    def scans(self) -> tuple[Scan, ...]:
        """The scans in it, one for each place along t.

        Raises
        ------
        ValueError
            If an axis other than t, z, y and x is longer than one, or it is no grey image.
        """
        axes = tuple(self.provenance.axes.value.split(":"))
        _require_image(self, axes)
        space = [axis for axis in "zyx" if axis in axes]
        shape = tuple(self.shape[axes.index(axis)] for axis in space)
        provenance = replace(self.provenance, voxel_size=_sorted(self.provenance, axes, space))
        n_times = self.shape[axes.index("t")] if "t" in axes else 1

        def scan(t: int) -> Scan:
            name = self.name if n_times == 1 else f"{self.name}[{t}]"
            selection = tuple(
                slice(None) if axis in space else (t if axis == "t" else 0) for axis in axes
            )
            read = partial(_read, self.read, selection, [a for a in axes if a in space], space)
            return Scan(name, shape, self.dtype.newbyteorder("="), read, provenance, self.stamp)

        return tuple(scan(t) for t in range(n_times))


def assumed_axes(ndim: int, source: str) -> Fact[str]:
    """The usual order, for files that do not give one."""
    return Fact(_ASSUMED.get(ndim, ":".join("?" * ndim)), f"assumed: {source} does not say")


def said_axes(names: Sequence[str], ndim: int, source: str) -> Fact[str] | None:
    """The order that a file gives by names such as z or voxel_z; None if it gives none.

    Names that say nothing of y and x leave the usual order, with a doubt.
    """
    if len(names) != ndim or not any(name.strip(".") for name in names):
        return None
    letters = [name.strip().lower().removeprefix("voxel_") for name in names]
    if {"y", "x"} <= set(letters):
        return Fact(":".join(letters), source)
    return replace(assumed_axes(ndim, source), doubt=f"its axes are called {', '.join(names)}")


def stamp(paths: Sequence[Path]) -> str:
    """A text that changes when one of the files does."""
    stats = [path.stat() for path in paths]
    latest = max(stat.st_mtime_ns for stat in stats)
    return f"{len(stats)} {sum(stat.st_size for stat in stats)} {latest}"


def without_half_floats(scan: Scan) -> Scan:
    """Half floats, which some reconstructions are stored in, are read as single ones."""
    if scan.dtype != np.float16:
        return scan
    return replace(scan, dtype=np.dtype(np.float32), read=lambda: scan.read().astype(np.float32))


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key that reads runs of digits as numbers: frame_2 before frame_10.

    Examples
    --------
    >>> sorted(["s10", "s9", "S1"], key=natural_key)
    ['S1', 's9', 's10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    key = [(0, int(p), p) if p[0] in "0123456789" else (1, 0, p.casefold()) for p in parts]
    return [*key, (2, 0, name)]


def skipped_number(names: Sequence[str]) -> tuple[str, str] | None:
    """The first two names that follow each other although their numbers say one is missing between.

    None where names differ in more than one number, or most numbers do not rise by the same step.

    Examples
    --------
    >>> skipped_number(["s_1.tif", "s_2.tif", "s_3.tif", "s_5.tif", "s_6.tif"])
    ('s_3.tif', 's_5.tif')
    >>> skipped_number(["s_10.tif", "s_20.tif", "s_30.tif"])
    """
    if len(names) < 3 or len({re.sub("[0-9]+", "0", name) for name in names}) != 1:
        return None
    numbers = zip(*(map(int, re.findall("[0-9]+", name)) for name in names), strict=True)
    changing = [column for column in numbers if len(set(column)) > 1]
    if len(changing) != 1:
        return None
    found = [b - a for a, b in pairwise(changing[0])]
    usual = max(set(found), key=found.count)
    missing = [k for k, step in enumerate(found) if step > usual]
    if 2 * found.count(usual) <= len(found) or not missing:
        return None
    return names[missing[0]], names[missing[0] + 1]


def _require_image(stored: Stored, axes: tuple[str, ...]) -> None:
    name, order = stored.name, ":".join(axes)
    if stored.dtype.kind not in "biuf":
        raise RefusedError(f"{name} must hold grey values or labels, got {stored.dtype}")
    if len(axes) != len(stored.shape) or 0 in stored.shape:
        raise RefusedError(
            f"{name} must be 2-D (y, x), 3-D (z, y, x) or 4-D (t, z, y, x) and not empty, "
            f"got shape {stored.shape}"
        )
    if len(set(axes)) != len(axes) or not {"y", "x"} <= set(axes):
        raise RefusedError(f"{name} must have the axes y and x once each, got {order}")
    for axis, length in zip(axes, stored.shape, strict=True):
        if axis not in ("t", "z", "y", "x") and length != 1:
            raise RefusedError(
                f"{name} must have one {axis}, got {length} in axes {order} {stored.shape}; "
                "export the one that is wanted"
            )


def _sorted(
    provenance: Provenance, axes: Sequence[str], space: Sequence[str]
) -> Fact[tuple[float, ...]] | None:
    """The voxel size in the order that scans are read in."""
    fact = provenance.voxel_size
    if fact is None:
        return None
    stored = [axis for axis in axes if axis in space]
    lengths = fact.value * len(stored) if len(fact.value) == 1 else fact.value
    if len(lengths) != len(stored):
        doubt = f"it has {len(lengths)} lengths for {len(stored)} axes"
        return replace(fact, doubt=fact.doubt or doubt)
    by_axis = dict(zip(stored, lengths, strict=True))
    return replace(fact, value=tuple(by_axis[axis] for axis in space))


def _read(
    read: Callable[[Selection], NDArray[Any]],
    selection: Selection,
    stored: Sequence[str],
    wanted: Sequence[str],
) -> NDArray[Any]:
    image = read(selection).transpose([stored.index(axis) for axis in wanted])
    return np.require(image, dtype=image.dtype.newbyteorder("="), requirements=["C", "W", "E"])
