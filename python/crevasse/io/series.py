"""A series of scans: where its frames, times and voxel size come from."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, cast

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse.io.array import ArrayLike, array_scans, is_array
from crevasse.io.fact import in_words
from crevasse.io.formats import list_scans, open_scans
from crevasse.io.frame import Frame
from crevasse.io.scan import Scan, without_half_floats
from crevasse.io.schedule import Schedule, by_end, read_schedule
from crevasse.io.stand_in import open_usable

Paths = Sequence[str | os.PathLike[str]]
Source = str | os.PathLike[str] | Paths | ArrayLike


class DoubtfulVoxelSizeWarning(UserWarning):
    """Files give a voxel size that is not to be relied on, and no other was given."""


@dataclass(frozen=True)
class Series:
    """Scans of equal shape and dtype in order of time; iterate over it for its frames.

    Attributes
    ----------
    frames
        In order of time.
    spacing, unit, spacing_source
        Voxel size in axis order, its unit, and where the number came from.
    time_unit, times_source
        Unit of the frames' times, and where they came from.
    source
        What was opened.
    doubt
        Why a voxel size that the files give is not used; empty if there is none such.
    origin
        Where the frames begin in the whole scans, in `unit`; empty: they are whole.
    """

    frames: tuple[Frame, ...]
    spacing: tuple[float, ...]
    unit: str
    spacing_source: str
    time_unit: str
    times_source: str
    source: str
    doubt: str = ""
    origin: tuple[float, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every frame, (z, y, x) or (y, x)."""
        return self.frames[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of every frame."""
        return self.frames[0].dtype

    @property
    def times(self) -> NDArray[np.float64]:
        """Time of every frame."""
        return np.array([frame.time for frame in self.frames])

    def __repr__(self) -> str:
        return (
            f"Series({len(self)} frames from {self.source}; shape {self.shape}, {self.dtype}, "
            f"spacing {self.spacing} {self.unit}, times {self.frames[0].time:g} to "
            f"{self.frames[-1].time:g} {self.time_unit})"
        )

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)

    def __getitem__(self, index: int) -> Frame:
        return self.frames[index]


def open_series(
    source: Source,
    *,
    spacing: _validate.Spacing | None = None,
    times: Sequence[float] | str | os.PathLike[str] | None = None,
    unit: str = "um",
    time_unit: str = "h",
    dataset: str | None = None,
    keep_broken: bool = False,
) -> Series:
    """Open a series of scans; only headers are read.

    Parameters
    ----------
    source
        A folder with one TIFF, HDF5, npy or Zarr a time (2-D or 3-D); a folder with one sub-folder
        of slices a time; a glob pattern; a list of files or folders, in order; a file with a 4-D
        array (t, z, y, x); or such an array, or (t, y, x), of NumPy, Dask, h5py or Zarr. Files of
        folders and patterns are sorted as people count: 2 before 10.
    spacing
        Voxel size, a number or one per axis in axis order. None: from the times' CSV if it has it,
        else what all files say, in µm, unless that is doubtful, else 1 in unit "voxel".
    times
        One rising number a frame, or a CSV file with a column ``time`` (or ``time_h``,
        ``time_min``, ``time_s``), optionally ``file`` to match frames by name and ``spacing`` (or
        ``spacing_z``, ``spacing_y``, ``spacing_x``). None: hours since the first scan ended where
        all files say when they did, and frames of folders and patterns are sorted by that; else
        frame numbers.
    unit, time_unit
        Of `spacing` and `times`.
    dataset
        Which array of each file, where it holds several: ``"/entry/results/data"``.
    keep_broken
        Keep the place of a file that cannot be opened, or whose shape or dtype is not that of most:
        that is told when its frame is read. Where times come from the files, give others.

    Returns
    -------
    Series

    Raises
    ------
    FileNotFoundError
        If the source does not exist or holds no scan.
    ValueError
        If frames differ in shape or dtype, a file is damaged, it is not clear which of its arrays
        is meant, or times or spacing do not fit.

    Warns
    -----
    DoubtfulVoxelSizeWarning
        If files give a voxel size that is not used because it is doubtful.

    Examples
    --------
    >>> import numpy as np
    >>> series = open_series(np.zeros((3, 4, 5), np.uint8), spacing=1.8, times=[0, 0.25, 0.5])
    >>> len(series), series.shape, series.spacing, series.unit
    (3, (4, 5), (1.8, 1.8), 'um')
    """
    scans = _scans(source, dataset, keep_broken)
    scans = [without_half_floats(scan) for scan in scans]
    _require_equal(scans)
    scans, schedule = _scheduled(scans, times, time_unit, keep_order=not _is_path(source))
    lengths, unit_used, spacing_source, doubt = voxel_size_of(spacing, schedule, scans, unit)
    if doubt:
        warnings.warn(
            f"{doubt}; lengths are in voxels: give spacing", DoubtfulVoxelSizeWarning, stacklevel=2
        )
    frames = tuple(
        Frame(
            index, scan.name, time, scan.shape, scan.dtype, scan.read, scan.stamp, scan.provenance
        )
        for index, (scan, time) in enumerate(zip(scans, schedule.times, strict=True))
    )
    return Series(
        frames,
        lengths,
        unit_used,
        spacing_source,
        schedule.unit,
        schedule.in_words,
        _describe(source),
        doubt,
    )


def _is_path(source: Source) -> TypeGuard[str | os.PathLike[str]]:
    return isinstance(source, (str, os.PathLike))


def _scans(source: Source, dataset: str | None, keep_broken: bool) -> list[Scan]:
    if is_array(source):
        return array_scans(source)
    if _is_path(source):
        paths = list_scans(source)
    else:
        paths = [Path(p) for p in cast(Paths, source)]
        if not paths:
            raise ValueError("source must name at least one file or folder, got an empty list")
    if keep_broken:
        return open_usable(paths, dataset)
    return [scan for path in paths for scan in open_scans(path, dataset)]


def _require_equal(scans: Sequence[Scan]) -> None:
    first = scans[0]
    for scan in scans:
        if scan.shape != first.shape or scan.dtype != first.dtype:
            raise ValueError(
                f"all frames must have the same shape and dtype, but {first.name} is "
                f"{first.shape} {first.dtype} and {scan.name} is {scan.shape} {scan.dtype}"
            )


def _scheduled(
    scans: list[Scan],
    times: Sequence[float] | str | os.PathLike[str] | None,
    time_unit: str,
    *,
    keep_order: bool,
) -> tuple[list[Scan], Schedule]:
    """The scans in order of time, and their times."""
    names = [scan.name for scan in scans]
    if times is None:
        ends = [scan.provenance.end for scan in scans]
        order, schedule = by_end(ends, keep_order=keep_order)
        return [scans[i] for i in order], schedule
    if isinstance(times, (str, os.PathLike)):
        schedule = read_schedule(Path(times), names, time_unit)
    else:
        schedule = Schedule([float(t) for t in times], time_unit, "given")
    if len(schedule.times) != len(names):
        raise ValueError(
            f"times must be one a frame, got {len(schedule.times)} for {len(names)} frames"
        )
    before = -np.inf
    for name, time in zip(names, schedule.times, strict=True):
        if not before < time < np.inf:
            after = f" after {before}" if np.isfinite(before) else ""
            raise ValueError(
                f"times must be finite and rise from frame to frame, got {time} of {name}{after}"
            )
        before = time
    return scans, schedule


def voxel_size_of(
    spacing: _validate.Spacing | None,
    schedule: Schedule,
    scans: Sequence[Scan],
    unit: str,
) -> tuple[tuple[float, ...], str, str, str]:
    """The voxel size, its unit and source, and why that of the files is not used."""
    ndim = len(scans[0].shape)
    if spacing is not None:
        return _validate.spacing(spacing, ndim), unit, "given", ""
    if schedule.spacing is not None:
        return _validate.spacing(schedule.spacing, ndim), unit, schedule.source, ""
    said = scans[0].provenance.voxel_size
    doubt = doubt_of(scans)
    if said is not None and not doubt:
        return said.value, said.unit, said.source, ""
    source = f"not given: voxel units{f' ({doubt})' if doubt else ''}"
    return (1.0,) * ndim, "voxel", source, doubt


def doubt_of(scans: Sequence[Scan]) -> str:
    """Why the voxel size that files give is not used; empty if it is, or if they give none."""
    said = [scan.provenance.voxel_size for scan in scans]
    first = said[0]
    for scan, fact in zip(scans, said, strict=True):
        if fact is not None and fact.doubt:
            return f"{fact.source} says {in_words(fact)}, but {fact.doubt}"
        if (fact is None) != (first is None) or (
            fact and first and not np.allclose(fact.value, first.value, rtol=1e-4, atol=0)
        ):
            one, other = (in_words(f) if f else "nothing" for f in (first, fact))
            return f"{scans[0].name} says {one} of its voxel size, and {scan.name} {other}"
    return ""


def _describe(source: Source) -> str:
    if is_array(source):
        return "array"
    if _is_path(source):
        return str(source)
    paths = cast(Paths, source)
    return f"{len(paths)} files from {paths[0]}"
