"""Reading TIFF, with one-line errors that name the file."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from crevasse.io.refusal import RefusedError, too_large, unreadable

SUFFIXES = (".tif", ".tiff")


def tiff_header(path: str | os.PathLike[str]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape, (z, y, x) or (y, x), and dtype of a TIFF, without reading its voxels.

    Raises
    ------
    ValueError
        If the file is no TIFF, is damaged or truncated, or is not 2-D or 3-D grey.
    """
    with OpenTiff(path) as file:
        return shape_of(file, path), dtype_of(file)


def read_tiff(path: str | os.PathLike[str], *, workers: int | None = None) -> NDArray[Any]:
    """Read a TIFF as a C-contiguous (z, y, x) or (y, x) array in native byte order.

    Parameters
    ----------
    path
        The file.
    workers
        Threads that decode. None: half of the usable cores, or TIFFFILE_NUM_THREADS.

    Raises
    ------
    ValueError
        As `tiff_header`; also if a page cannot be decoded.
    """
    with OpenTiff(path) as file:
        shape = shape_of(file, path)
        image = file.asarray(maxworkers=workers).reshape(shape)
    return np.ascontiguousarray(image, dtype=image.dtype.newbyteorder("="))


def read_slices(paths: Sequence[str | os.PathLike[str]]) -> NDArray[Any]:
    """Read 2-D TIFFs, one a slice, as a (z, y, x) volume; half of the usable cores decode.

    Raises
    ------
    ValueError
        As `read_tiff`; also if a slice differs from the first in shape or dtype.
    """
    shape, dtype = tiff_header(paths[0])
    if len(shape) != 2:
        raise ValueError(f"{paths[0]} must be a 2-D slice, got shape {shape}")
    volume = np.empty((len(paths), *shape), dtype=dtype)

    def read(z: int) -> None:
        image = read_tiff(paths[z], workers=1)
        if image.shape != shape or image.dtype != dtype:
            raise ValueError(
                f"{paths[z]} must be like the first slice, {shape} {dtype}, "
                f"got {image.shape} {image.dtype}"
            )
        volume[z] = image

    with ThreadPoolExecutor(tifffile.TIFF.MAXWORKERS) as readers:
        for _ in readers.map(read, range(len(paths))):  # the first slice that fails is raised
            pass
    return volume


class _Complaints(logging.Handler):
    """What tifffile logs as an error in this thread; it goes on without pages it cannot find."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._thread = threading.get_ident()
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and not self.first:
            self.first = record.getMessage()


class OpenTiff:
    """A TIFF file, with whatever goes wrong turned into a ValueError that names it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._file: tifffile.TiffFile | None = None
        self._complaints = _Complaints()

    def __enter__(self) -> tifffile.TiffFile:
        if not self._path.exists():
            raise FileNotFoundError(f"{self._path} does not exist")
        tifffile.logger().addHandler(self._complaints)
        try:
            self._file = tifffile.TiffFile(self._path)
            self._refuse_truncated(self._file)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self._file

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        tifffile.logger().removeHandler(self._complaints)
        if self._file is not None:
            self._file.close()
        if isinstance(error, MemoryError):
            raise too_large(self._path) from error
        if isinstance(error, Exception) and not isinstance(error, (OSError, RefusedError)):
            raise unreadable(self._path, "TIFF", error) from error

    def _refuse_truncated(self, file: tifffile.TiffFile) -> None:
        """Every strip must lie inside the file; decoders fill what is missing with zeros."""
        size = self._path.stat().st_size
        if len(file.pages) == 0:
            raise RefusedError(f"{self._path} holds no image; copy or export it again")
        for page in file.pages:
            frame = page.aspage() if isinstance(page, tifffile.TiffFrame) else page
            ends = [o + n for o, n in zip(frame.dataoffsets, frame.databytecounts, strict=True)]
            if not ends or max(ends) > size or 0 in frame.dataoffsets:
                raise RefusedError(
                    f"{self._path} is truncated: it has {size} bytes and refers to "
                    f"{max(ends, default=0)}; copy or export it again"
                )
        if self._complaints.first:
            raise ValueError(self._complaints.first)


def shape_of(file: tifffile.TiffFile, path: str | os.PathLike[str]) -> tuple[int, ...]:
    """(z, y, x) or (y, x), whatever axes of length one are before."""
    series = file.series
    shape = tuple(int(n) for n in series[0].shape)
    if len(series) != 1:
        sizes = ", ".join(str(s.shape) for s in series[:3])
        raise RefusedError(f"{path} must hold one image of equal pages, got {len(series)}: {sizes}")
    if file.pages.first.samplesperpixel != 1:
        raise RefusedError(
            f"{path} must be grey, got {file.pages.first.samplesperpixel} samples a pixel; "
            "convert it to one channel"
        )
    while len(shape) > 3 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) not in (2, 3):
        raise RefusedError(f"{path} must be 2-D (y, x) or 3-D (z, y, x), got shape {shape}")
    return shape


def dtype_of(file: tifffile.TiffFile) -> np.dtype[Any]:
    """Of the grey values, in native byte order."""
    dtype: np.dtype[Any] = np.dtype(file.series[0].dtype)
    return dtype.newbyteorder("=")
