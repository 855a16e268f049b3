"""Scans of every format in a watched folder: seen by their names, whole when all has settled."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import count

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from crevasse.io import list_scans, write_volume
from crevasse.live import Arrivals

import filament
from watching import Clock, Run

ENDINGS = (".h5", ".npy", ".zarr")


def write_slices(path, image):
    path.mkdir(parents=True)
    for z, plane in enumerate(np.atleast_3d(image).transpose(2, 0, 1)):
        tifffile.imwrite(path / f"slice_{z}.tif", plane)


def bring(folder, number, ending):
    folder.mkdir(exist_ok=True)
    write_volume(folder / f"scan_{number + 1}{ending}", filament.image(number))


# --- what is seen -----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [*ENDINGS, ".nxs", ".npz", ".tiff", ""])
def test_scans_of_a_folder_are_known_by_their_names(tmp_path, ending):
    for name in (f"scan_10{ending}", f"scan_9{ending}", f".scan_8{ending}", f"scan_7{ending}.part"):
        if ending:
            (tmp_path / name).touch()
        else:
            (tmp_path / name).mkdir()
            (tmp_path / name / ("a.tif" if name[-1].isdigit() else "b.txt")).touch()
    (tmp_path / "log").mkdir()
    assert [path.name for path in list_scans(tmp_path)] == [f"scan_9{ending}", f"scan_10{ending}"]


@pytest.mark.parametrize("header", ["zarr.json", ".zarray", ".zgroup"])
def test_a_store_is_known_by_its_header_too(tmp_path, header):
    (tmp_path / "scan_1").mkdir()
    (tmp_path / "scan_1" / header).touch()
    (tmp_path / "scan_2.zarr").mkdir()  # nothing has been written into it yet
    assert [path.name for path in list_scans(tmp_path)] == ["scan_1", "scan_2.zarr"]
    assert list_scans(tmp_path / "scan_1") == [tmp_path / "scan_1"]


def test_folders_are_looked_through_once_and_slices_are_not_counted(tmp_path, monkeypatch):
    for number in range(3):
        write_slices(tmp_path / f"scan_{number}", np.zeros((2, 2, 5), np.uint8))
    looked, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(str(path)) or scandir(path))
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("opened"))
    assert len(list_scans(tmp_path)) == 3
    assert sorted(looked) == sorted(
        map(str, [tmp_path, *(tmp_path / f"scan_{n}" for n in range(3))])
    )


@pytest.mark.usefixtures("no_page")
def test_a_folder_with_several_formats_is_told_until_it_holds_one(tmp_path):
    folder, told = tmp_path / "in", []
    for number in range(2):
        bring(folder, number, ".h5")
    np.save(folder / "flat.npy", np.zeros(3))

    def mended(line):
        told.append(line)
        (folder / "flat.npy").unlink(missing_ok=True)

    run = Run(tmp_path, until=2)
    run.watcher._warn = mended
    assert run() == 2
    where = f"warning: cannot look for scans: {folder} holds npy and HDF5 (flat.npy, scan_1.h5); "
    assert told[0].startswith(where)
    assert told[1:] == ["scans: well again"]


@pytest.mark.usefixtures("no_page")
def test_what_comes_to_lie_beside_scans_is_told_and_passed_over(tmp_path):
    folder = tmp_path / "in"
    bring(folder, 0, ".h5")
    assert Run(tmp_path, until=1)() == 1
    np.save(folder / "flat.npy", np.zeros(3))
    bring(folder, 1, ".h5")
    run = Run(tmp_path, until=2)
    assert run() == 2
    assert [line for line in run.lines if line.startswith("warning")] == [
        f"warning: {folder} also holds flat.npy, which is not HDF5: left out"
    ]
    assert run.watcher.trouble == []
    assert list(run.states()) == ["scan_1.h5", "scan_2.h5"]


# --- when it is whole -------------------------------------------------------------------------


def test_all_of_a_store_must_have_been_written(tmp_path):
    clock = Clock()
    arrivals = Arrivals(tmp_path, settle=10, clock=clock)
    store = tmp_path / "scan_1.zarr"
    chunk = store / "s0" / "c" / "0" / "1"
    chunk.parent.mkdir(parents=True)
    (store / "zarr.json").write_text("{}")
    [seen] = arrivals.look()
    assert (seen.settled, seen.n_bytes, seen.n_slices) == (False, 0, 0)
    unfinished = chunk.with_name("1.abc.partial")
    for clock.now, change in (
        (9, lambda: unfinished.write_bytes(b"x")),
        (18, lambda: unfinished.rename(chunk)),  # so its name is not part of the stamp, but:
        (19, lambda: chunk.write_bytes(b"xx")),
    ):
        change()
        [seen] = arrivals.look()
    assert (seen.settled, seen.n_bytes) == (False, 2)
    clock.now = 28.9
    assert not arrivals.look()[0].settled
    clock.now = 29
    assert arrivals.look()[0].settled


def watch_growing(tmp_path, ending, pause):
    """The second of three scans grows by a piece with each `pause` looks."""
    folder = tmp_path / "in"
    for number in (0, 2):
        bring(folder, number, ending)
    pieces, looks = filament.growing(folder / f"scan_2{ending}", 1), count()
    next(pieces)

    def stop():
        if next(looks) % pause == pause - 1:
            next(pieces, None)
        return False

    run = Run(tmp_path, until=3, retries=1)
    assert run(stop) == 3
    assert [r.volume for r in run.readings] == [12.0 * n for n in filament.LENGTHS[:3]]


@pytest.mark.usefixtures("no_page")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_scan_that_grows_for_long_is_analysed_when_it_is_whole(tmp_path, ending):
    watch_growing(tmp_path, ending, pause=2)


@pytest.mark.usefixtures("no_page")
def test_hdf5_says_itself_that_it_is_not_finished(tmp_path):
    folder = tmp_path / "in"
    bring(folder, 0, ".h5")
    pieces = filament.growing(folder / "scan_2.h5", 1)
    for _ in range(3):  # however long the pauses are
        next(pieces)
        run = Run(tmp_path, until=2, retries=1)
        assert (run(), run.states()["scan_2.h5"]) == (1, "waiting")
    assert "/exchange/data has 2 of 5 chunks; wait for it" in run.why("scan_2.h5")
    list(pieces)
    assert Run(tmp_path, until=2)() == 2


@pytest.mark.usefixtures("no_page")
def test_a_store_without_a_chunk_waits_and_is_given_up_for_one_behind_it(tmp_path):
    folder = tmp_path / "in"
    bring(folder, 0, ".zarr")
    zarr.create_array(folder / "scan_2.zarr", shape=(40, 24), dtype="u1", chunks=(8, 24))
    run = Run(tmp_path)
    assert run() == 1
    assert (run.states()["scan_2.zarr"], run.why("scan_2.zarr")) == ("waiting", "it is empty")
    bring(folder, 2, ".zarr")
    run = Run(tmp_path, until=2)
    assert run() == 2
    assert (run.states()["scan_2.zarr"], run.why("scan_2.zarr")) == ("broken", "it is empty")


HOLD = """
import sys, h5py
with h5py.File(sys.argv[1], "a"):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.mark.usefixtures("no_page")
def test_a_file_that_is_open_for_writing_elsewhere_waits_however_long(tmp_path):
    folder = tmp_path / "in"
    for number in range(2):
        bring(folder, number, ".h5")
    writer = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder / "scan_2.h5"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout.readline() == "open\n"
    run = Run(tmp_path, until=2, retries=1)
    assert run() == 1
    assert "is open for writing; wait until it is closed" in run.why("scan_2.h5")
    writer.communicate("")
    run = Run(tmp_path, until=2)
    assert run() == 2


def in_3d(experiment, dataset=None):
    scans = replace(experiment.scans, dataset=dataset)
    measure = replace(experiment.measure, fronts=False)
    return replace(experiment, scans=scans, measure=measure)


@pytest.mark.usefixtures("no_page")
@pytest.mark.parametrize("ending", ENDINGS)
def test_files_wait_for_as_many_slices_as_are_wanted(tmp_path, ending):
    folder = tmp_path / "in"
    folder.mkdir()
    volume = np.stack([filament.image(0)] * 4)
    write_volume(folder / f"scan_1{ending}", volume[:3])
    run = Run(tmp_path, change=in_3d, slices=4)
    assert run() == 0
    assert run.why(f"scan_1{ending}") == "it has 3 of 4 slices"
    for number, n_slices in ((1, 4), (2, 3), (3, 4)):
        write_volume(folder / f"scan_{number}{ending}", volume[:n_slices] + np.uint8(number))
    run = Run(tmp_path, change=in_3d, until=2)
    assert run() == 2
    assert (run.states()[f"scan_2{ending}"], run.why(f"scan_2{ending}")) == (
        "broken",
        "it has 3 of 4 slices",
    )


@pytest.mark.usefixtures("no_page")
def test_the_dataset_is_that_of_the_experiment_and_half_floats_are_single_ones(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(2):
        with h5py.File(folder / f"scan_{number}.h5", "w") as file:
            file["one"] = np.zeros((2, 40, 24), np.float16)
            file["two"] = np.stack([filament.image(number)] * 2).astype(np.float16)
    run = Run(tmp_path, change=lambda e: in_3d(e, "/two"), until=2)
    assert run() == 2
    assert [r.volume for r in run.readings] == [48.0 * n for n in filament.LENGTHS[:2]]
