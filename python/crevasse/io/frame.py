"""One scan of a series, read when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.io.fact import Provenance


@dataclass(frozen=True)
class Frame:
    """One scan: what is known of it before it is read, and the way to read it.

    Attributes
    ----------
    index, name, time
        Place in the series, from 0; name of the file or folder; time in the series' unit.
    shape, dtype
        (z, y, x) or (y, x), and the grey values' type.
    stamp
        Changes when the files do: their number, size and time; empty for arrays.
    provenance
        What the files say of format, order of axes, voxel size and time, and where.
    """

    index: int
    name: str
    time: float
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    _read: Callable[[], NDArray[Any]] = field(repr=False)
    stamp: str = ""
    provenance: Provenance | None = None

    def read(self) -> NDArray[Any]:
        """Read the grey volume; nothing is kept, and the caller may write into it.

        Raises
        ------
        ValueError
            If the file is damaged, or is not what it was when the series was opened.
        """
        image = self._read()
        if image.shape != self.shape or image.dtype != self.dtype:
            raise ValueError(
                f"{self.name} has changed since the series was opened: it was {self.shape} "
                f"{self.dtype}, now it is {image.shape} {image.dtype}"
            )
        return image
