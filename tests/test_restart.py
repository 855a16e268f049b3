"""A run that is killed at any moment goes on from its last whole frame and loses nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from crevasse import Tracker

N_FRAMES = 12
RUN = """
import sys
from pathlib import Path
from test_restart import frame, N_FRAMES
from crevasse import Tracker

path = Path(sys.argv[1])
tracker = Tracker.load(path) if path.exists() else Tracker(working="zmin", counter="zmax")
print("ready", flush=True)
for k in range(tracker.n_frames, N_FRAMES):
    tracker.update(frame(k), time=k / 4)
    tracker.save(path)
"""


def frame(k):
    strength = np.random.default_rng(7).random((30, 60, 60))
    flicker = np.random.default_rng(k).random((30, 60, 60))
    return (strength < 0.02 + 0.01 * k) & (flicker < 0.9)


def test_a_run_killed_again_and_again_ends_in_the_same_bytes(tmp_path, rng):
    unbroken = Tracker(working="zmin", counter="zmax")
    for k in range(N_FRAMES):
        unbroken.update(frame(k), time=k / 4)
    unbroken.save(tmp_path / "unbroken.npz")

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    kills, tries = 0, 0
    path = tmp_path / "state.npz"
    while True:
        tries += 1
        assert tries < 60, "it never gets on"
        command = [sys.executable, "-c", RUN, str(path)]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        with run:
            assert run.stdout.readline().strip() == b"ready"
            time.sleep(rng.uniform(0, 0.04 + 0.02 * tries))  # so that it gets on where all is slow
            run.send_signal(signal.SIGKILL)
        if run.returncode == 0:
            break
        kills += run.returncode == -signal.SIGKILL
    assert kills >= 2
    assert path.read_bytes() == (tmp_path / "unbroken.npz").read_bytes()
