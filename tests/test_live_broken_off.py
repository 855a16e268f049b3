"""A watch that is killed at any moment and started again ends in the bytes of an unbroken one."""

import random
import signal
import subprocess
import sys
import threading
import time

import pytest
import tifffile

import filament

SETTLE = 0.2
ROOT_FILES = ("summary.json", "scans.csv", "alarms.csv")


class Delivery(threading.Thread):
    """Brings scans in: grown, renamed into place, one truncated, one twice, one late."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.scans = folder / "in", folder / "out" / "scans.csv"

    def run(self):
        for number in (0, 1, 3):
            self.grow(number)
        while "scan_4.tif,analysed" not in self.read():
            time.sleep(0.05)
        filament.write(self.folder, 2)  # scan_3, after scan_4
        time.sleep(0.1)
        truncated = self.folder / filament.name(4)
        truncated.write_bytes((self.folder / filament.name(3)).read_bytes()[:700])
        filament.write(self.folder, 3, as_name="scan_6.tif")
        for number in (6, 7, 8):
            self.grow(number)

    def grow(self, number):
        """In pieces, of which none but the last is a scan."""
        whole = self.folder.parent / "whole.tif"
        tifffile.imwrite(whole, filament.image(number))
        content = whole.read_bytes()
        self.folder.mkdir(exist_ok=True)
        with (self.folder / filament.name(number)).open("wb", buffering=0) as file:
            for begin in range(0, len(content), 300):
                file.write(content[begin : begin + 300])
                time.sleep(0.02)

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


def compared(tmp_path, n_kills, seed, page_every):
    folders = [tmp_path / "broken_off", tmp_path / "unbroken"]
    for folder in folders:
        filament.write_experiment(folder, phase='rule = "otsu"\nside = "dark"')
        Delivery(folder).start()
    unbroken = start(folders[1], page_every)
    watch_killed(folders[0], n_kills, random.Random(seed), page_every)
    _, err = unbroken.communicate(timeout=120)
    assert unbroken.returncode == 0, err
    found, wanted = map(contents, folders)
    assert found.keys() == wanted.keys()
    assert [name for name in found if found[name] != wanted[name]] == []
    return found, err


def test_killed_three_times(tmp_path):
    found, told = compared(tmp_path, 3, seed=1, page_every=60)
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
def test_killed_four_times_at_other_moments(tmp_path, seed):
    compared(tmp_path, 4, seed, page_every=0.5)  # in the midst of pages, too
