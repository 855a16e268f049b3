"""Series in arrays that keep to NumPy's protocol: of NumPy, Dask, h5py, Zarr."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from crevasse.io.fact import Provenance
from crevasse.io.refusal import RefusedError
from crevasse.io.scan import Scan, assumed_axes


class ArrayLike(Protocol):
    """What is needed of an array: its shape and dtype, and to be indexed by frame."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, z, y, x) or (t, y, x)."""

    @property
    def dtype(self) -> Any:
        """Of the grey values."""

    def __getitem__(self, index: Any, /) -> Any:
        """One frame."""

    def __len__(self) -> int:
        """How many frames."""


def is_array(source: object) -> TypeGuard[ArrayLike]:
    """Whether a source is an array, and no path or list of paths."""
    return hasattr(source, "shape") and hasattr(source, "dtype")


def array_scans(frames: ArrayLike) -> list[Scan]:
    """The frames of an array, each read when it is asked for."""
    shape, dtype = tuple(int(n) for n in frames.shape), np.dtype(frames.dtype)
    if len(shape) not in (3, 4) or 0 in shape:
        raise RefusedError(
            f"source must be an array (t, y, x) or (t, z, y, x) with a frame, got {shape}"
        )
    provenance = Provenance("array", assumed_axes(len(shape) - 1, "an array"))
    native = dtype.newbyteorder("=")
    return [
        Scan(f"frame {i}", shape[1:], native, partial(_read, frames, i), provenance)
        for i in range(shape[0])
    ]


def _read(frames: ArrayLike, index: int) -> NDArray[Any]:
    image = np.asarray(frames[index])
    # A copy, the reader's own to write into.
    return np.array(image, dtype=image.dtype.newbyteorder("="), order="C")
