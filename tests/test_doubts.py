"""What makes numbers doubtful is told: in words, on the page and for machines."""

from dataclasses import replace

import numpy as np
import pytest
from moving import moving_scans

from crevasse._table import Table
from crevasse.io import open_series, write_tiff
from crevasse.operando import Settings, analyze_series, doubts
from crevasse.operando.fingerprint import fingerprint
from crevasse.report import summary, write_report

CRACKS = Settings.for_cracks(threshold=100, align="translation")
COPIED, FULL = "the same grey values again", "nearly everything is of one phase"


def told(analysis):
    """What there is doubt about, by kind."""
    return {doubt.kind: dict(doubt.about) for doubt in doubts(analysis)}


def test_there_is_none_where_all_is_well(rng):
    assert doubts(analyze_series(open_series(moving_scans(rng, 4)), CRACKS)) == []


@pytest.mark.parametrize(
    ("gain", "options", "changed"),
    [
        (0.85, {}, True),
        (1.2, {}, True),
        (0.93, {}, False),  # within the threshold's band
        (0.85, {"match_light": True}, False),
        (0.85, {"sensitivity": 0.2}, False),
        (0.93, {"sensitivity": 0.0}, True),
        (0.97, {"sensitivity": 0.0}, False),
    ],
)
def test_a_frame_in_another_light(rng, tmp_path, gain, options, changed):
    scans = moving_scans(rng, 4)
    scans[2] *= gain
    settings = Settings.for_cracks(threshold=100, align="translation", **options)
    analysis = analyze_series(open_series(scans), settings)
    name = analysis.measures["name"][2]
    found = told(analysis).get("light has changed", {})
    assert [*found] == ([name] if changed else [])
    if changed:
        (percent,) = found.values()
        assert float(percent.removesuffix(" %")) == pytest.approx(100 * gain - 100, abs=1)
    page = write_report(analysis, tmp_path, title="light").read_text(encoding="utf-8")
    assert (f"{name} ({100 * gain - 100:+.0f} %)" in page) == changed
    kinds = [doubt["kind"] for doubt in summary(analysis)["doubts"]]
    assert ("light has changed" in kinds) == changed


@pytest.mark.parametrize("match_light", [False, True])
def test_light_that_was_matched_is_not_to_be_matched(rng, match_light):
    settings = Settings.for_cracks(threshold=100, match_light=match_light)
    analysis = analyze_series(open_series(moving_scans(rng, 3)), settings)
    columns = analysis.measures.to_dict() | {"brightness": np.array([1, 1, 0.7])}
    (doubt,) = doubts(replace(analysis, measures=Table(columns)))
    assert doubt.kind == "light has changed"
    assert ("match_light" in doubt.mend) != match_light


def test_masks_and_dark_images_have_no_light(rng):
    masks = (moving_scans(rng, 3) > 100).astype(np.uint8)
    analysis = analyze_series(open_series(masks), Settings.for_cracks(threshold=0.5))
    assert analysis.measures["brightness"].tolist() == [1, 1, 1]
    assert doubts(analysis) == []
    dark = moving_scans(rng, 3) - 300
    assert doubts(analyze_series(open_series(dark), Settings.for_cracks(threshold=-200))) == []


@pytest.mark.parametrize("align", ["none", "translation"])
@pytest.mark.parametrize("options", [{}, {"match_light": True}, {"smooth": 1.0}])
def test_scans_that_are_copies(rng, tmp_path, align, options):
    scans = moving_scans(rng, 6)
    scans[[3, 5]] = scans[[2, 0]]
    settings = Settings.for_cracks(threshold=100, align=align, **options)
    analysis = analyze_series(open_series(scans), settings)
    names = analysis.measures["name"].tolist()
    assert analysis.copies == ((names[3], names[2]), (names[5], names[0]))
    assert told(analysis)[COPIED] == {names[3]: f"as {names[2]}", names[5]: f"as {names[0]}"}
    page = write_report(analysis, tmp_path, title="copies").read_text(encoding="utf-8")
    assert f"The same grey values again:</b> {names[3]} (as {names[2]})" in page


def test_masks_that_are_the_same_are_no_copies(rng):
    masks = (moving_scans(rng, 3) > 100).astype(np.uint8)
    masks[2] = masks[1]
    assert analyze_series(open_series(masks), Settings.for_cracks(threshold=0.5)).copies == ()


@pytest.mark.parametrize("shape", [(1, 40, 30), (40, 30), (100, 5, 3), (1, 1, 3)])
def test_fingerprints(rng, shape):
    image = rng.normal(size=shape).astype(np.float32)
    changed = image.copy()
    changed[0, 0] += 1
    assert fingerprint(image) == fingerprint(np.asfortranarray(image))
    assert fingerprint(image) != fingerprint(changed)
    assert fingerprint(np.where(image > 0, 1, 0)) is None


def test_a_followed_phase_that_fills_the_region(rng):
    scans = moving_scans(rng, 3)
    settings = Settings.for_cracks(threshold=100, phase="bright")
    assert told(analyze_series(open_series(scans), settings))[FULL] == {
        "open": "up to 99 % of the region"
    }


def test_a_phase_that_is_nowhere(rng):
    scans = moving_scans(rng, 3)
    analysis = analyze_series(open_series(scans), Settings.for_cracks(threshold=10))
    assert told(analysis)["phase not found"] == {"open": ""}


def test_of_many_scans_the_first_are_listed(rng):
    scans = moving_scans(rng, 10)
    scans[1:] *= 1.3
    (doubt,) = doubts(analyze_series(open_series(scans), Settings.for_cracks(threshold=100)))
    assert len(doubt.about) == 9
    assert doubt.listed().count(";") == 5
    assert doubt.listed().endswith("(+30 %) and 3 more")


@pytest.mark.parametrize(
    ("said", "given", "doubtful"),
    [
        (1.4, 1.4, False),
        (1.4, 1.4005, False),
        (1.4, None, False),
        (1.4, 1.38, True),
        (1.4, 1400, True),
        (None, 1400, False),
    ],
)
def test_another_voxel_size_than_that_of_the_scans(rng, tmp_path, said, given, doubtful):
    for k, scan in enumerate(moving_scans(rng, 2)):
        write_tiff(tmp_path / f"{k}.tif", scan, spacing=said)
    series = open_series(tmp_path, spacing=given)
    found = told(analyze_series(series, CRACKS)).get("another voxel size than scans say")
    assert (found is not None) == doubtful
    if found:
        ((size, what),) = found.items()
        assert size == " x ".join([f"{given:.4g}"] * 3) + " um"
        assert what.startswith("0.tif")
        assert what.endswith("says 1.4 x 1.4 x 1.4 um")


@pytest.mark.parametrize("wrong", ["turned", "another", "moved", "noise"])
def test_a_scan_that_does_not_go_on_from_the_one_before(rng, wrong):
    scans = moving_scans(rng, 4)
    align = "translation" if wrong == "noise" else "none"
    still = np.stack([scans[0]] * 4) + rng.normal(0, 1, scans.shape).astype(np.float32)
    if wrong == "turned":
        still[2] = still[2][::-1, ::-1, ::-1]
    elif wrong == "another":
        still[2] = np.roll(still[2], 25, axis=-1)
    elif wrong == "moved":
        still[2:] = np.roll(still[2:], 9, axis=1)
    else:
        still = rng.normal(120, 15, scans.shape).astype(np.float32)
    settings = replace(CRACKS, align=align)
    analysis = analyze_series(open_series(still), settings)
    found = [doubt for doubt in doubts(analysis) if doubt.kind.startswith("scan does not go on")]
    names = analysis.measures["name"].tolist()
    expected = {
        "turned": [names[2], names[3]],
        "another": [names[2], names[3]],
        "moved": [names[2]],
        "noise": names[1:],
    }
    assert [name for doubt in found for name, _ in doubt.about] == expected[wrong]
    assert ("Drift is not looked for" in found[0].mend) == (align == "none")
