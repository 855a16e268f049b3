import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from operator import attrgetter

import numpy as np
import pytest

import crevasse
from crevasse import RunVolume, _core, _threads, _validate

from workload import KERNELS, everything


def test_eight_python_threads_at_once_get_equal_results(rng):
    masks = [rng.random((64, 65, 100)) < p for p in (0.02, 0.1, 0.3, 0.6)] * 4
    expected = [everything(mask) for mask in masks]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(everything, masks)) == expected


def test_eight_python_threads_in_different_kernels_get_what_one_gets(rng):
    mask = rng.random((64, 65, 100)) < 0.1
    kernels = [*KERNELS.values()]
    expected = [kernel(mask, 1) for kernel in kernels]
    together = threading.Barrier(8)

    def call(first):
        together.wait()
        order = kernels[first:] + kernels[:first]
        found = [kernel(mask, 2) for kernel in order * 2]
        return found == (expected[first:] + expected[:first]) * 2

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(0, 16, 2)))


def test_python_keeps_running_while_a_kernel_works(rng):
    mask = rng.random((256, 256, 256)) < 0.25
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.perf_counter()
    crevasse.label(mask, n_threads=1)
    end = time.perf_counter()
    stop.set()
    thread.join()
    during = sum(begin < t < end for t in ticks)
    assert during >= 5, f"{during} ticks in {end - begin:.3f} s: the GIL was held"


def test_half_of_the_cores_are_left_to_what_they_are_shared_with(monkeypatch):
    for cores, left in ((1, 1), (2, 1), (3, 2), (16, 8)):
        monkeypatch.setattr(_core, "default_threads", lambda n=cores: n)
        with _threads.shared(), _threads.shared():
            assert _validate.n_threads(None) == left
            assert _validate.n_threads(5) == 5
        assert _validate.n_threads(None) == cores


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_forked_after_a_parallel_region_still_works():
    code = """
import os, numpy as np, warnings, crevasse
mask = np.random.default_rng(0).random((64, 128, 128)) < .2
expected = crevasse.label(mask, n_threads=2).count
pid = os.fork()
if pid == 0:
    explicit = crevasse.label(mask, n_threads=2).count
    default = crevasse.label(mask).count
    os._exit(0 if explicit == default == expected else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert run_python(code).strip() == "0"


def test_run_volumes_travel_through_a_process_pool():
    volumes = [RunVolume.from_mask(np.eye(n, dtype=bool)) for n in (3, 5)]
    with get_context("spawn").Pool(1) as pool:
        assert pool.map(attrgetter("n_voxels"), volumes) == [3, 5]


def test_omp_num_threads_is_honoured():
    code = "from crevasse import _core; print(_core.default_threads())"
    assert run_python(code, OMP_NUM_THREADS="1").strip() == "1"


def test_import_needs_numpy_alone_and_is_quick():
    code = """
import sys, time, numpy
begin = time.perf_counter()
import crevasse
took = time.perf_counter() - begin
extras = {"scipy", "skimage", "matplotlib", "tifffile", "pandas", "pyarrow", "jinja2"}
heavy = extras & set(sys.modules)
assert not heavy, heavy
print(took)
"""
    assert float(run_python(code)) < 2.0  # 0.2 s is the aim; this only catches a heavy import
