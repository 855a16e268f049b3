"""How a series is followed: what `Tracker` is given, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from crevasse import _validate
from crevasse._regions import default_unit

Repeatability = float | Literal["baseline"]
"""A fraction of a crack's volume, or that it is measured between the baseline frames."""

_MOST_FRAMES = 2**31 - 1


@dataclass(frozen=True)
class Options:
    """See `Tracker` for their meaning. Plain values, so that they can be stored as JSON."""

    spacing: float | tuple[float, ...]
    unit: str | None
    time_unit: str | None
    connectivity: int
    baseline_frames: int
    repeatability: Repeatability
    confirm_after: int

    def __post_init__(self) -> None:
        for name in ("baseline_frames", "confirm_after"):
            value = getattr(self, name)
            if not _validate.is_whole(value) or not 1 <= value <= _MOST_FRAMES:
                raise ValueError(f"{name} must lie in 1..{_MOST_FRAMES}, got {value!r}")
            object.__setattr__(self, name, int(value))
        for name in ("unit", "time_unit"):
            value = getattr(self, name)
            if not (value is None or isinstance(value, str)):
                raise TypeError(f"{name} must be the name of a unit or None, got {value!r}")
        share = checked_repeatability(self.repeatability, self.baseline_frames)
        object.__setattr__(self, "repeatability", share)
        joined = self.connectivity
        if not _validate.is_whole(joined) or joined not in (4, 6, 8, 18, 26):
            raise ValueError(f"connectivity must be 6, 18 or 26 (4 or 8 in images), got {joined!r}")
        object.__setattr__(self, "connectivity", int(joined))
        # How many axes frames have comes later.
        ndim = 2 if np.size(self.spacing) == 2 else 3
        lengths = _validate.spacing(self.spacing, ndim)
        object.__setattr__(self, "spacing", lengths[0] if np.ndim(self.spacing) == 0 else lengths)

    def spacing_of(self, ndim: int) -> tuple[float, ...]:
        """Voxel size, one length per axis."""
        return _validate.spacing(self.spacing, ndim)

    def unit_of(self, ndim: int) -> str:
        """Unit of lengths."""
        return self.unit or default_unit(self.spacing_of(ndim))


def checked_repeatability(value: Repeatability, baseline_frames: int) -> Repeatability:
    """The same; `ValueError` if it is no fraction, or to be measured with nothing to do so."""
    if isinstance(value, str) and value == "baseline":
        if baseline_frames < 2:
            raise ValueError(
                f"baseline_frames must be at least 2 for repeatability 'baseline', got "
                f"{baseline_frames}; give the number of scans before anything changes"
            )
        return value
    share = math.nan if isinstance(value, str) else _validate.number(value)
    if not 0.0 <= share < 1.0:
        raise ValueError(f"repeatability must lie in [0, 1) or be 'baseline', got {value!r}")
    return share
