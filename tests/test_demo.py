"""The demo on the real laminate series, from end to end."""

import json

import numpy as np
import pytest

from crevasse import cli
from crevasse.io import read_tiff


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    assert cli.main(["demo", "-o", str(out), "--json"]) == 0
    return out, json.loads((out / "summary.json").read_text())


def test_crack_area_rises_with_load(demo):
    _, summary = demo
    area = np.array(summary["volume"])
    assert (np.diff(area) > 0.2 * area[:-1]).all()
    assert area[-1] > 10 * area[0]


def test_the_ledger_accounts_for_every_pixel(demo):
    out, summary = demo
    first_open = read_tiff(out / "maps" / "first_open.tif")
    last_open = read_tiff(out / "maps" / "last_open.tif")
    assert (first_open == 0).sum() == summary["volume"][0]
    assert (last_open == 5).sum() == summary["volume"][-1]
    total = np.array(summary["volume_preexisting"]) + summary["volume_new"]
    np.testing.assert_array_equal(total, summary["volume"])


def test_cracks_lie_where_the_picture_is_dark(demo):
    """Against the photograph itself, which the segmentation saw only after filtering."""
    out, _ = demo
    from crevasse.cli import _example

    first_open = read_tiff(out / "maps" / "first_open.tif")
    photograph = read_tiff(_example("gfrp_cracks") / "frame_00.tif").astype(float)
    region = np.zeros(photograph.shape, bool)
    region[20:930, 100:1400] = True
    cracks = first_open == 0
    assert np.median(photograph[cracks]) < np.percentile(photograph[region & ~cracks], 5)


def test_most_of_a_crack_stays_open(demo):
    out, _ = demo
    header, *rows = (out / "tables" / "intervals.csv").read_text().splitlines()
    column = {name: i for i, name in enumerate(header.split(","))}
    for row in rows:
        cells = row.split(",")
        kept, loss = int(cells[column["kept"]]), int(cells[column["loss"]])
        assert loss < 0.05 * (kept + loss)
