import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume, hysteresis
from crevasse.operando import Histogram, PhaseRule, Threshold, ThresholdRule, segment_phases
from crevasse.operando.layers.pits import without_pits
from crevasse.operando.phases.phases import settled
from crevasse.operando.phases.places import Faces

from reference import scipy_labels
from strategies import masks

LEVELS = {"collector": 230, "lpsc": 130, "lithium": 60, "void": 20}


@pytest.fixture
def cell(rng):
    """Collector, lithium layer, electrolyte with an empty pore and a filled crack, air around."""
    truth = np.full((40, 30, 30), "air", dtype="U9")
    inside = (slice(None), slice(3, 27), slice(3, 27))
    truth[:8][inside] = "collector"
    truth[8:12][inside] = "lithium"
    truth[12:36][inside] = "lpsc"
    truth[20:24, 8:13, 8:13] = "void"
    truth[12:30, 18:21, 5:25] = "lithium"
    image = np.full(truth.shape, 20.0)
    for name, level in LEVELS.items():
        image[truth == name] = level
    return truth, (image + rng.normal(0, 6, image.shape)).astype(np.uint8)


def rules(void=40, lithium=95, collector=180):
    return [
        PhaseRule("collector", low=collector),
        PhaseRule("lpsc", low=lithium, high=collector, where="below:collector"),
        PhaseRule("lithium", low=void, high=lithium, where="below:collector", min_voxels=20),
        PhaseRule("void", high=void, where="inside:lpsc", min_voxels=20),
    ]


def test_phases_are_found_by_grey_value_and_place(cell):
    truth, image = cell
    phases = segment_phases(image, rules())
    for name in LEVELS:
        found, true = phases[name].to_mask(), truth == name
        assert (found & true).sum() / (found | true).sum() > 0.98, name
    assert not phases["void"].to_mask()[truth == "air"].any()  # as dark, but not in the electrolyte
    assert list(phases) == ["collector", "lpsc", "lithium", "void"]
    assert phases.rest.n_voxels == image.size - sum(v.n_voxels for v in phases.values())


@given(masks(), st.integers(0, 99), st.permutations(["a", "b", "c"]))
def test_phases_are_disjoint_and_earlier_rules_win(mask, seed, order):
    image = np.random.default_rng(seed).integers(0, 100, mask.shape).astype(np.uint8)
    windows = {"a": (10, 60), "b": (40, 80), "c": (None, 50)}
    rules = [PhaseRule(name, *windows[name]) for name in order]
    phases = segment_phases(image, rules, roi=mask)
    taken = ~mask
    for name in order:
        low, high = windows[name]
        expected = (image >= (low or 0)) & (image <= high) & ~taken
        assert np.array_equal(phases[name].to_mask(), expected)
        taken = taken | expected
    assert np.array_equal(phases.rest.to_mask(), ~taken)


def largest(mask):
    labels = scipy_labels(mask, 26 if mask.ndim == 3 else 8)
    sizes = np.bincount(labels.reshape(-1))[1:]
    return labels == 1 + np.argmax(sizes) if sizes.size else mask


@given(masks(), st.integers(0, 2))
def test_below_above_and_inside_are_told_column_by_column(mask, axis):
    axis = min(axis, mask.ndim - 1)
    bulk = np.moveaxis(largest(mask), axis, 0)
    crossed, length = bulk.any(axis=0), len(bulk)
    ends = (b.argmax(axis=0) if length else np.zeros(b.shape[1:]) for b in (bulk, bulk[::-1]))
    first, after = (end.astype(np.int32) for end in ends)
    first, last = without_pits(first, crossed), length - without_pits(after, crossed)
    z = np.arange(length).reshape(-1, *[1] * (mask.ndim - 1))
    seen, to_come = crossed & (z >= first), crossed & (z < last)
    expected = {"below": crossed & ~to_come, "above": crossed & ~seen, "inside": seen & to_come}
    for relation, region in expected.items():
        found = Faces(RunVolume.from_mask(mask), axis).beside(relation).to_mask()
        assert np.array_equal(found, np.moveaxis(region, 0, axis)), relation


def test_a_speck_of_noise_does_not_move_the_end_of_a_column():
    image = np.full((10, 5), 20, np.uint8)
    image[:3] = 200
    image[8, 2] = 210
    phases = segment_phases(
        image, [PhaseRule("metal", low=150), PhaseRule("rest", where="below:metal")]
    )
    assert phases["rest"].to_mask()[3:8].all()
    assert phases["rest"].n_voxels == 34


def test_hysteresis_works_for_dark_and_bright_windows_inside_the_place_alone(rng):
    image = rng.integers(0, 100, (12, 14, 16)).astype(np.uint8)
    bright = segment_phases(image, [PhaseRule("p", low=70, seed_low=95)])["p"]
    assert bright == hysteresis(image, 70, 95)
    dark = segment_phases(99 - image, [PhaseRule("p", high=29, seed_high=4)])["p"]
    assert dark == bright
    box = (slice(2, 9), slice(0, 14), slice(3, 16))
    placed = segment_phases(image, [PhaseRule("p", low=70, seed_low=95, where=box)])["p"]
    assert placed == hysteresis(image, 70, 95, roi=box)


def test_places_may_be_boxes_masks_runs_and_several_at_once(rng):
    image = rng.integers(0, 100, (6, 7, 8)).astype(np.uint8)
    mask = rng.random(image.shape) < 0.5
    box = (slice(0, 4), slice(None), slice(2, 8))
    inside = np.zeros(image.shape, bool)
    inside[box] = True
    for where, expected in (
        (mask, mask),
        (RunVolume.from_mask(mask), mask),
        (box, inside),
        ([box, RunVolume.from_mask(mask)], inside & mask),
        ((box, mask), inside & mask),
    ):
        found = segment_phases(image, [PhaseRule("p", low=50, where=where)])["p"]
        assert np.array_equal(found.to_mask(), expected & (image >= 50))


def test_touching_keeps_the_components_that_touch_the_phase():
    image = np.array([[9, 9, 9, 9], [1, 5, 1, 5], [1, 1, 1, 1], [5, 1, 1, 1]], np.uint8)
    rules = [PhaseRule("metal", low=9), PhaseRule("layer", low=5, where="touching:metal")]
    assert segment_phases(image, rules)["layer"].to_mask()[1].tolist() == [False, True, False, True]
    assert segment_phases(image, rules)["layer"].n_voxels == 2


def test_a_bright_phase_grows_over_its_fringe_but_not_over_earlier_phases():
    image = np.array([[60, 250, 130, 130, 130, 20]], np.uint8)
    rules = [
        PhaseRule("pore", low=60, high=60),
        PhaseRule("metal", low=200, grow=2),
        PhaseRule("electrolyte", low=100),
    ]
    phases = segment_phases(image, rules)
    assert phases["pore"].to_mask().tolist() == [[True, *[False] * 5]]
    assert phases["metal"].to_mask().tolist() == [[False, True, True, True, False, False]]
    assert phases["electrolyte"].to_mask().tolist() == [[*[False] * 4, True, False]]


def test_the_bulk_is_kept_without_the_shells_that_touch_it():
    image = np.full((20, 20), 200, np.uint8)
    image[6:14, 6:14] = 100  # the bulk
    image[13:16, 13] = 100  # a bridge one pixel wide
    image[16, 2:18] = 100  # and a shell
    found = segment_phases(image, [PhaseRule("p", 80, 120, bulk=1)])["p"].to_mask()
    expected = np.zeros_like(found)
    expected[6:14, 6:14] = True
    expected[14, 13] = True  # one voxel more than was taken off
    np.testing.assert_array_equal(found, expected)
    nothing = segment_phases(image, [PhaseRule("p", 80, 120, bulk=5)])["p"]
    assert nothing.n_voxels == 0


def test_what_was_inside_at_first_is_still_where_a_crack_opens():
    first = np.full((6, 3), 130, np.uint8)
    first[0] = 230
    later = first.copy()
    later[1:3, 1] = 20  # opens at the electrolyte's face
    rules = [
        PhaseRule("electrolyte", 100, 160),
        PhaseRule("crack", high=60, where="initially-inside:electrolyte"),
    ]
    region = RunVolume.from_box(first.shape)
    assert segment_phases(first, rules)["crack"].n_voxels == 0
    assert segment_phases(later, rules)["crack"].n_voxels == 0  # it is a first frame by itself
    after = settled(rules, segment_phases(first, rules), region, 0)
    assert segment_phases(later, after)["crack"].n_voxels == 2
    assert after[0] == rules[0]


def test_the_band_holds_each_phase_at_low_mid_and_high_threshold(cell):
    _, image = cell
    t = Threshold(40, 30, 50), Threshold(95, 85, 105), Threshold(180, 160, 200)
    phases = segment_phases(image, rules(*t))
    plain = segment_phases(image, rules(40, 95, 180))
    assert dict(phases) == dict(plain)
    assert plain.n_voxels_low == plain.n_voxels_high == {k: v.n_voxels for k, v in plain.items()}
    table = phases.table(spacing=1.5, unit="µm")
    assert (table["n_voxels_low"] <= table["n_voxels"]).all()
    assert (table["n_voxels"] <= table["n_voxels_high"]).all()
    for void, lithium, collector in ((30, 85, 160), (50, 105, 200)):
        moved = segment_phases(image, rules(void, lithium, collector))
        for name, volume in moved.items():
            assert phases.n_voxels_low[name] <= volume.n_voxels <= phases.n_voxels_high[name]
    assert table.units["volume_low"] == "µm^3"
    assert table["volume"] == pytest.approx(table["n_voxels"] * 1.5**3)
    assert table["fraction"] == pytest.approx(table["n_voxels"] / image.size)
    unbanded = segment_phases(image, rules(*t), sensitivity=False)
    assert unbanded.n_voxels_high == plain.n_voxels_high


def test_one_threshold_gives_the_volumes_at_its_ends(rng):
    image = rng.integers(0, 100, (8, 9)).astype(np.uint8)
    phases = segment_phases(image, [PhaseRule("open", high=Threshold(30, 25, 35))])
    assert phases.n_voxels_low["open"] == (image <= 25).sum()
    assert phases["open"].n_voxels == (image <= 30).sum()
    assert phases.n_voxels_high["open"] == (image <= 35).sum()


def test_thresholds_found_in_the_histogram_segment_the_image(cell):
    truth, image = cell
    inner = (slice(14, 34), slice(4, 26), slice(4, 26))
    found = ThresholdRule("gaussians:3").find(Histogram.from_image(image, roi=inner))
    phases = segment_phases(image, rules(found[0], found[1]))
    for name in ("void", "lithium", "lpsc"):
        assert phases[name].n_voxels == pytest.approx((truth == name).sum(), rel=0.02)


def test_an_absent_phase_has_nothing_beside_it():
    image = np.full((4, 5), 20, np.uint8)
    rules = [PhaseRule("metal", low=200)]
    rules += [PhaseRule(r, where=f"{r}:metal") for r in ("below", "above", "inside")]
    rules += [PhaseRule("layer", high=50, where="touching:metal")]
    phases = segment_phases(image, rules)
    assert all(volume.n_voxels == 0 for volume in phases.values())
    assert phases.table()["fraction"].tolist() == [0] * 5


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"name": ""}, "name must be a word without a colon, got ''"),
        ({"name": "a:b"}, "name must be a word without a colon"),
        ({"low": 5, "high": 4}, "low of p must not be above high, got 5 and 4"),
        ({"low": float("nan")}, "low of p must be a finite number, got nan"),
        ({"high": 5, "seed_high": 6}, "seed window of p must lie within None..5"),
        ({"low": 5, "seed_low": 4}, "seed window of p must lie within 5..None"),
        ({"min_voxels": 0}, "min_voxels must be at least 1, got 0"),
        ({"grow": -1}, "grow must be at least 0, got -1"),
        (
            {"where": "under:collector"},
            "below, above, inside, touching, initially-below",
        ),
        ({"where": "below"}, "a colon and a phase, got 'below'"),
    ],
)
def test_bad_rules_are_refused(rule, message):
    with pytest.raises(ValueError, match=message):
        PhaseRule(**({"name": "p"} | rule))


def test_rules_that_do_not_fit_together_are_refused():
    image = np.zeros((3, 3), np.uint8)
    with pytest.raises(ValueError, match="earlier, got 'q'; earlier are p"):
        segment_phases(image, [PhaseRule("p", low=1), PhaseRule("r", where="below:q")])
    with pytest.raises(ValueError, match="different names, got 'p' twice"):
        segment_phases(image, [PhaseRule("p", low=1)] * 2)
    with pytest.raises(ValueError, match="at least one phase"):
        segment_phases(image, [])
    with pytest.raises(ValueError, match=r"axis must lie in -2..1, got 2"):
        segment_phases(image, [PhaseRule("p", low=1)], axis=2)
    with pytest.raises(ValueError, match="NaN"):
        segment_phases(np.full((3, 3), np.nan), [PhaseRule("p", low=1)])
