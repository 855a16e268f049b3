import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume

from damage import damage, loaded_or_message
from strategies import masks


@given(masks())
def test_a_saved_volume_comes_back_equal(tmp_path_factory, mask):
    path = tmp_path_factory.mktemp("runs") / "volume.npz"
    volume = RunVolume.from_mask(mask)
    volume.save(path)
    again = RunVolume.load(path)
    assert again == volume
    assert again.shape == mask.shape
    assert [p.name for p in path.parent.iterdir()] == ["volume.npz"]


def test_the_same_volume_gives_the_same_bytes(tmp_path, rng):
    volume = RunVolume.from_mask(rng.random((5, 6, 70)) < 0.3)
    for name in "ab":
        volume.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(st.data())
def test_a_damaged_file_is_refused_in_one_line_or_reads_the_same(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("runs") / "volume.npz"
    volume = RunVolume.from_mask(np.random.default_rng(3).random((4, 5, 130)) < 0.3)
    volume.save(path)
    damage(path, data)
    outcome = loaded_or_message(RunVolume.load, path)
    if isinstance(outcome, str):
        assert "volume.npz" in outcome
        assert "\n" not in outcome
    else:  # a bit that nobody reads, such as a time stamp
        assert outcome == volume


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"format": "other"}, "is damaged or no RunVolume"),
        ({"version": 9}, "has version 9, known is 1; update crevasse"),
        ({"runs": np.array([[5, 3]], np.int32)}, "runs are damaged: a run is empty"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path, members, message):
    path = tmp_path / "volume.npz"
    good = {
        "format": "crevasse.RunVolume",
        "version": 1,
        "shape": np.array([1, 8]),
        "runs_per_row": np.array([1], np.uint32),
        "runs": np.array([[2, 5]], np.int32),
    }
    np.savez(path, **good)
    assert RunVolume.load(path).n_voxels == 3
    np.savez(path, **(good | members))
    with pytest.raises(ValueError, match=message):
        RunVolume.load(path)


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        RunVolume.load(tmp_path / "nothing.npz")


def test_a_failed_save_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "volume.npz"
    volume = RunVolume.from_box((2, 3))
    volume.save(path)

    def fail(*args, **members):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        RunVolume.from_box((9, 9)).save(path)
    assert RunVolume.load(path) == volume
    assert [p.name for p in tmp_path.iterdir()] == ["volume.npz"]
