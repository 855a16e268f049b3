"""Analyse cells where their scans are, by Globus Compute: python submit.py ENDPOINT cell.toml."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import PurePosixPath
from typing import Any

from crevasse.steps import analyze_cell


def analyze_all(executor: Executor, experiments: Sequence[str], output: str) -> list[Any]:
    """One report a cell, at the executor's end; paths are those that hold there."""
    futures = [
        executor.submit(
            analyze_cell,
            experiment=path,
            output=str(PurePosixPath(output, PurePosixPath(path).stem)),
        )
        for path in experiments
    ]
    return [future.result() for future in futures]


if __name__ == "__main__":
    from globus_compute_sdk import Executor as GlobusExecutor

    with GlobusExecutor(endpoint_id=sys.argv[1]) as globus:
        for cell in analyze_all(globus, sys.argv[2:], "reports"):
            print(cell["report"], cell["volume_change"], cell["volume_unit"])
