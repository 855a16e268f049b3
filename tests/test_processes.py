"""Kernels in children of every kind: a child that hangs, or gives something else, fails.

Each test is a process of its own, since what a child inherits depends on all that its parent has
done, and is ended after a while.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import os, signal, sys, threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np

from workload import everything

SEEDS = range(4)


def work(seed, n_threads=2):
    noise = np.random.default_rng(seed).random((20, 33, 70))
    return everything(noise < 0.1 * (seed + 1), n_threads)


def in_child(check):
    \"\"\"Whether a forked child comes to a truth before it is ended.\"\"\"
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        right = False
        try:
            right = check()
        finally:
            os._exit(0 if right else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def run(tmp_path, code, *arguments):
    script = tmp_path / "script.py"
    script.write_text(f"{BEGIN}\n{code}\n\nif __name__ == '__main__':\n    main(*sys.argv[1:])\n")
    child = subprocess.Popen(
        [sys.executable, script, *arguments],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        errors = child.communicate(timeout=180)[1]
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # its children too, which would wait for ever
        child.communicate()
        raise
    assert child.returncode == 0, errors


@pytest.mark.parametrize(
    ("method", "before"),
    [
        pytest.param("fork", "kernels", marks=needs_fork),
        pytest.param("fork", "nothing", marks=needs_fork),
        pytest.param("forkserver", "kernels", marks=needs_fork),
        ("spawn", "kernels"),
    ],
)
def test_pools_of_every_kind_give_what_one_process_gives(tmp_path, method, before):
    code = """
def main(method, before):
    if before == "kernels":
        work(0, 3)
    context = get_context(method)
    with context.Pool(2) as pool:
        pooled = pool.map(work, SEEDS)
    with ProcessPoolExecutor(2, context) as executor:
        executed = list(executor.map(partial(work, n_threads=None), SEEDS))
    assert pooled == executed == [work(seed, 1) for seed in SEEDS]
"""
    run(tmp_path, code, method, before)


@needs_fork
def test_a_forked_worker_that_takes_one_frame_after_the_other(tmp_path):
    """As the workers of PvaPy do."""
    code = """
def serve(inbox, outbox):
    for seed in iter(inbox.get, None):
        outbox.put(work(seed))


def main():
    expected = [work(seed, 3) for seed in SEEDS]
    context = get_context("fork")
    inbox, outbox = context.Queue(), context.Queue()
    worker = context.Process(target=serve, args=(inbox, outbox))
    worker.start()
    for seed in (*SEEDS, None):
        inbox.put(seed)
    for wanted in expected:
        assert outbox.get(timeout=60) == wanted
    worker.join(60)
    assert worker.exitcode == 0
"""
    run(tmp_path, code)


@needs_fork
def test_children_forked_while_other_threads_are_inside_kernels(tmp_path):
    code = """
def main():
    expected = [work(seed, 1) for seed in SEEDS]
    stop = threading.Event()

    def keep_busy(seed):
        while not stop.is_set():
            assert work(seed, 3) == expected[seed]

    def in_a_thread(seed):
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(work, [seed, seed])) == [expected[seed]] * 2

    def fork_again_and_again(seed):
        work(seed, 3)  # threads of OpenMP belong to the thread that has called a kernel
        return all(
            in_child(lambda: work(seed) == expected[seed] and in_a_thread(seed)) for _ in range(3)
        )

    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(keep_busy, seed) for seed in (0, 1)]
        forks = [pool.submit(fork_again_and_again, seed) for seed in (2, 3)]
        right = [fork.result() for fork in forks]
        stop.set()
        for loop in busy:
            loop.result()
    assert right == [True, True]
"""
    run(tmp_path, code)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        pytest.param("fork", "fork", marks=needs_fork),
        pytest.param("forkserver", "fork", marks=needs_fork),
        pytest.param("spawn", "spawn", marks=pytest.mark.slow),
    ],
)
def test_pools_inside_of_pools(tmp_path, outer, inner):
    code = """
def fan_out(method, seed):
    with ProcessPoolExecutor(2, get_context(method)) as pool, ThreadPoolExecutor(2) as threads:
        alone = work(seed, 3)
        return [alone, *threads.map(work, [seed]), *pool.map(work, [seed, seed])]


def main(outer, inner):
    expected = [work(seed, 2) for seed in SEEDS]
    with ProcessPoolExecutor(2, get_context(outer)) as pool:
        found = list(pool.map(partial(fan_out, inner), SEEDS))
    assert found == [[wanted] * 4 for wanted in expected]
"""
    run(tmp_path, code, outer, inner)
