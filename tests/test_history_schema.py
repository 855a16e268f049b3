"""docs/history.md lists exactly the columns, dtypes, units, types and maps that there are."""

import re
from pathlib import Path

import numpy as np
import pytest

from crevasse import EventType, History, track

PAGE = (Path(__file__).resolve().parent.parent / "docs/history.md").read_text(encoding="utf-8")
KINDS = {"int": np.int64, "float": np.float64, "bool": np.bool_}


def listed(section):
    """Rows of a section's table, as lists of cells without their backquotes."""
    text = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line for line in text[1].splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in line[1:-1].split("|")] for line in lines[2:]]


def history(ndim):
    frames = np.random.default_rng(0).random((4, 3, 5, 6)[: ndim + 1]) < 0.3
    return track(frames, times=[0, 1, 2, 4], spacing=1.8, time_unit="min")


@pytest.mark.parametrize("ndim", [2, 3])
def test_the_page_lists_every_table_and_column_in_order(ndim):
    for name, table in history(ndim).tables.items():
        columns = [row[0] for row in listed(name)]
        if ndim == 2 and name == "nodes":
            columns = [c for c in columns if not re.search(r"^z_|_z|_.z$", c)]
        assert tuple(columns) == table.columns, name


def test_the_page_gives_every_dtype_and_unit():
    units = {"": None, "unit": "um", "unit²": "um^2", "unit³": "um^3", "time": "min"}
    for name, table in history(3).tables.items():
        for column, dtype, unit, _ in listed(name):
            if dtype == "str":
                assert table[column].dtype.kind == "U", (name, column)
            else:
                assert table[column].dtype == KINDS[dtype], (name, column)
            assert table.units.get(column) == units.get(unit, unit), (name, column)


def test_the_page_lists_every_type_of_event():
    assert {row[0] for row in listed("Events and their rules")} == set(EventType)


def test_the_page_lists_every_map_and_its_dtype():
    maps = {row[0].removesuffix("()"): row[1] for row in listed("Maps")}
    for name, dtype in maps.items():
        assert getattr(history(3), name)().dtype == dtype
    returning_arrays = {
        name
        for name, member in vars(History).items()
        if callable(member) and "NDArray" in str(getattr(member, "__annotations__", {}))
    }
    assert returning_arrays - {"_map", "__init__"} == set(maps)
