"""What an experiment asks for without saying all that it takes."""

from __future__ import annotations

from collections.abc import Iterator

from crevasse.operando.experiment.tables import Experiment


def lacking(experiment: Experiment) -> Iterator[str]:
    """A line for each."""
    electrodes, measure = experiment.electrodes, experiment.measure
    if not (measure.cracks or measure.interfaces):
        yield "measure must ask for cracks or interfaces; set one of them to true"
    for name in ("fronts", "thickness", "grey"):
        if getattr(measure, name) and not experiment.followed():
            yield f"measure.{name} is of what is followed; add tracking.follow, or remove it"
    if measure.fronts and electrodes.working is None:
        yield 'measure.fronts needs electrodes.working; add working = "zmin", or another face'
    if experiment.region.disc is not None and not measure.interfaces:
        yield "region.disc is where layers are measured; add measure.interfaces = true"
    yield from _unknown_phases(experiment)
    if experiment.segmentation.flatten is not None and len(experiment.phases) > 1:
        yield "segmentation.flatten goes with one phase; remove it or the other phases"
    if not measure.interfaces:
        return
    if not [e for e in (electrodes.working, electrodes.counter) if e and e.face]:
        yield 'measure.interfaces needs an electrode with a face; add working = "zmin"'
    elif not [name for name in ("working", "counter") if experiment.layer(name)]:
        yield "measure.interfaces needs phases.lithium, or electrodes.working.layer; add one"


def _unknown_phases(experiment: Experiment) -> Iterator[str]:
    named = {"tracking.follow": experiment.tracking.follow or ()}
    for name in ("working", "counter"):
        electrode = getattr(experiment.electrodes, name)
        for key in ("until", "layer"):
            phase = None if electrode is None else getattr(electrode, key)
            named[f"electrodes.{name}.{key}"] = () if phase is None else (phase,)
    known = ", ".join(phase.name for phase in experiment.phases)
    for field, phases in named.items():
        for phase in phases:
            if experiment.phase(phase) is None:
                yield f"{field} must name phases ({known}), got {phase!r}; correct it"
