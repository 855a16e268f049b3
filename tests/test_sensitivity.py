"""Every number with thresholds at the ends of their bands: as if they had been given so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import RunVolume, ligament
from crevasse.io import open_series
from crevasse.operando import PhaseRule, Settings, Threshold, analyze_series
from crevasse.report.numbers import numbers
from crevasse.tracking import measure_front
from crevasse.tracking.fronts.reach import reach

SPACING = (2.0, 1.0, 1.5)


@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.2, 0.7),
    st.sampled_from(["zmin", "mask"]),
    st.sampled_from(["zmax", "mask", None]),
)
def test_reach_is_what_front_and_ligament_say(seed, share, working, counter):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 7, size=3))
    open_ = RunVolume.from_mask(rng.random(shape) < share)
    at = working if working != "mask" else rng.random(shape) < 0.1
    to = counter if counter != "mask" else rng.random(shape) < 0.1
    found = reach(open_, at, to, spacing=SPACING, n_threads=2)
    depths = measure_front(open_, at, prominence=1, spacing=SPACING).components["depth_max"]
    assert found.depth_max == np.nanmax(depths, initial=0)
    left = np.nan if to is None else ligament(open_, at, to, spacing=SPACING).length
    np.testing.assert_equal(found.ligament, left)


def blurred_scans(n):
    """A crack that grows from the top down beside a pore that stays, blurred as scans are."""
    scans = []
    for t in range(n):
        image = np.full((24, 20, 20), 180.0)
        image[: 4 + 6 * t, 8:11, 4:16] = 40
        image[12:16, 14:18, 3:7] = 40
        scans.append(ndimage.gaussian_filter(image, 1.2))
    return np.array(scans, np.float32)


def analysis_at(scans, low, value, high):
    rule = PhaseRule("void", high=Threshold(value, low, high))
    settings = Settings(
        rules=(rule,), follow=("void",), working="zmin", counter="zmax", fronts=True, thickness=True
    )
    return analyze_series(open_series(scans, spacing=SPACING, unit="um"), settings)


@pytest.fixture(scope="module")
def found():
    return analysis_at(blurred_scans(4), 80, 110, 150)


@pytest.fixture(scope="module")
def ends():
    """The same with each threshold as the only one."""
    return [analysis_at(blurred_scans(4), t, t, t) for t in (80, 110, 150)]


def test_measures_are_banded_by_what_each_threshold_gives(found, ends):
    of_ends = {
        "volume": [e.history.frames["volume"] for e in ends],
        "volume_preexisting": [e.history.frames["volume_preexisting"] for e in ends],
        "volume_new": [e.history.frames["volume_new"] for e in ends],
        "depth_max": [e.fronts.frames["depth_max"] for e in ends],
        "ligament": [e.fronts.frames["ligament"] for e in ends],
        **{
            f"thickness_{name}": [e.measures[f"thickness_{name}"] for e in ends]
            for name in ("mean", "median", "p90")
        },
    }
    for name, values in of_ends.items():
        np.testing.assert_array_equal(found.measures[f"{name}_low"], np.min(values, axis=0), name)
        np.testing.assert_array_equal(found.measures[f"{name}_high"], np.max(values, axis=0), name)
        assert (found.measures[f"{name}_low"] < found.measures[f"{name}_high"]).any(), name
        unit = "um^3" if name.startswith("volume") else "um"
        assert found.measures.units[f"{name}_low"] == found.measures.units[f"{name}_high"] == unit


def test_every_number_has_the_band_of_the_numbers_that_each_threshold_gives(found, ends):
    of_ends = [{row["quantity"]: row for row in numbers(e).rows()} for e in ends]
    differing = {"growth", "left of the growth, last frame"}  # thresholds may differ for both
    rows = {row["quantity"]: row for row in numbers(found).rows()}
    assert {"deepest crack, last frame", "solid left between the electrodes"} <= set(rows)
    for name in rows.keys() - differing:
        values = [of_end[name]["value"] for of_end in of_ends]
        assert rows[name]["value"] == values[1], name
        assert (rows[name]["low"], rows[name]["high"]) == (min(values), max(values)), name
        assert (of_ends[0][name]["low"], of_ends[0][name]["high"]) == (values[0],) * 2, name


def test_what_was_open_at_first_hangs_on_thresholds_where_a_later_frame_does_not():
    scans = blurred_scans(2)
    scans[1] = np.where(scans[1] < 110, 40, 180)
    found = analysis_at(scans, 80, 110, 150).measures
    ends = [analysis_at(scans, t, t, t).history.frames for t in (80, 110, 150)]
    for name in ("volume", "volume_preexisting", "volume_new"):
        values = [end[name][1] for end in ends]
        assert (found[f"{name}_low"][1], found[f"{name}_high"][1]) == (min(values), max(values))
    assert found["volume_low"][1] == found["volume_high"][1]
    assert found["volume_new_low"][1] < found["volume_new_high"][1]


def shorted(analysis):
    return next((row for row in numbers(analysis).rows() if row["quantity"] == "short"), None)


def test_a_short_comes_as_early_and_as_late_as_thresholds_let_it():
    scans = blurred_scans(6)
    low, value, high = (shorted(analysis_at(scans, t, t, t)) for t in (80, 120, 178))
    row = shorted(analysis_at(scans, 80, 120, 178))
    assert row["value"] == value["value"]
    assert row["low"] == high["value"] < low["value"] == row["high"]


def test_a_short_has_no_band_where_a_threshold_leaves_the_cell_whole():
    scans = blurred_scans(5)
    scans[4, 20:] += 30
    assert shorted(analysis_at(scans, 80, 80, 80)) is None
    row = shorted(analysis_at(scans, 80, 120, 150))
    assert row["value"] == 4
    assert np.isnan([row["low"], row["high"]]).all()
