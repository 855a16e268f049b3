"""Tables: named columns of equal length that know their units."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_when_written

if TYPE_CHECKING:
    import pandas as pd


class Table:
    """Named columns of equal length, with units.

    Parameters
    ----------
    columns
        Column name to 1-D array. Arrays are made read-only.
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
        self, columns: Mapping[str, NDArray[Any]], *, units: Mapping[str, str] | None = None
    ) -> None:
        self._columns = {name: _read_only(values) for name, values in columns.items()}
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
            return self._columns[column]
        except KeyError:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}") from None

    def __getattr__(self, column: str) -> NDArray[Any]:
        try:
            return self.__dict__["_columns"][column]  # type: ignore[no-any-return]
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

    def where(self, keep: NDArray[np.bool_]) -> Table:
        """The rows that `keep` marks, as a new table."""
        return Table(
            {name: values[keep] for name, values in self._columns.items()}, units=self.units
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row as a dict of Python values."""
        lists = [values.tolist() for values in self._columns.values()]
        for row in zip(*lists, strict=True):
            yield dict(zip(self.columns, row, strict=True))

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """Column name to array."""
        return dict(self._columns)

    def to_pandas(self) -> pd.DataFrame:
        """A pandas DataFrame; units are in its ``attrs["units"]``."""
        import pandas as pd

        frame = pd.DataFrame({name: values.copy() for name, values in self._columns.items()})
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

        arrays = [pa.array(values) for values in self._columns.values()]
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


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    array = np.asarray(values).view()
    array.flags.writeable = False
    return array


def _equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
