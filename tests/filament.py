"""A filament that grows across a small cell, scan by scan, as files for a live run."""

import numpy as np
import tifffile

N_SCANS = 9
LENGTHS = (6, 8, 11, 14, 18, 23, 29, 36, 40)  # of 40 rows, the last one shorts

EXPERIMENT = """\
[scans]
source = "in"
voxel_size = 2
interval = "30 min"

[electrodes]
working = "ymin"
counter = "ymax"

[phases.crack]
{phase}

[measure]
fronts = true

[alarms]
rules = ["ligament < 40 um", "shorted"]
"""


def image(number):
    """Scan `number`, from 0; each has noise of its own."""
    grey = np.random.default_rng(number).normal(180, 5, (40, 24))
    grey[: LENGTHS[number], 10:13] = 60
    return grey.astype(np.uint8)


def name(number):
    return f"scan_{number + 1}.tif"


def write(folder, number, as_name=None):
    """One scan, renamed into place."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (as_name or name(number))
    unfinished = path.with_name(f".{path.name}.part")
    tifffile.imwrite(unfinished, image(number))
    return unfinished.rename(path)


def write_experiment(folder, phase="high = 100"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cell.toml"
    path.write_text(EXPERIMENT.format(phase=phase), encoding="utf-8")
    return path
