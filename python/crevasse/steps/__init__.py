"""Steps of other people's pipelines, as functions in the forms that these take.

`blocks` takes arrays and gives arrays, for pipelines that pass blocks of a volume (httomo); `cell`
takes paths and gives what JSON holds, for those that start scripts (Prefect, Globus); `ewoks` has
tasks for Ewoks and needs the extra `ewoks`. Importing this package needs numpy alone; analysing
cells needs the extra `operando`.
"""

from crevasse.steps.blocks import (
    distance_within,
    slices_within,
    thickness_within,
    threshold_mask,
)
from crevasse.steps.cell import analyze_cell, analyze_step

__all__ = [
    "analyze_cell",
    "analyze_step",
    "distance_within",
    "slices_within",
    "thickness_within",
    "threshold_mask",
]
