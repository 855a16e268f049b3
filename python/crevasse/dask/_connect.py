"""The cluster that work is done on: one that runs already, or one of this machine."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from distributed import Client, LocalCluster, Security
from distributed.comm import connect as distributed_connect

from crevasse import _validate

# Ctrl-C reaches every process of a terminal: this one ends its workers, they need not complain.
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@contextmanager
def connect(
    address: str | None = None, *, n_workers: int | None = None, timeout: float = 30.0
) -> Iterator[Client]:
    """A client of a cluster, to use in a ``with`` block.

    Parameters
    ----------
    address
        Of a scheduler, such as ``"tcp://node1:8786"``, or the file that it was started with
        (``dask scheduler --scheduler-file cluster.json``), which ends in ``.json``. None: begin a
        cluster of this machine, and end it after the block.
    n_workers
        Of a cluster of this machine: processes of one thread for Dask, which share the cores for
        the kernels. None: one a core.
    timeout
        How long is waited for the scheduler, and for its first worker, in s.

    Raises
    ------
    ConnectionError
        If there is no scheduler, or it has no worker.
    FileNotFoundError, ValueError
        If the scheduler's file does not exist, or is none; if `n_workers` is not at least 1.

    Examples
    --------
    >>> with connect(n_workers=1) as client:  # doctest: +SKIP
    ...     client.submit(sum, [1, 2, 3]).result()
    6
    """
    with _local(n_workers) if address is None else _running(address, timeout) as client:
        yield client


@contextmanager
def _local(n_workers: int | None) -> Iterator[Client]:
    cores = _validate.n_threads(None)
    count = cores if n_workers is None else _validate.n_threads(n_workers)
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",  # any port that is free
            scheduler_kwargs={"dashboard": False},
            env={"OMP_NUM_THREADS": str(max(1, cores // count))},
            preload=_DEAF,
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def _running(address: str, timeout: float) -> Iterator[Client]:
    scheduler = _in_file(address, timeout) if address.endswith(".json") else address
    # Not by a client: one that finds nothing tries on, and complains at its end. In a thread, since
    # in notebooks this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(asyncio.run, _say_hello(scheduler, timeout)).result()
        except Exception as error:  # whatever may answer there
            raise ConnectionError(
                f"no Dask scheduler answers at {address} ({error or type(error).__name__}); start "
                "one with dask scheduler, or correct the address"
            ) from error
    with Client(scheduler, timeout=timeout, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=timeout)
        except TimeoutError as error:
            raise ConnectionError(
                f"{address} has no worker after {timeout:g} s; start some with dask worker"
            ) from error
        yield client


def _in_file(path: str, timeout: float) -> str:
    """The address in a scheduler's file, which may be about to write it."""
    end = time.monotonic() + timeout
    while not Path(path).is_file():
        if time.monotonic() > end:
            raise FileNotFoundError(
                f"{path} does not exist; start: dask scheduler --scheduler-file {path}"
            )
        time.sleep(0.1)
    try:
        return str(json.loads(Path(path).read_text(encoding="utf-8"))["address"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no scheduler's file; give its address instead") from error


async def _say_hello(address: str, timeout: float) -> None:
    options = Security().get_connection_args("client")
    comm = await distributed_connect(address, timeout=timeout, **options)
    await comm.close()
