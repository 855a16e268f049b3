import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse.operando import accommodated, lithium_thickness, lithium_volume

# The paper says what 2.0 mAh/cm² would fill, 398e4 µm³, and not the area: this is it, 641 µm
# square, or 356 of its voxels of 1.8 µm.
PAPER_AREA = (356 * 1.8) ** 2


def test_a_milliampere_hour_a_square_centimetre_is_4_849_micrometres():
    coulomb, per_mole, gram, per_cubic_centimetre = 3.6, 96485.33212, 6.94, 0.534
    centimetre = coulomb / per_mole * gram / per_cubic_centimetre
    assert lithium_thickness(1.0) == pytest.approx(centimetre * 1e4)
    assert lithium_thickness(1.0) == pytest.approx(4.849, abs=5e-4)


def test_the_paper_s_thickness_and_volume_agree_on_its_area():
    assert lithium_thickness(3.0) == pytest.approx(14.5, abs=0.05)
    assert lithium_thickness(0.2) == pytest.approx(1.0, abs=0.05)
    assert lithium_volume(2.0, local_area=PAPER_AREA) == pytest.approx(398e4, rel=0.5 / 398)


def test_the_paper_s_cracks_hold_49_percent_and_a_film_of_5_micrometres_holds_the_rest():
    gain = 461e4 - 266e4
    found = accommodated(gain, 2.0, local_area=PAPER_AREA)
    assert round(100 * found.fraction) == 49
    assert found.low == found.fraction == found.high
    assert found.missing_thickness == pytest.approx(4.95, abs=0.02)
    thin = accommodated(gain, 2.0, local_area=PAPER_AREA, resolution=4.0)
    assert (thin.fraction, thin.low) == (found.fraction, found.fraction)
    assert thin.high == pytest.approx((gain + 4.0 * PAPER_AREA) / thin.expected)
    assert accommodated(gain, 2.0, local_area=PAPER_AREA, resolution=10.0).high == 1.0


amounts = st.floats(0.1, 1e3)


@given(amounts, amounts, amounts, st.floats(0, 50), st.floats(-2, 3))
def test_the_interval_holds_every_combination_of_what_is_in_the_bands(
    capacity, area, width, resolution, ratio
):
    gain = ratio * float(lithium_volume(capacity, local_area=area))
    gains = (gain - width, gain + width / 2)
    capacities = (0.9 * capacity, 1.2 * capacity)
    found = accommodated(
        gain,
        capacity,
        local_area=area,
        resolution=resolution,
        gain_band=gains,
        capacity_band=capacities,
    )
    assert found.low <= found.fraction <= found.high
    for g in gains:
        for c in capacities:
            expected = float(lithium_volume(c, local_area=area))
            for hidden in (0.0, min(resolution * area, max(0.0, expected - g))):
                share = (g + hidden) / expected
                assert found.low - 1e-9 <= share <= found.high + 1e-9


@given(amounts, amounts, st.floats(0, 0.9))
def test_porous_lithium_takes_more_room_and_arrays_keep_their_shape(capacity, area, porosity):
    capacities = np.array([[capacity, -capacity]])
    volumes = lithium_volume(capacities, local_area=area, porosity=porosity)
    dense = lithium_volume(capacities, local_area=area)
    assert volumes.shape == (1, 2)
    np.testing.assert_allclose(volumes * (1 - porosity), dense)
    np.testing.assert_allclose(volumes[0, 0], -volumes[0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accommodated(1, 0, local_area=1), "capacity must be above 0 mAh/cm², got 0"),
        (lambda: accommodated(1, 1, local_area=-1), "local_area must be above 0 µm², got -1"),
        (lambda: accommodated(np.nan, 1, local_area=1), "gain must be finite, in µm³, got nan"),
        (
            lambda: accommodated(1, 1, local_area=1, resolution=-1),
            "resolution must be at least 0 µm, got -1",
        ),
        (
            lambda: accommodated(1, 1, local_area=1, gain_band=(2, 3)),
            r"gain_band must be \(low, high\) around 1, got \(2, 3\)",
        ),
        (
            lambda: accommodated(1, 1, local_area=1, capacity_band=(0, 3)),
            "capacity_band must be above 0 mAh/cm², got 0",
        ),
        (lambda: lithium_thickness(1, porosity=1.0), "porosity must be at least 0 and below 1"),
    ],
)
def test_bad_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
