"""An analysis that is broken off and gone on with gives what an unbroken one gives."""

import errno
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from crevasse import phantom
from crevasse._archive import load_archive, save_archive
from crevasse.io import open_series, write_tiff
from crevasse.operando import (
    BrokenFrameError,
    Checkpoint,
    Experiment,
    ExperimentError,
    Settings,
    analyze_series,
)
from crevasse.operando.checkpoint import FORMAT, VERSION, _analyst
from crevasse.operando.experiment.planning import plan_toml
from crevasse.operando.pipeline import sampled_frames
from crevasse.report import summary


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Scans with drift, a layer at each electrode, a filament, cycler and fronts."""
    folder = tmp_path_factory.mktemp("case")
    path = phantom.write_case(phantom.case_c(scale=0.75, frames=7), folder)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[measure]\n", "[measure]\ngrey = true\nthickness = true\n"))
    plan = plan_toml(path)
    return plan.series, plan.settings


class BrokenOffError(Exception):
    pass


def break_off(case, path, after):
    """Analyse until a frame, saving after each."""

    def progress(result, n_frames):
        if result.frame == after:
            raise BrokenOffError

    with pytest.raises(BrokenOffError):
        analyze_series(*case, progress=progress, checkpoint=Checkpoint(path, every=0))


def same(a, b):
    assert summary(a) == summary(b)
    assert a.tables().keys() == b.tables().keys()
    for name, table in a.tables().items():
        for column in table.columns:
            np.testing.assert_array_equal(table[column], b.tables()[name][column], err_msg=name)
    for name in ("first_open", "last_open", "first_crack"):
        np.testing.assert_array_equal(getattr(a.history, name)(), getattr(b.history, name)())
    for name, layer in a.layers.items():
        assert layer.maps.keys() == b.layers[name].maps.keys()
        for frame, thickness in layer.maps.items():
            np.testing.assert_array_equal(thickness, b.layers[name].maps[frame])
    assert (a.grey is None) == (b.grey is None)
    if a.grey is not None:
        np.testing.assert_equal(vars(a.grey), vars(b.grey))  # NaN is NaN


def test_going_on_is_as_if_nothing_had_happened(case, tmp_path):
    series, settings = case
    whole = analyze_series(series, settings)
    path = tmp_path / "unfinished"
    for after in (0, 2, 5):  # each time from where the last one was broken off
        break_off(case, path, after)
        assert path.is_file()
    seen = []
    analysis = analyze_series(
        series,
        settings,
        progress=lambda result, n: seen.append(result.frame),
        checkpoint=Checkpoint(path),
    )
    assert seen == [6]
    same(analysis, whole)
    same(analyze_series(series, settings, checkpoint=Checkpoint(path)), whole)
    Checkpoint(path).remove()
    assert not path.exists()


def test_a_full_disk_does_not_end_an_analysis(case, tmp_path, monkeypatch):
    series, settings = case
    path = tmp_path / "unfinished"
    break_off(case, path, 1)
    saved = path.read_bytes()

    def full(file, **_):
        file.write(b"PK")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(RuntimeWarning, match="unfinished could not be saved"):
        analysis = analyze_series(series, settings, checkpoint=Checkpoint(path, every=0))
    assert len(analysis.measures) == len(series)
    assert [p.name for p in tmp_path.iterdir()] == ["unfinished"]
    assert path.read_bytes() == saved
    assert len(Checkpoint(path).resume(series, settings).seen) == 2


def test_another_experiment_begins_anew(case, tmp_path):
    series, settings = case
    path = tmp_path / "unfinished"
    break_off(case, path, 2)
    assert Checkpoint(path).resume(series, settings) is not None
    assert Checkpoint(path).resume(series, replace(settings, repeatability=0.1)) is None
    later = replace(series, frames=tuple(replace(f, time=f.time + 1) for f in series.frames))
    assert Checkpoint(path).resume(later, settings) is None
    changed = replace(series, frames=tuple(replace(f, stamp="other") for f in series.frames))
    assert Checkpoint(path).resume(changed, settings) is None
    more = replace(series, frames=(*series.frames, replace(series.frames[-1], time=3.3)))
    assert Checkpoint(path).resume(more, settings) is not None
    path.write_bytes(path.read_bytes()[:-40])
    assert Checkpoint(path).resume(series, settings) is None


def test_another_scale_crop_or_sample_begins_anew(tmp_path):
    """What was measured on another scale must not stand in the same column."""
    write_growing_crack(tmp_path / "scans", 6)
    experiment, path = tmp_path / "cell.toml", tmp_path / "unfinished"
    text = "[scans]\nsource = 'scans/*.tif'\ninterval = 1\nvoxel_size = 1\n"
    text += "[region]\ncrop = { x = [2, 10] }\n[phases.void]\nrule = 'otsu'\n"

    def planned(old="", new=""):
        experiment.write_text(text.replace(old, new))
        plan = plan_toml(experiment)
        return plan.series, plan.settings

    break_off(planned(), path, 2)
    series, settings = planned()
    sampled = sampled_frames(series)
    assert Checkpoint(path).resume(series, settings, sampled) is not None
    for old, new in (("voxel_size = 1", "voxel_size = 2"), ("[2, 10]", "[1, 9]")):
        other = analyze_series(*planned(old, new), checkpoint=Checkpoint(path))
        same(other, analyze_series(*planned(old, new)))
        assert Checkpoint(path).resume(*planned(old, new), sampled) is None
    assert Checkpoint(path).resume(series, settings, sampled) is not None
    short = replace(series, frames=series.frames[:4])
    assert Checkpoint(path).resume(short, settings, sampled_frames(short)) is None
    same(
        analyze_series(short, settings, checkpoint=Checkpoint(path)),
        analyze_series(short, settings),
    )


@pytest.mark.slow
def test_rotation_is_gone_on_with_as_well(case, tmp_path):
    series, settings = case[0], replace(case[1], align="rigid", fronts=False, thickness=False)
    short = replace(series, frames=series.frames[:4])
    whole = analyze_series(short, settings)
    path = tmp_path / "unfinished"
    break_off((short, settings), path, 1)
    resumed = Checkpoint(path).resume(short, settings)
    assert len(resumed.seen) == 2
    same(analyze_series(short, settings, checkpoint=Checkpoint(path)), whole)


@pytest.mark.parametrize(
    "function",
    [print, np.savez, os.system, "crevasse._archive os.system", "crevasse._archive save_archive"],
)
def test_a_file_can_make_nothing_else(case, tmp_path, function):
    series, settings = case
    path = tmp_path / "unfinished"
    break_off(case, path, 0)
    members = load_archive(path, FORMAT, VERSION, dict)
    del members["format"], members["version"]
    if isinstance(function, str):
        module, name = function.split()
        state = b"\x80\x04\x8c" + bytes([len(module)]) + module.encode()
        state += b"\x8c" + bytes([len(name)]) + name.encode() + b"\x93."  # STACK_GLOBAL, STOP
    else:
        state = pickle.dumps(function)
    members["state"] = np.frombuffer(state, np.uint8)
    save_archive(path, FORMAT, VERSION, members)
    with pytest.raises(ValueError, match="has no place in an analysis"):
        load_archive(path, FORMAT, VERSION, lambda m: _analyst(m, series, settings))
    assert Checkpoint(path).resume(series, settings) is None


def write_growing_crack(folder, n_scans):
    """A crack of two voxels, and one more in every scan."""
    folder.mkdir()
    for t in range(n_scans):
        image = np.full((6, 12, 12), 200, np.uint8)
        image[3, 3 : 5 + t, 4] = 20
        write_tiff(folder / f"{t}.tif", image)


def test_a_broken_scan_is_kept_apart_and_mended_later(tmp_path):
    write_growing_crack(tmp_path / "scans", 5)
    settings = Settings.for_cracks(threshold=100)
    whole = analyze_series(open_series(tmp_path / "scans"), settings)
    series = open_series(tmp_path / "scans")
    bad = tmp_path / "scans" / "3.tif"
    good = bad.read_bytes()
    bad.write_bytes(good[: len(good) // 2])
    path = tmp_path / "unfinished"
    with pytest.raises(BrokenFrameError, match=r"^3\.tif: ") as caught:
        analyze_series(series, settings, checkpoint=Checkpoint(path))
    assert len(caught.value.analysis.history.frames) == 3
    bad.write_bytes(good)
    mended = analyze_series(open_series(tmp_path / "scans"), settings, checkpoint=Checkpoint(path))
    same_ = summary(mended), summary(whole)
    assert same_[0] == same_[1]


def test_broken_scans_are_left_out_only_when_told(tmp_path):
    write_growing_crack(tmp_path / "scans", 5)
    (tmp_path / "cell.toml").write_text(
        "[scans]\nsource = 'scans'\ninterval = 1\nskip_broken = true\n"
        "[phases.void]\nrule = 'otsu'\n"
    )
    plan = plan_toml(tmp_path / "cell.toml")
    for name in ("0.tif", "2.tif"):  # both are also looked at to find the threshold
        bad = tmp_path / "scans" / name
        bad.write_bytes(bad.read_bytes()[:300])
    analysis = analyze_series(plan.series, plan.settings)
    assert [name for name, _ in analysis.skipped] == ["0.tif", "2.tif"]
    assert analysis.measures["name"].tolist() == ["1.tif", "3.tif", "4.tif"]
    assert analysis.measures["scan"].tolist() == [1, 3, 4]
    assert analysis.history.frames["time"].tolist() == [1, 3, 4]
    assert analysis.history.frames["n_voxels"].tolist() == [3, 5, 6]
    assert analysis.sample.frames == (1, 3, 4)
    assert summary(analysis)["skipped"][0][0] == "0.tif"
    strict = replace(plan.settings, skip_broken=False)
    with pytest.raises(BrokenFrameError, match=r"^0\.tif: ") as caught:
        analyze_series(plan.series, strict)
    assert caught.value.analysis is None
    for name in ("1.tif", "3.tif", "4.tif"):
        (tmp_path / "scans" / name).write_bytes(b"II")
    with pytest.raises(BrokenFrameError, match="can be used to find thresholds"):
        analyze_series(plan.series, plan.settings)
    given = Settings.for_cracks(threshold=100, skip_broken=True)
    with pytest.raises(BrokenFrameError, match=r"no frame can be used, 0\.tif first: "):
        analyze_series(plan.series, given)


def test_a_blank_scan_among_grey_ones_is_broken(tmp_path, rng):
    """The beam was off: by a threshold, everything would be crack."""
    write_growing_crack(tmp_path / "scans", 4)
    settings = Settings.for_cracks(threshold=100, skip_broken=True)
    empty = tmp_path / "scans" / "2.tif"
    write_tiff(empty, np.zeros((6, 12, 12), np.uint8))
    few_values = analyze_series(open_series(tmp_path / "scans"), settings)
    assert few_values.history.frames["n_voxels"].tolist() == [2, 3, 6 * 12 * 12, 5]
    for path in (tmp_path / "scans").iterdir():
        if path != empty:
            image = tifffile.imread(path)
            write_tiff(path, image - rng.integers(0, 20, image.shape, dtype=np.uint8))
    analysis = analyze_series(open_series(tmp_path / "scans"), settings)
    assert analysis.history.frames["n_voxels"].tolist() == [2, 3, 5]
    assert [name for name, _ in analysis.skipped] == ["2.tif"]
    with pytest.raises(BrokenFrameError, match=r"^2\.tif: it holds nothing but the grey value 0: "):
        analyze_series(open_series(tmp_path / "scans"), replace(settings, skip_broken=False))


def test_scans_that_cannot_even_be_opened_are_left_out_when_told(tmp_path):
    """Broken before the analysis begins: cut off, of another shape, of another dtype."""
    write_growing_crack(tmp_path / "scans", 7)
    bad = tmp_path / "scans" / "0.tif"
    bad.write_bytes(bad.read_bytes()[:300])
    write_tiff(tmp_path / "scans" / "2.tif", np.full((6, 12, 13), 200, np.uint8))
    write_tiff(tmp_path / "scans" / "5.tif", np.full((6, 12, 12), 200, np.uint16))
    text = "[scans]\nsource = 'scans'\ninterval = 1\n[phases.void]\nhigh = 100\n"
    experiment = tmp_path / "cell.toml"
    experiment.write_text(text)
    with pytest.raises(ExperimentError, match=r"scans.source: .*0\.tif"):
        plan_toml(experiment)
    experiment.write_text(text.replace("interval", "skip_broken = true\ninterval"))
    plan = plan_toml(experiment)
    analysis = analyze_series(plan.series, plan.settings)
    assert [name for name, _ in analysis.skipped] == ["0.tif", "2.tif", "5.tif"]
    assert "5.tif is (6, 12, 12) uint16, and 1.tif and most others are" in analysis.skipped[2][1]
    assert analysis.history.frames["time"].tolist() == [1, 3, 4, 6]
    assert analysis.history.frames["n_voxels"].tolist() == [3, 5, 6, 8]
    for t in (1, 3, 4, 6):
        (tmp_path / "scans" / f"{t}.tif").write_bytes(b"II*\0")
    for t in (2, 5):
        (tmp_path / "scans" / f"{t}.tif").unlink()
    with pytest.raises(ExperimentError, match=r"none of 5 scans can be used: .*0\.tif"):
        plan_toml(experiment)


def test_experiments_say_so(tmp_path):
    text = "[scans]\nsource = 'scans'\nskip_broken = true\n[phases.void]\nhigh = 9\n"
    (tmp_path / "cell.toml").write_text(text)
    assert Experiment.from_toml(tmp_path / "cell.toml", check=False).scans.skip_broken
