"""A watch that is killed at any moment and started again ends in the bytes of an unbroken one."""

import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

import filament

SETTLE = 0.2
ROOT_FILES = ("summary.json", "scans.csv", "alarms.csv")


class Delivery(threading.Thread):
    """Brings scans in: grown, renamed into place, one truncated, one twice, one late."""

    def __init__(self, folder, ending):
        super().__init__(daemon=True)
        self.folder, self.scans = folder / "in", folder / "out" / "scans.csv"
        self.ending = ending

    def run(self):
        for number in (0, 1, 3):
            self.grow(number)
        while f"{self.name_of(3)},analysed" not in self.read():
            time.sleep(0.05)
        filament.write(self.folder, 2, self.name_of(2))  # after the one that follows it
        time.sleep(0.1)
        self.truncate(3, as_name=self.name_of(4))
        filament.write(self.folder, 3, as_name=self.name_of(5))
        for number in (6, 7, 8):
            self.grow(number)

    def grow(self, number):
        for _ in filament.growing(self.folder / self.name_of(number), number):
            time.sleep(0.02)

    def truncate(self, number, as_name):
        """A copy of a scan that is cut short; of a store, its largest chunk."""
        original, copy = self.folder / self.name_of(number), self.folder / as_name
        (shutil.copytree if original.is_dir() else shutil.copyfile)(original, copy)
        files = [path for path in (copy, *copy.rglob("*")) if path.is_file()]
        largest = max(files, key=lambda path: path.stat().st_size)
        largest.write_bytes(largest.read_bytes()[:-20])

    def name_of(self, number):
        return filament.name(number, self.ending)

    def read(self):
        return self.scans.read_text() if self.scans.is_file() else ""


def start(folder, page_every):
    command = [sys.executable, "-m", "crevasse.cli", "watch", "in", "--experiment", "cell.toml"]
    command += ["-o", "out", "--settle", str(SETTLE), "--every", "0.05", "--until", "6"]
    command += ["--retries", "1", "--page-every", str(page_every), "--alarm", "volume > 150 um^2"]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def watch_killed(folder, n_kills, moments, page_every):
    """Kill after the next scan, or before it, at random moments; then let it end."""
    for _ in range(n_kills):
        process = start(folder, page_every)
        if moments.random() < 0.75:
            process.stdout.readline()  # until it has analysed a scan
        time.sleep(moments.uniform(0, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = start(folder, page_every)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out, err


def contents(folder):
    """What must be the same: every table, the summary, scans and alarms."""
    out = folder / "out"
    files = [*sorted((out / "tables").iterdir()), *(out / n for n in ROOT_FILES)]
    return {str(f.relative_to(out)): f.read_bytes() for f in files}


def compared(tmp_path, n_kills, seed, page_every, ending=".tif"):
    folders = [tmp_path / "broken_off", tmp_path / "unbroken"]
    for folder in folders:
        filament.write_experiment(folder, phase='rule = "otsu"\nside = "dark"')
        Delivery(folder, ending).start()
    unbroken = start(folders[1], page_every)
    watch_killed(folders[0], n_kills, random.Random(seed), page_every)
    _, err = unbroken.communicate(timeout=120)
    assert unbroken.returncode == 0, err
    found, wanted = map(contents, folders)
    assert found.keys() == wanted.keys()
    assert [name for name in found if found[name] != wanted[name]] == []
    return found, err


@pytest.mark.parametrize("n_kills", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_killed_and_started_again(tmp_path, n_kills):
    found, told = compared(tmp_path, n_kills, seed=1, page_every=60)
    states = [line.split(",")[:2] for line in found["scans.csv"].decode().splitlines()[1:]]
    assert states == [
        ["scan_1.tif", "analysed"],
        ["scan_2.tif", "analysed"],
        ["scan_3.tif", "late"],
        ["scan_4.tif", "analysed"],
        ["scan_5.tif", "broken"],
        ["scan_6.tif", "duplicate"],
        ["scan_7.tif", "analysed"],
        ["scan_8.tif", "analysed"],
        ["scan_9.tif", "analysed"],
    ]
    assert "tables/readings.parquet" in found
    assert found["alarms.csv"].decode().count("\n") == 1 + 3
    assert told.count("ALARM") == 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
@pytest.mark.parametrize("ending", [".tif", ".h5", ".npy", ".zarr"])
def test_killed_four_times_at_other_moments(tmp_path, seed, ending):
    found, _ = compared(tmp_path, 4, seed, 0.5, ending)  # in the midst of pages, too
    assert found["scans.csv"].decode().count(",analysed,") == 6
