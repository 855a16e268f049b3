import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse.operando import CyclerData, coulombic_efficiency, half_cycles
from crevasse.operando.electrochemistry import concatenate

from cycling import HOUR, SAMPLINGS, cyclers, stepped


def charge_by_small_steps(cycler, until, n=100):
    """Riemann sum of what each sampling says the current is, in mAh."""
    total = 0.0
    for i in range(len(cycler) - 1):
        begin, end = cycler.time[i], cycler.time[i + 1]
        a, b = {
            "points": (cycler.current[i], cycler.current[i + 1]),
            "means": (cycler.current[i + 1],) * 2,
            "steps": (cycler.current[i],) * 2,
        }[cycler.sampling]
        if end > begin and until > begin:
            stop = min(until, end)
            middles = begin + (np.arange(n) + 0.5) * (stop - begin) / n
            currents = a + (b - a) * (middles - begin) / (end - begin)
            total += currents.mean() * (stop - begin)
    return (total if cycler.positive == "plating" else -total) / 3.6


@given(cyclers(), st.floats(-0.2, 1.2))
def test_charge_is_the_integral_of_the_current_at_any_time(cycler, share):
    at = cycler.time[0] + share * (cycler.time[-1] - cycler.time[0])
    assert cycler.charge(at) == pytest.approx(charge_by_small_steps(cycler, at), abs=1e-12)
    np.testing.assert_allclose(cycler.charge(cycler.time), cycler.charge(), atol=1e-12)


@given(cyclers(), st.sampled_from([0.0, 0.01, 0.4]), st.sampled_from([0.0, 5.0, 50.0, 1e6]))
def test_half_cycles_tile_the_recording_and_their_charges_add_up(cycler, threshold, shortest):
    table = half_cycles(cycler, threshold=threshold, shortest=shortest)
    assert table["begin"][0] == cycler.time[0]
    assert table["end"][-1] == cycler.time[-1]
    np.testing.assert_array_equal(table["begin"][1:], table["end"][:-1])
    assert (table["duration"] > 0).all()
    assert table["charge"].sum() == pytest.approx(cycler.charge()[-1], abs=1e-12)
    np.testing.assert_allclose(table["charge"].cumsum(), table["inventory"], atol=1e-12)
    assert len(table) == 1 or (table["duration"] >= shortest).all()
    directions = table["direction"]
    assert (directions[1:] != directions[:-1]).all()


@given(cyclers())
def test_without_merging_each_half_cycle_passes_charge_one_way(cycler):
    table = half_cycles(cycler, threshold=0.0, shortest=0.0)
    signs = {"plating": 1, "stripping": -1, "rest": 0}
    for row in table.rows():
        assert np.sign(round(row["charge"], 12)) == signs[row["direction"]]
    assert (table["direction"][1:] != table["direction"][:-1]).all()


@given(cyclers(), st.sampled_from([0.0, 5.0, 50.0]))
def test_the_other_sign_swaps_plating_and_stripping_and_nothing_else(cycler, shortest):
    other = {"plating": "stripping", "stripping": "plating"}
    flipped = CyclerData(
        cycler.time,
        cycler.voltage,
        cycler.current,
        positive=other[cycler.positive],
        sampling=cycler.sampling,
    )
    negated = CyclerData(
        cycler.time,
        cycler.voltage,
        -cycler.current,
        positive=cycler.positive,
        sampling=cycler.sampling,
    )
    one, two = half_cycles(cycler, shortest=shortest), half_cycles(flipped, shortest=shortest)
    assert two == half_cycles(negated, shortest=shortest)
    assert two["direction"].tolist() == [other.get(d, d) for d in one["direction"]]
    for column in ("begin", "end", "capacity", "interruptions"):
        np.testing.assert_array_equal(one[column], two[column])
    np.testing.assert_array_equal(one["charge"], -two["charge"])


@given(cyclers(st.just("points")), cyclers(st.just("points")), st.integers(0, 500))
def test_parts_one_after_the_other_pass_what_each_passes(one, two, gap):
    moved = CyclerData(
        two.time - two.time[0] + one.time[-1] + gap, two.voltage, two.current, positive="plating"
    )
    one = CyclerData(one.time, one.voltage, one.current, positive="plating")
    both = concatenate([moved, one])
    total = one.charge()[-1] + moved.charge()[-1]
    assert both.charge()[-1] == pytest.approx(total, abs=1e-12)
    assert half_cycles(both)["charge"].sum() == pytest.approx(total, abs=1e-12)


@given(cyclers())
def test_as_points_a_recording_is_the_same(cycler):
    points = cycler.as_points()
    np.testing.assert_allclose(
        points.charge(cycler.time + 0.3), cycler.charge(cycler.time + 0.3), atol=1e-12
    )
    assert half_cycles(points, shortest=0)["direction"].tolist() == (
        half_cycles(cycler, shortest=0)["direction"].tolist()
    )


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("every", [60.0, 7 * HOUR])
def test_capacity_of_constant_currents_is_exact_however_it_is_sampled(sampling, every):
    cycler = stepped((6, 0.5e-3), (0.5, 0.0), (5, -0.5e-3), sampling=sampling, every=every)
    table = half_cycles(cycler, area=1.0)
    assert table["direction"].tolist() == ["plating", "rest", "stripping"]
    np.testing.assert_allclose(table["areal_capacity"], [3.0, 0.0, 2.5], atol=1e-12)
    np.testing.assert_allclose(table["duration"], np.array([6, 0.5, 5]) * HOUR)
    np.testing.assert_allclose(table["mean_current"], [0.5e-3, 0, -0.5e-3], atol=1e-12)
    assert table.units["areal_capacity"] == "mAh/cm^2"


def test_the_paper_s_case_b_has_a_first_cycle_efficiency_of_92_9_percent():
    area = np.pi * 0.1**2  # a disc of 2 mm, in cm²
    i = 0.5e-3 * area
    cycler = stepped(
        (6, i), (0.2, 0), (5.574, -i), (0.2, 0), (6, i), (0.5, 3 * i), (0.27, 6 * i)
    )  # fmt: skip
    table = half_cycles(cycler, area=area)
    assert table["direction"].tolist() == ["plating", "rest", "stripping", "rest", "plating"]
    np.testing.assert_allclose(
        table["areal_capacity"], [3.0, 0, 2.787, 0, 3.0 + 0.75 + 0.81], atol=1e-9
    )
    assert table["cycle"].tolist() == [0, 0, 0, 0, 1]
    cycles = coulombic_efficiency(table)
    assert cycles["efficiency"][0] == pytest.approx(0.929)
    assert np.isnan(cycles["efficiency"][1])


def test_a_short_interruption_is_part_of_what_it_interrupts():
    steps = (2, 1e-3), (20 / HOUR, 0.0), (1, 1e-3), (20 / HOUR, 0.0), (1, -1e-3)
    table = half_cycles(stepped(*steps))
    assert table["direction"].tolist() == ["plating", "stripping"]
    assert table["interruptions"].tolist() == [2, 0]
    np.testing.assert_allclose(table["capacity"], [3.0, 1.0])
    assert table["begin"][1] == pytest.approx(3 * HOUR + 40)
    assert len(half_cycles(stepped(*steps), shortest=10)) == 5


def test_noise_around_zero_is_rest(rng):
    cycler = stepped((1, 1e-3), (1, 0.0), (1, -1e-3), every=1.0)
    noisy = CyclerData(
        cycler.time,
        cycler.voltage,
        cycler.current + rng.normal(0, 5e-6, len(cycler)),
        positive="plating",
    )
    table = half_cycles(noisy, threshold_ampere=1e-5)
    assert table["direction"].tolist() == ["plating", "rest", "stripping"]
    assert table["interruptions"][1] > 50
    np.testing.assert_allclose(table["capacity"], [1, 0, 1], atol=1e-3)


@pytest.mark.parametrize("sampling", ["steps", "means", "points"])
def test_voltages_are_none_of_the_other_side_of_a_turn(sampling):
    """The current turns between samples, where the voltage jumps."""
    cycler = CyclerData(
        [0, 1000, 2000, 3000, 4000, 5000],
        [-0.1, -0.2, -0.3, 0.5, 0.6, 0.7],
        [1, 1, 1, -1, -1, -1],
        positive="plating",
        sampling=sampling,
    )
    table = half_cycles(cycler)
    assert table["direction"].tolist() == ["plating", "stripping"]
    assert table["voltage_begin"].tolist() == [-0.1, 0.5]
    assert table["voltage_end"].tolist() == [-0.3, 0.7]


def test_a_half_cycle_begins_and_ends_at_its_own_voltages():
    cycler = CyclerData(
        [0, 100, 100, 300], [-0.4, -0.3, 0.1, 0.9], [1, 1, -1, -1], positive="plating"
    )
    table = half_cycles(cycler)
    assert table["voltage_begin"].tolist() == [-0.4, 0.1]
    assert table["voltage_end"].tolist() == [-0.3, 0.9]
    assert cycler.voltage_at([-1, 50, 100, 200, 301]) == pytest.approx(
        [np.nan, -0.35, -0.3, 0.5, np.nan], nan_ok=True
    )


def test_a_voltage_that_jumps_at_either_end_of_the_record_is_the_first_or_the_last():
    cycler = CyclerData([0, 0, 3600, 7200, 7200], [1, 2, 3, 4, 5], [1] * 5, positive="plating")
    at = [0, 1800, 3600, 7200]
    assert cycler.voltage_at(at).tolist() == [1, 2.5, 3, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positive": None}, "positive must say what a positive current does"),
        ({"positive": "rest"}, "'plating' or 'stripping', got 'rest'"),
        ({"positive": "charge"}, "got 'charge'"),
        ({"time": [0, 2, 1]}, "time must not go back, got 1.000 s after 2.000 s in sample 2"),
        ({"time": [3, 3, 3]}, "time must span something, got 3.0 s"),
        ({"current": [0, np.nan, 1]}, "current must be finite, got nan in sample 1"),
        ({"voltage": [0, 1]}, "equal numbers of samples"),
        ({"current": [[0, 0, 0]]}, "current must be 1-D"),
        ({"current": ["a", "b", "c"]}, "current must hold numbers"),
        ({"sampling": "mean"}, "sampling must be one of 'points', 'means', 'steps', got 'mean'"),
        ({"clock": "local"}, "clock must be one of 'unix', 'test', got 'local'"),
    ],
)
def test_bad_recordings_are_refused_in_one_line(change, message):
    good = {"time": [0, 1, 2], "voltage": [0, 0, 0], "current": [1, 1, 1], "positive": "plating"}
    with pytest.raises(ValueError, match=message) as caught:
        CyclerData(**(good | change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"area": 0.0}, "area must be above 0 cm², or None, got 0.0"),
        ({"threshold": 1.0}, "threshold must be at least 0 and below 1"),
        ({"threshold_ampere": -1.0}, "threshold_ampere must be at least 0 A, got -1.0"),
        ({"shortest": -1.0}, "shortest must be at least 0 s, got -1.0"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        half_cycles(stepped((1, 1.0)), **options)


def test_parts_that_do_not_fit_are_refused():
    one = stepped((1, 1e-3), source="a.csv")
    with pytest.raises(ValueError, match=r"b\.csv begins 3600\.000 s before a\.csv ends"):
        concatenate([one, stepped((2, 1e-3), source="b.csv")])
    later = CyclerData(one.time + 1e9, one.voltage, one.current, positive="plating", clock="unix")
    with pytest.raises(ValueError, match=r"same clock, got test in a\.csv and unix in another"):
        concatenate([later, one])
    with pytest.raises(ValueError, match="at least one part"):
        concatenate([])
