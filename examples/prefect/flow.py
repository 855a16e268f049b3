"""A Prefect flow that analyses cells: python flow.py cell_a.toml cell_b.toml."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow, task

from crevasse.steps import analyze_step

# What was analysed before a retry is kept, so a retry goes on.
analyze = task(analyze_step, name="analyze cell", retries=1)


@flow(name="cracks of cells")
def analyze_cells(experiments: list[str], output: str) -> list[dict[str, Any]]:
    """One report a cell, in folders of their names; the key figures of all."""
    runs = [analyze.submit(path, str(Path(output) / Path(path).stem)) for path in experiments]
    return [run.result() for run in runs]


if __name__ == "__main__":
    for cell in analyze_cells(sys.argv[1:], "reports"):
        print(cell["report"], cell["volume_change"], cell["volume_unit"])
