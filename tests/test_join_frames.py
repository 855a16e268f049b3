import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse.operando import CyclerData, cycle_states, join_frames
from crevasse.tracking import CycleState

from cycling import HOUR, cyclers, stepped

AREA = 0.0314


@pytest.fixture
def case_a():
    """3 mAh/cm² plated in 6 h, 2.4 stripped in 4.8 h, at 0.5 mA/cm²."""
    return stepped((6, 0.5e-3 * AREA), (4.8, -0.5e-3 * AREA))


def test_the_state_is_the_one_at_the_end_of_the_scan(case_a):
    ends = np.array([0.25, 2.0, 6.0, 6.5, 10.8]) * HOUR
    joined = join_frames(case_a, ends, scan_duration=300, area=AREA)
    assert [s.half_cycle for s in joined.states] == [0, 0, 0, 1, 1]
    assert [s.direction for s in joined.states] == ["plating"] * 3 + ["stripping"] * 2
    np.testing.assert_allclose([s.capacity for s in joined.states], [0.125, 1, 3, 0.25, 2.4])
    np.testing.assert_allclose(joined.table["inventory"], [0.125, 1, 3, 2.75, 0.6])
    assert [s.voltage for s in joined.states] == [-1, -1, -1, 1, 1]
    assert joined.straddling == []
    assert joined.table.units["capacity"] == "mAh/cm^2"
    assert len(joined.half_cycles) == 2


def test_in_milliampere_hours_where_no_area_is_given(case_a):
    [state] = cycle_states(case_a, [6 * HOUR], scan_duration=300)
    assert state.capacity == pytest.approx(3 * AREA)


def test_the_charge_s_uncertainty_comes_from_the_clock_and_from_the_scan(case_a):
    table = join_frames(case_a, [2 * HOUR], scan_duration=300, uncertainty=36, area=AREA).table
    assert table["capacity_uncertainty"][0] == pytest.approx(0.5 * 36 / HOUR)
    assert table["capacity_of_scan"][0] == pytest.approx(0.5 * 300 / HOUR)
    assert table["inventory_low"][0] == pytest.approx(1 - 0.5 * 336 / HOUR)
    assert table["inventory_high"][0] == pytest.approx(1 + 0.5 * 36 / HOUR)


def test_frames_over_a_change_of_direction_are_named(case_a):
    ends = 6 * HOUR + np.array([-20, 0, 20, 299, 300, 340])
    exact = join_frames(case_a, ends, scan_duration=300, area=AREA)
    assert exact.straddling == [2, 3]
    loose = join_frames(case_a, ends, scan_duration=300, uncertainty=30, area=AREA)
    assert loose.straddling == [0, 1, 2, 3, 4]
    # The most that was there in a scan is the 3 mAh/cm² of the turn, not what was at its ends.
    np.testing.assert_allclose(loose.table["inventory_high"][:5], 3.0)
    assert loose.table["inventory_high"][5] < 3.0


def test_a_scan_that_ends_with_the_record_is_not_outside_by_a_last_digit(case_a):
    end = case_a.time[-1]
    joined = join_frames(
        case_a, [end - HOUR, np.nextafter(end, 2 * end), end + 5e-4], scan_duration=300, area=AREA
    )
    np.testing.assert_allclose(joined.table["inventory"], [1.1, 0.6, 0.6])
    with pytest.raises(ValueError, match="outside="):
        join_frames(case_a, [end + 0.002], scan_duration=300, area=AREA)


def test_frames_outside_are_named_or_left_unknown(case_a):
    ends = [-100.0, 3600.0, 99999.0]
    with pytest.raises(ValueError, match=r"do not: 0 \(-100 s\), 2 \(99999 s\); outside='unkn"):
        cycle_states(case_a, ends, scan_duration=300)
    names = ["a.tif", "b.tif", "c.tif"]
    with pytest.raises(ValueError, match=r"a\.tif \(-100 s\), c\.tif") as caught:
        join_frames(case_a, ends, scan_duration=300, names=names)
    assert "\n" not in str(caught.value)
    joined = join_frames(case_a, ends, scan_duration=300, outside="unknown")
    for state in (joined.states[0], joined.states[2]):
        assert (state.half_cycle, state.direction) == (-1, "")
        assert np.isnan([state.capacity, state.voltage]).all()
    assert joined.states[1].direction == "plating"
    assert np.isnan(joined.table["inventory_high"][[0, 2]]).all()


def test_unix_times_against_test_times_are_recognised(case_a):
    with pytest.raises(ValueError, match=r"the cycler's are test times: place it with start="):
        cycle_states(case_a, 1.7e9 + np.arange(20) * 900, scan_duration=300)
    with pytest.raises(ValueError, match=r"and 12 more"):
        cycle_states(case_a, 1.7e9 + np.arange(20) * 900, scan_duration=300)


@given(cyclers(), st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0, 30))
def test_the_extremes_hold_the_charge_at_every_moment(cycler, shares, slack):
    span = cycler.time[-1] - cycler.time[0]
    ends = cycler.time[0] + np.array(shares) * span
    table = join_frames(cycler, ends, scan_duration=20, uncertainty=slack, shortest=5).table
    for row in table.rows():
        moments = np.linspace(row["begin"] - slack, row["end"] + slack, 400)
        charge = cycler.charge(moments)
        # No moment is above the extremes, and the extremes are reached between two moments.
        most = np.abs(cycler.current).max() * (moments[1] - moments[0]) / 3.6 + 1e-12
        assert row["inventory_low"] - 1e-12 <= charge.min() <= row["inventory_low"] + most
        assert row["inventory_high"] - most <= charge.max() <= row["inventory_high"] + 1e-12
        assert row["capacity"] >= 0


@given(cyclers(), st.floats(0, 1))
def test_the_same_frame_by_itself_or_among_others_has_the_same_state(cycler, share):
    end = cycler.time[0] + share * (cycler.time[-1] - cycler.time[0])
    ends = [cycler.time[0], end, cycler.time[-1]]
    alone = cycle_states(cycler, [end], scan_duration=3)
    among = cycle_states(cycler, ends, scan_duration=3)
    assert alone == [among[1]]


def test_no_frames_have_no_states(case_a):
    joined = join_frames(case_a, [], scan_duration=300)
    assert joined.states == []
    assert len(joined.table) == 0


def test_states_are_what_the_tracker_takes(case_a):
    states = cycle_states(case_a, [HOUR], scan_duration=300)
    assert isinstance(states[0], CycleState)
    assert type(states[0].half_cycle) is int


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scan_duration": -1.0}, "scan_duration must be at least 0 s, got -1.0"),
        ({"uncertainty": np.nan}, "uncertainty must be at least 0 s, got nan"),
        ({"outside": "guess"}, "outside must be 'error' or 'unknown', got 'guess'"),
        ({"names": ["a"]}, "names must have one for each of 2 frames, got 1"),
        ({"frame_end_times": [[0.0]]}, "frame_end_times must be finite seconds, 1-D"),
    ],
)
def test_bad_arguments_are_refused(case_a, options, message):
    given = {"frame_end_times": [1.0, 2.0], "scan_duration": 1.0} | options
    with pytest.raises(ValueError, match=message):
        join_frames(case_a, **given)


def test_a_missing_voltage_beside_a_sample_does_not_hide_that_sample_s():
    cycler = CyclerData([0, 10, 20], [0.1, np.nan, 0.3], [1, 1, 1], positive="plating")
    states = cycle_states(cycler, [0, 5, 20], scan_duration=1)
    assert states[0].voltage == 0.1
    assert np.isnan(states[1].voltage)
    assert states[2].voltage == 0.3
