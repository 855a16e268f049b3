"""A case as a person would have it: scans, the cycler's record, and an experiment to analyse."""

from __future__ import annotations

import os
from pathlib import Path

from crevasse._files import replace_when_written
from crevasse.phantom.case_truth import CaseTruth
from crevasse.phantom.discs import cell_radius
from crevasse.phantom.protocol import write_cycler
from crevasse.phantom.scene import Scene
from crevasse.phantom.series_files import write_series

_HEAD = """\
# {description}
# Lengths are in µm and times in h.

[scans]
source = "scans/*.tif"
times = "scans/times.csv"
voxel_size = {voxel:g}
scan_duration = "5 min"

[cycler]
file = "cycler.csv"
positive = "plating"
area_cm2 = 1
offset = {offset:g}

"""

_CRACKS = """\
[region]
box = {{ z = [{top:g}, {bottom:g}] }}  # the electrolyte, below the collector

[electrodes]
working = {{ face = "zmin", plane = {top:g} }}
counter = "zmax"

[phases.open]  # pores, and cracks with lithium in them
rule = "cores:0.42"  # small pores are round
side = "dark"
filled = true  # what opens later is brighter than the pores, which are empty

[segmentation]
min_voxels = 8

[alignment]
method = "translation"

[tracking]
baseline_frames = {baseline}  # nothing grows until {flat:g} h
repeatability = "baseline"  # what changes between these is noise

[measure]
fronts = true
thickness = true
grey = true

[output]
folder = "report"
title = "Case A: branching cracks"
"""

_LAYERS = """\
[region]
cylinder = {{ diameter = {cell:g} }}  # without the casing
disc = {{ diameter = {disc:g} }}  # where layers are measured

[electrodes]
working = {{ face = "zmin", until = "electrolyte", layer = "lithium" }}
counter = {{ face = "zmax", until = "electrolyte", layer = "counter_lithium" }}

# In order of grey value: lithium, electrolyte, metal. Where metal lies beside lithium, its face is
# half way between these two.
[phases.electrolyte]
rule = "levels:3"
side = "middle"
bulk = 1  # without the fringe of the metal, which is as bright

[phases.collector]
rule = "levels:3"
side = "bright"
against = "dark"
where = "{at}above:electrolyte"

[phases.lithium]
where = ["below:collector", "{at}above:electrolyte"]

[phases.steel]
rule = "levels:3"
side = "bright"
against = "dark"
where = "{at}below:electrolyte"

[phases.counter_lithium]
where = ["{at}below:electrolyte", "above:steel"]

{crack}[alignment]
method = "translation"

[measure]
cracks = {cracks}
interfaces = true
fronts = {cracks}

[output]
folder = "report"
title = "{title}"
"""

_CRACK = """\
[phases.crack]  # as dark as lithium, where the electrolyte was in the first scan
rule = "levels:3"
side = "dark"
where = "initially-inside:electrolyte"
min_voxels = 20

"""


def write_case(scene: Scene, folder: str | os.PathLike[str]) -> Path:
    """Write a case to a folder: scans, cycler's record and experiment.

    ``scans/``, as by `write_series`; ``cycler.csv``; ``cell.toml`` for `crevasse analyze`.

    Parameters
    ----------
    scene
        From `case_a`, `case_b` or `case_c`.
    folder
        Made where it does not exist; files that are there are overwritten.

    Returns
    -------
    Path
        The experiment.

    Raises
    ------
    ValueError
        If the scene is no case.

    Examples
    --------
    >>> import tempfile
    >>> from crevasse import phantom
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = phantom.write_case(phantom.case_b(scale=0.5, frames=6), folder)
    ...     print(path.name, path.read_text(encoding="utf-8").splitlines()[0])
    cell.toml # A lithium layer is plated, stripped and plated again, and roughens at high current.
    """
    if scene.protocol is None:
        raise ValueError(f"scene {scene.name!r} must be case_a, case_b or case_c")
    target = Path(folder)
    write_series(scene, target / "scans")
    write_cycler(scene.protocol, target / "cycler.csv")
    path = target / "cell.toml"
    with replace_when_written(path) as unfinished:
        unfinished.write_text(case_experiment(scene), encoding="utf-8")
    return path


def case_experiment(scene: Scene) -> str:
    """The experiment that analyses a case, as TOML for a file beside its ``scans``."""
    assert scene.protocol is not None
    voxel = scene.spacing[0]
    head = _HEAD.format(description=scene.description, voxel=voxel, offset=scene.protocol.begin)
    return head + (_of_cracks(scene) if scene.name == "case_a" else _of_layers(scene))


def _of_cracks(scene: Scene) -> str:
    assert scene.cell is not None
    voxel, flat = scene.spacing[0], 2.0
    collector = float(scene.cell.faces(0)[0].mean())
    return _CRACKS.format(
        top=round((collector + 1) * voxel, 6),  # the collector's blurred face lies above
        bottom=round(scene.shape[0] * voxel, 6),
        baseline=sum(time <= flat + 1e-9 for time in scene.times),
        flat=flat,
    )


def _of_layers(scene: Scene) -> str:
    assert scene.cell is not None
    assert isinstance(scene.truth, CaseTruth)
    voxel = scene.spacing[0]
    spans = scene.name == "case_c"
    return _LAYERS.format(
        cell=round(2 * (cell_radius(scene.cell.shape) - 2) * voxel, 6),
        disc=round(scene.truth.disc_diameter or 0.0, 6),
        at="initially-" if spans else "",
        crack=_CRACK if spans else "",
        cracks=str(spans).lower(),
        title="Case C: the filament that shorts" if spans else "Case B: planar layers",
    )
