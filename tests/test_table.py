import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from crevasse import Table


@pytest.fixture
def table():
    columns = {
        "label": np.array([1, 2]),
        "volume": np.array([0.1, 1e-20]),
        "type": np.array(["birth", "merge, of two"]),
    }
    return Table(columns, units={"volume": "um^3"})


def test_csv_has_every_digit_and_the_units(table, tmp_path):
    table.to_csv(tmp_path / "t.csv")
    header, *rows = csv.reader((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines())
    assert header == ["label", "volume [um^3]", "type"]
    assert [float(row[1]) for row in rows] == [0.1, 1e-20]
    assert rows[1][2] == "merge, of two"


def test_parquet_keeps_types_and_units(table, tmp_path):
    table.to_parquet(tmp_path / "t.parquet")
    read = pq.read_table(tmp_path / "t.parquet")
    assert read.column_names == ["label", "volume", "type"]
    assert read.schema.field("volume").metadata == {b"unit": b"um^3"}
    assert read["label"].to_pylist() == [1, 2]


def test_pandas_has_the_columns_and_units(table):
    frame = table.to_pandas()
    assert list(frame.columns) == ["label", "volume", "type"]
    assert frame.attrs["units"] == {"volume": "um^3"}


def test_columns_are_read_only_attributes_and_items(table):
    assert table.volume is table["volume"]
    with pytest.raises(ValueError, match="read-only"):
        table["volume"][0] = 3
    with pytest.raises(KeyError, match="no column 'size'; there are label, volume, type"):
        table["size"]
    with pytest.raises(AttributeError, match="no column 'size'"):
        _ = table.size
    assert len(table) == 2
    assert "label" in table


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match=r"same length, got \{'a': 1, 'b': 2\}"):
        Table({"a": np.zeros(1), "b": np.zeros(2)})


def test_a_write_that_fails_leaves_nothing(tmp_path):
    class Unwritable:
        def __str__(self):
            raise OSError("disk full")

    broken = Table({"a": np.array([1, Unwritable()], dtype=object)})
    (tmp_path / "t.csv").write_text("what was there")
    with pytest.raises(OSError, match="disk full"):
        broken.to_csv(tmp_path / "t.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_text() == "what was there"


def test_where_and_rows(table):
    assert list(table.where(table["label"] == 2).rows()) == [
        {"label": 2, "volume": 1e-20, "type": "merge, of two"}
    ]
    assert table == Table(table.to_dict(), units=table.units)
    assert table != Table(table.to_dict())
