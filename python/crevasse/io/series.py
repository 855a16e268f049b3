"""A series of scans: where its frames, times and voxel size come from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse.io.frame import Frame
from crevasse.io.scan import Scan, list_scans, open_scan
from crevasse.io.schedule import Schedule, read_schedule

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | NDArray[Any]


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
    """

    frames: tuple[Frame, ...]
    spacing: tuple[float, ...]
    unit: str
    spacing_source: str
    time_unit: str
    times_source: str
    source: str

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
) -> Series:
    """Open a series of scans; only headers are read.

    Parameters
    ----------
    source
        A folder with one TIFF a time (2-D or multi-page 3-D); a folder with one sub-folder of
        slices a time; a glob pattern; a list of files or folders, in order; or an array (t, y, x)
        or (t, z, y, x). Files of folders and patterns are sorted as people count: 2 before 10.
    spacing
        Voxel size, a number or one per axis in axis order. None: from the times' CSV if it has it,
        else 1 in unit "voxel"; what TIFF files say of it is not trusted.
    times
        One rising number a frame, or a CSV file with a column ``time`` (or ``time_h``,
        ``time_min``, ``time_s``), optionally ``file`` to match frames by name and ``spacing`` (or
        ``spacing_z``, ``spacing_y``, ``spacing_x``). None: frame numbers.
    unit, time_unit
        Of `spacing` and `times`.

    Returns
    -------
    Series

    Raises
    ------
    FileNotFoundError
        If the source does not exist or holds no TIFF.
    ValueError
        If frames differ in shape or dtype, a file is damaged, or times or spacing do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> series = open_series(np.zeros((3, 4, 5), np.uint8), spacing=1.8, times=[0, 0.25, 0.5])
    >>> len(series), series.shape, series.spacing, series.unit
    (3, (4, 5), (1.8, 1.8), 'um')
    """
    scans = _scans(source)
    _require_equal(scans)
    ndim = len(scans[0].shape)
    names = [scan.name for scan in scans]
    schedule = _schedule(times, names, time_unit)
    lengths, unit_used, spacing_source = _spacing(spacing, schedule, ndim, unit)
    frames = tuple(
        Frame(index, scan.name, time, scan.shape, scan.dtype, scan.read, scan.stamp)
        for index, (scan, time) in enumerate(zip(scans, schedule.times, strict=True))
    )
    described = "array" if isinstance(source, np.ndarray) else _describe(source)
    return Series(
        frames, lengths, unit_used, spacing_source, schedule.unit, schedule.source, described
    )


def _scans(source: Source) -> list[Scan]:
    if isinstance(source, np.ndarray):
        return _array_scans(source)
    if isinstance(source, (str, os.PathLike)):
        paths = list_scans(source)
    else:
        paths = [Path(p) for p in source]
        if not paths:
            raise ValueError("source must name at least one file or folder, got an empty list")
    return [open_scan(path) for path in paths]


def _array_scans(frames: NDArray[Any]) -> list[Scan]:
    if frames.ndim not in (3, 4) or len(frames) == 0:
        raise ValueError(
            f"source must be an array (t, y, x) or (t, z, y, x) with a frame, got {frames.shape}"
        )

    def read(index: int) -> NDArray[Any]:
        return np.array(frames[index], order="C")  # the reader's own, to write into

    return [
        Scan(f"frame {i}", frames.shape[1:], frames.dtype, partial(read, i))
        for i in range(len(frames))
    ]


def _require_equal(scans: Sequence[Scan]) -> None:
    first = scans[0]
    for scan in scans:
        if scan.shape != first.shape or scan.dtype != first.dtype:
            raise ValueError(
                f"all frames must have the same shape and dtype, but {first.name} is "
                f"{first.shape} {first.dtype} and {scan.name} is {scan.shape} {scan.dtype}"
            )


def _schedule(
    times: Sequence[float] | str | os.PathLike[str] | None, names: Sequence[str], time_unit: str
) -> Schedule:
    if times is None:
        return Schedule([float(i) for i in range(len(names))], "frame", "not given: frame numbers")
    if isinstance(times, (str, os.PathLike)):
        schedule = read_schedule(Path(times), names, time_unit)
    else:
        schedule = Schedule([float(t) for t in times], time_unit, "given")
    if len(schedule.times) != len(names):
        raise ValueError(
            f"times must be one a frame, got {len(schedule.times)} for {len(names)} frames"
        )
    if not np.all(np.isfinite(schedule.times)) or np.any(np.diff(schedule.times) <= 0):
        raise ValueError(f"times must be finite and rise from frame to frame, got {schedule.times}")
    return schedule


def _spacing(
    spacing: _validate.Spacing | None, schedule: Schedule, ndim: int, unit: str
) -> tuple[tuple[float, ...], str, str]:
    if spacing is not None:
        return _validate.spacing(spacing, ndim), unit, "given"
    if schedule.spacing is not None:
        return _validate.spacing(schedule.spacing, ndim), unit, schedule.source
    return (1.0,) * ndim, "voxel", "not given: voxel units"


def _describe(source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> str:
    if isinstance(source, (str, os.PathLike)):
        return str(source)
    return f"{len(source)} files from {source[0]}"
