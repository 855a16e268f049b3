"""Records of columns, one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

D = TypeVar("D", bound="DataclassInstance")


def joined(parts: Sequence[D]) -> D:
    """At least one dataclass of arrays, each array along its first axis."""
    first = parts[0]
    columns = ([getattr(part, field.name) for part in parts] for field in fields(first))
    return type(first)(*(np.concatenate(column) for column in columns))
