"""Tables that grow by one chunk of rows a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Coded, Column, Name, Table, concatenate

Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Chunks:
    """Rows, as one chunk a frame. A value: more rows make another, which shares those before.

    Attributes
    ----------
    nothing
        The columns without rows, which say what each holds; none: the first rows say so.
    chunks
        The rows.
    """

    nothing: Columns
    chunks: tuple[Columns, ...] = ()

    @classmethod
    def of(cls, **kinds: Any) -> Chunks:
        """No rows; columns by dtype, or by the enumeration of the names they hold."""
        return cls({name: _empty(kind) for name, kind in kinds.items()})

    def with_rows(self, rows: Columns) -> Chunks:
        """With more rows; `TypeError` where they do not hold what was declared."""
        nothing = self.nothing
        if not nothing:
            table = Table(rows)
            nothing = table.where(np.zeros(len(table), dtype=np.bool_)).stored()
        for name, column in nothing.items():
            if not _same_kind(rows[name], column):
                raise TypeError(f"{name} must hold {_kind(column)}, got {_kind(rows[name])}")
        return Chunks(nothing, (*self.chunks, rows))

    def coded(self, arrays: Mapping[str, NDArray[Any]]) -> Columns:
        """Arrays as they were stored: names as their codes."""
        kinds = {name: self.nothing.get(name) for name in arrays}
        return {
            name: Coded(arrays[name], kind.kind) if isinstance(kind, Coded) else arrays[name]
            for name, kind in kinds.items()
        }

    def columns(self) -> dict[str, Column]:
        """All rows so far."""
        return {
            name: concatenate([empty, *(chunk[name] for chunk in self.chunks)])
            for name, empty in self.nothing.items()
        }

    def column(self, name: str) -> NDArray[Any]:
        """One column."""
        parts = [self.nothing[name], *(chunk[name] for chunk in self.chunks)]
        return Table({name: concatenate(parts)})[name]

    def table(self, units: Mapping[str, str] | None = None) -> Table:
        """All rows so far."""
        return Table(self.columns(), units=units)


def _empty(kind: Any) -> Column:
    if isinstance(kind, type) and issubclass(kind, Name):
        return Coded(np.empty(0, dtype=np.uint8), kind)
    return np.empty(0, dtype=kind)


def _same_kind(a: Column, b: Column) -> bool:
    if isinstance(a, Coded) or isinstance(b, Coded):
        return isinstance(a, Coded) and isinstance(b, Coded) and a.kind is b.kind
    return a.dtype == b.dtype


def _kind(column: Column) -> str:
    return f"one of {', '.join(column.kind)}" if isinstance(column, Coded) else str(column.dtype)
