"""What an experiment may ask for and nothing acts upon so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from crevasse.operando.experiment import Experiment, Extent, Tracking


def not_yet(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Fields that nothing acts upon so far, and what to do about them."""
    remove = "remove it"
    if experiment.region.disc is not None:
        yield "region.disc", remove
    for name in ("working", "counter"):
        if getattr(experiment.electrodes, name) is not None:
            yield f"electrodes.{name}", remove
    for phase in experiment.phases[1:]:
        yield f"phases.{phase.name}, beside phases.{experiment.phases[0].name},", remove
    for phase in experiment.phases[:1]:
        if phase.low is not None and phase.high is not None:
            yield f"phases.{phase.name}.low together with high", "remove one of them"
        if phase.rule not in (None, "otsu"):
            yield f'phases.{phase.name}.rule = "{phase.rule}"', 'use "otsu" or give grey values'
        if phase.location != "everywhere":
            yield f"phases.{phase.name}.location", remove
    if experiment.segmentation.denoise != "none":
        yield "segmentation.denoise", "remove it; there is segmentation.smooth"
    if experiment.alignment.method == "rigid":
        yield 'alignment.method = "rigid"', 'use "translation"'
    if experiment.alignment.region != Extent():
        yield "alignment.region", "remove it; drift is looked for in region.box"
    if experiment.cycler is not None:
        yield "cycler", "remove the table"
    if experiment.tracking.confirm_after != Tracking.confirm_after:
        yield "tracking.confirm_after", f"remove it; it is {Tracking.confirm_after}"
    if not experiment.measure.cracks:
        yield "measure.cracks = false", remove
    for name in (f.name for f in fields(experiment.measure) if f.name != "cracks"):
        if getattr(experiment.measure, name):
            yield f"measure.{name}", remove
