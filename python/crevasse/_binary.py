"""What comes in goes out: runs where runs were given, else an array."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from crevasse._runs import RunVolume

Binary = TypeVar("Binary", RunVolume, NDArray[np.bool_])


def like(given: Binary, runs: RunVolume) -> Binary:
    """Runs, or the bool array of them where an array was given."""
    return runs if isinstance(given, RunVolume) else runs.to_mask()
