"""What is wanted of an experiment: from TOML to a plan, with every problem in one list."""

from crevasse.operando.experiment.tables import (
    Alarms,
    Alignment,
    Cycler,
    Disc,
    Electrode,
    Electrodes,
    Experiment,
    ExperimentError,
    Extent,
    Measure,
    Output,
    Phase,
    Region,
    Scans,
    Segmenting,
    Tracking,
)

__all__ = [
    "Alarms",
    "Alignment",
    "Cycler",
    "Disc",
    "Electrode",
    "Electrodes",
    "Experiment",
    "ExperimentError",
    "Extent",
    "Measure",
    "Output",
    "Phase",
    "Region",
    "Scans",
    "Segmenting",
    "Tracking",
]
