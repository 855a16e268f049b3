"""Tables: named columns of equal length that know their units."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_when_written

if TYPE_CHECKING:
    import pandas as pd


class Name(StrEnum):
    """Names of which there are few, each with the code that a `Coded` column stores it by."""

    code: np.uint8

    def __new__(cls, value: str) -> Self:
        name = str.__new__(cls, value)
        name._value_ = value
        name.code = np.uint8(len(cls.__members__))
        return name

    @classmethod
    def checked(cls, value: str, parameter: str) -> Self:
        """The name of a value; `ValueError` tells which names the parameter may have."""
        try:
            return cls(value)
        except ValueError:
            known = ", ".join(repr(name.value) for name in cls)
            raise ValueError(f"{parameter} must be one of {known}, got {value!r}") from None


class Coded:
    """A column of names of one kind, a byte a row.

    Parameters
    ----------
    codes
        The code of each row's name, uint8.
    kind
        What rows can hold.
    """

    def __init__(self, codes: NDArray[np.uint8], kind: type[Name]) -> None:
        self.codes = read_only(codes)
        self.kind = kind

    @classmethod
    def full(cls, n_rows: int, name: Name) -> Coded:
        """The same name in every row."""
        return cls(np.full(n_rows, name.code), type(name))

    def __len__(self) -> int:
        return len(self.codes)

    def where(self, keep: NDArray[np.bool_ | np.integer[Any]] | slice) -> Coded:
        """The rows that `keep` marks or numbers."""
        return Coded(self.codes[keep], self.kind)

    def decoded(self) -> NDArray[np.str_]:
        """The names themselves, in an array that is as wide as the longest of all."""
        of_each: NDArray[np.str_] = np.array(list(self.kind), dtype=np.str_)[self.codes]
        return of_each


Column = NDArray[Any] | Coded


def concatenate(parts: Sequence[Column]) -> Column:
    """Columns of one kind, one after the other; at least one."""
    if isinstance(parts[0], Coded):
        codes = [part.codes for part in parts if isinstance(part, Coded)]
        return Coded(np.concatenate(codes), parts[0].kind)
    return np.concatenate([part for part in parts if not isinstance(part, Coded)])


class Table:
    """Named columns of equal length, with units.

    Parameters
    ----------
    columns
        Column name to 1-D array, or to `Coded` names, which come out as an array of strings. Arrays
        are made read-only.
    units
        Unit of each column that has one, e.g. ``{"volume": "um^3"}``.

    Examples
    --------
    >>> import numpy as np
    >>> table = Table({"label": np.array([1, 2]), "volume": np.array([8.0, 1.0])},
    ...               units={"volume": "um^3"})
    >>> len(table), table.columns
    (2, ('label', 'volume'))
    >>> table["volume"]
    array([8., 1.])
    >>> table.units["volume"]
    'um^3'
    """

    def __init__(
        self, columns: Mapping[str, Column], *, units: Mapping[str, str] | None = None
    ) -> None:
        self._columns: dict[str, Column] = {
            name: values if isinstance(values, Coded) else read_only(values)
            for name, values in columns.items()
        }
        lengths = {name: len(values) for name, values in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns must have the same length, got {lengths}")
        self.units: dict[str, str] = {k: v for k, v in (units or {}).items() if k in self._columns}

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def __getitem__(self, column: str) -> NDArray[Any]:
        try:
            return _array(self._columns[column])
        except KeyError:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}") from None

    def __getattr__(self, column: str) -> NDArray[Any]:
        try:
            return _array(self.__dict__["_columns"][column])
        except KeyError:
            raise AttributeError(f"no column {column!r}") from None

    def __contains__(self, column: object) -> bool:
        return column in self._columns

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return (
            self.columns == other.columns
            and self.units == other.units
            and all(_equal(self[name], other[name]) for name in self.columns)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} rows: {', '.join(self.columns)})"

    def where(self, keep: NDArray[np.bool_ | np.integer[Any]] | slice) -> Self:
        """The rows that `keep` marks or numbers, or a slice of them, as a new table."""
        kept: dict[str, Column] = {
            name: values.where(keep) if isinstance(values, Coded) else values[keep]
            for name, values in self._columns.items()
        }
        return type(self)(kept, units=self.units)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row as a dict of Python values."""
        lists = [self[name].tolist() for name in self.columns]
        for row in zip(*lists, strict=True):
            yield dict(zip(self.columns, row, strict=True))

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """Column name to array."""
        return {name: self[name] for name in self.columns}

    def codes(self, column: str) -> NDArray[np.uint8]:
        """The codes of a column of `Coded` names."""
        stored = self._columns[column]
        if not isinstance(stored, Coded):
            raise TypeError(f"column {column!r} holds no coded names")
        return stored.codes

    def stored(self) -> dict[str, Column]:
        """Column name to what holds it: an array, or `Coded` names."""
        return dict(self._columns)

    def to_pandas(self) -> pd.DataFrame:
        """A pandas DataFrame; units are in its ``attrs["units"]``."""
        import pandas as pd

        frame = pd.DataFrame({name: self[name].copy() for name in self.columns})
        frame.attrs["units"] = dict(self.units)
        return frame

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write comma-separated text (UTF-8), units in brackets behind the columns' names."""
        header = [f"{c} [{self.units[c]}]" if c in self.units else c for c in self.columns]
        with (
            replace_when_written(Path(path)) as unfinished,
            unfinished.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(row.values() for row in self.rows())

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write Parquet; a column's unit is in its field metadata under ``unit``."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrays = [pa.array(self[name]) for name in self.columns]
        fields = [
            pa.field(
                name,
                array.type,
                metadata={"unit": self.units[name]} if name in self.units else None,
            )
            for name, array in zip(self.columns, arrays, strict=True)
        ]
        with replace_when_written(Path(path)) as unfinished:
            pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), unfinished)


def _array(values: Column) -> NDArray[Any]:
    return values.decoded() if isinstance(values, Coded) else values


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to."""
    array = np.asarray(values).view()
    array.flags.writeable = False
    return array


def _equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def write_tables(tables: Mapping[str, Table], folder: str | os.PathLike[str]) -> list[Path]:
    """Write every table as ``<name>.csv`` and ``<name>.parquet``; return the paths."""
    directory = Path(folder)
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in tables.items():
        for suffix, write in ((".csv", table.to_csv), (".parquet", table.to_parquet)):
            path = directory / f"{name}{suffix}"
            write(path)
            paths.append(path)
    return paths
