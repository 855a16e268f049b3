"""Values for JSON, which has no number for what is not known or infinite."""

from __future__ import annotations

import math
from typing import TypeVar

Value = TypeVar("Value")


def plain(value: Value) -> Value | None:
    """A value as it is; None for a float that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
