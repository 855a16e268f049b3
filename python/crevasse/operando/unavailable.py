"""What an experiment may ask for and nothing acts upon so far, or lacks for what it asks."""

from __future__ import annotations

from collections.abc import Iterator

from crevasse.operando.experiment import Experiment, Phase


def not_yet(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Fields that nothing acts upon so far, and what to do about them."""
    remove = "remove it"
    for name in ("working", "counter"):
        electrode = getattr(experiment.electrodes, name)
        if electrode is not None and electrode.brightest:
            yield f"electrodes.{name}.brightest", "give plane, in µm, instead"
    for phase in experiment.phases[1:]:
        if phase.name != "lithium" or not experiment.measure.interfaces:
            yield f"phases.{phase.name}, beside phases.{experiment.phases[0].name},", remove
    for phase in experiment.phases[:1]:
        if phase.low is not None and phase.high is not None:
            yield f"phases.{phase.name}.low together with high", "remove one of them"
        if phase.rule not in (None, "otsu"):
            yield f'phases.{phase.name}.rule = "{phase.rule}"', 'use "otsu" or give grey values'
    for phase in experiment.phases:
        if phase.location != "everywhere":
            yield f"phases.{phase.name}.location", remove
    if experiment.segmentation.denoise != "none":
        yield "segmentation.denoise", "remove it; there is segmentation.smooth"
    if experiment.alignment.method == "rigid":
        yield 'alignment.method = "rigid"', 'use "translation"'
    if not experiment.measure.cracks:
        yield "measure.cracks = false", remove
    for name in ("thickness", "grey"):
        if getattr(experiment.measure, name):
            yield f"measure.{name}", remove


def lacking(experiment: Experiment) -> Iterator[str]:
    """What the experiment asks for without saying all that it takes."""
    electrodes, measure = experiment.electrodes, experiment.measure
    if measure.fronts and electrodes.working is None:
        yield 'measure.fronts needs electrodes.working; add working = "zmin", or another face'
    if experiment.region.disc is not None and not measure.interfaces:
        yield "region.disc is where layers are measured; add measure.interfaces = true"
    if not measure.interfaces:
        return
    lithium = lithium_of(experiment)
    if lithium is None:
        yield "measure.interfaces needs phases.lithium with low and high; add it"
    elif lithium.low is None and lithium.high is None:
        yield "phases.lithium needs grey values for measure.interfaces; add low and high"
    if not [name for name in ("working", "counter") if face_of(experiment, name)]:
        yield 'measure.interfaces needs an electrode with a face; add working = "zmin"'


def lithium_of(experiment: Experiment) -> Phase | None:
    """The phase called lithium."""
    return next((phase for phase in experiment.phases if phase.name == "lithium"), None)


def face_of(experiment: Experiment, name: str) -> str | None:
    """The face that an electrode lies at, if it says so."""
    electrode = getattr(experiment.electrodes, name)
    return None if electrode is None else electrode.face
