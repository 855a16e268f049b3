"""What a person has to look at before the numbers of an analysis are believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crevasse._encode import Window
from crevasse.operando.analysis import Analysis
from crevasse.operando.electrochemistry import lithium_thickness

_CUT = 0.005  # of the area: what is there reads as none
_SAME_LIGHT = 0.05  # of the bright level: less is no matter where thresholds have no bands
_SAME_SIZE = 1e-3  # beside that of the scans
_FULL = 0.5  # of the region: cracks are what there is little of
_TOO_MUCH = 2  # times what the charge makes: lithium may be porous, and the band is wide
_SOME = 0.1  # of the lithium that is stripped, which should leave cracks empty and not make them
_NOISE = 0.05  # of the first volume
_TORN = 0.5  # of the open voxels: cells keep nine in ten from scan to scan
_SOME_VOXELS = 100
_SEEN = 3  # voxels: a thinner layer may well be another
_DOWN = "below is where the axis's index grows"
_LISTED = 6  # the others by their number

Said = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Doubt:
    """Something that makes numbers doubtful.

    Attributes
    ----------
    kind
        Of doubt, in words: "drift in doubt".
    about
        What it concerns, such as a scan, a phase or an electrode, and what is said of each.
    mend
        What it means, and what can be done.
    """

    kind: str
    about: Said
    mend: str

    def listed(self) -> str:
        """What it concerns, in words; of many, the first ones."""
        said = [f"{name} ({what})" if what else name for name, what in self.about[:_LISTED]]
        more = len(self.about) - len(said)
        return "; ".join(said) + (f" and {more} more" if more else "")


def doubts(analysis: Analysis) -> list[Doubt]:
    """All doubts about an analysis, those about the scans first."""
    kinds = (
        _voxel_size,
        _blank,
        _copies,
        _thresholds,
        _unfilled,
        _without_effect,
        _drifts,
        _torn,
        _light,
        _full_phases,
        _empty_phases,
        _empty_layers,
        _cut_layers,
        _cycler_holes,
        _charge,
    )
    return [doubt for kind in kinds if (doubt := kind(analysis)).about]


def _voxel_size(analysis: Analysis) -> Doubt:
    """That of the scans, where they say one that is beyond doubt."""
    series, provenance = analysis.series, analysis.series.frames[0].provenance
    said = None if provenance is None else provenance.voxel_size
    about: Said = ()
    if (
        said is not None
        and not said.doubt
        and said.unit == series.unit
        and len(said.value) == len(series.spacing)
        and not np.allclose(said.value, series.spacing, rtol=_SAME_SIZE, atol=0)
    ):
        given, other = (" x ".join(f"{v:.4g}" for v in s) for s in (series.spacing, said.value))
        about = ((f"{given} {series.unit}", f"{said.source} says {other} {said.unit}"),)
    mend = "lengths and volumes are by the one given; correct it if the scans are right"
    return Doubt("another voxel size than scans say", about, mend)


def _blank(analysis: Analysis) -> Doubt:
    about = tuple((name, "") for name in analysis.without_greys)
    mend = "were they recorded? What comes later is compared with the first; leave them out"
    return Doubt("scans of no more than two grey values", about, mend)


def _copies(analysis: Analysis) -> Doubt:
    about = tuple((name, f"as {earlier}") for name, earlier in analysis.copies)
    mend = "a scan that was copied shows no change; leave it out, or give the one that belongs here"
    return Doubt("the same grey values again", about, mend)


def _thresholds(analysis: Analysis) -> Doubt:
    sample, find = analysis.sample, analysis.settings.find
    found = (
        {} if sample is None else {name: sample.found(name, grey) for name, grey in find.items()}
    )
    about = tuple((name, rule.doubt) for name, rule in found.items() if rule.doubt)
    mend = (
        "a phase of a few per cent is not found in this way; "
        'give a number, or rule = "edges" for few pores in one material'
    )
    return Doubt("threshold in doubt", about, mend)


def _unfilled(analysis: Analysis) -> Doubt:
    """Phases of which what opens later should have a threshold of its own, and has none."""
    sample, about = analysis.sample, []
    for name, grey in analysis.settings.find.items():
        if sample is None or not grey.filled or sample.is_filled(name, grey):
            continue
        few = f"cores of {sample.n_cores(name)} voxel(s) in what opened later, too few"
        nothing = "too little of it in the first scan"
        about.append((name, few if grey.source in sample.initial else nothing))
    mend = (
        "what was there at first and what opened later share the threshold of all scans; remove "
        "filled, or look again when more has opened"
    )
    return Doubt("no threshold of what opens later", tuple(about), mend)


def _without_effect(analysis: Analysis) -> Doubt:
    """Phases that find the grey values up to their later threshold taken."""
    about, rules = [], analysis.settings.rules
    for i, rule in enumerate(rules):
        if rule.later is None:
            continue
        (low, high), _, (later_low, later_high) = rule.windows()
        ends = [bound for bound in (low, high, later_low, later_high) if bound is not None]
        for earlier in rules[:i]:
            least, most = earlier.windows()[0]
            if (least, most) != (None, None) and _overlap((min(ends), max(ends)), (least, most)):
                about.append((rule.name, f"{earlier.name} comes first and takes such grey values"))
    mend = "its table must come before those of phases that have the grey values of what fills it"
    return Doubt("threshold of what opens later without effect", tuple(about), mend)


def _overlap(closed: tuple[float, float], window: Window) -> bool:
    low, high = window
    return (low is None or low <= closed[1]) and (high is None or high >= closed[0])


def _drifts(analysis: Analysis) -> Doubt:
    measures = analysis.measures
    columns = [name for name in measures.columns if name.startswith("doubtful_")]
    about = []
    for row in measures.rows():
        axes = ", ".join(name[-1] for name in columns if row[name])
        if axes:
            about.append((row["name"], f"along {axes}"))
    mend = (
        "the parts of a scan do not agree on how far it has moved; look for drift where faces lie "
        "across these axes (alignment.region), or check the scan by eye"
    )
    return Doubt("drift in doubt", tuple(about), mend)


def _torn(analysis: Analysis) -> Doubt:
    """Scans in which less is where it was than two scans of one cell show."""
    n, kept = analysis.history.frames["n_voxels"], analysis.history.intervals["kept"]
    fewer = np.minimum(n[:-1], n[1:])
    torn = (fewer >= _SOME_VOXELS) & (kept < _TORN * fewer)
    names = analysis.measures["name"][1:]
    about = tuple(
        (name, f"{share:.0%} of what is open was open in the scan before")
        for name, share in zip(names[torn].tolist(), kept[torn] / fewer[torn], strict=True)
    )
    mend = "is it of this cell, the right way up and in its turn? Is more than noise followed?"
    if analysis.settings.align == "none":
        mend += ' Drift is not looked for (alignment.method = "translation", --align)'
    return Doubt("scan does not go on from the one before", about, mend)


def _light(analysis: Analysis) -> Doubt:
    """Scans in which a threshold that had changed as the light did would leave its band."""
    settings, measures = analysis.settings, analysis.measures
    bounds = [bound for rule in settings.rules for bound in rule.bounds]
    reach = [(b.high - b.low) / (2 * abs(b.value)) for b in bounds if b.value]
    ratio = measures["brightness"]
    changed = np.abs(ratio - 1) > max(_SAME_LIGHT, min(reach, default=0.0))
    about = tuple(
        (name, f"{100 * r - 100:+.0f} %")
        for name, r in zip(measures["name"][changed].tolist(), ratio[changed].tolist(), strict=True)
        # Where the background is removed, light has no part in what thresholds apply to.
        if bounds and settings.signal.flatten is None
    )
    mend = (
        "light was matched and they still differ from the first scan; look whether they show it"
        if settings.match_light
        else "if the sample has not changed as much since the first scan, "
        "segmentation.match_light makes up for it (--match-light for crevasse track)"
    )
    return Doubt("light has changed", about, mend)


def _full_phases(analysis: Analysis) -> Doubt:
    fraction = {name: analysis.greatest_fraction(name) for name in analysis.settings.follow}
    about = tuple(
        (name, f"up to {100 * f:.0f} % of the region") for name, f in fraction.items() if f > _FULL
    )
    mend = (
        "what is followed should be what there is little of; check its threshold and its side, and "
        "whether a collector or the casing lies in the region"
    )
    return Doubt("nearly everything is of one phase", about, mend)


def _empty_phases(analysis: Analysis) -> Doubt:
    layers = {layer.phase for layer in analysis.settings.layers.values()}
    names = [rule.name for rule in analysis.settings.rules if rule.name not in layers]
    about = tuple((name, "") for name in names if not analysis.greatest_fraction(name))
    mend = f"in no scan is a voxel of it; check its threshold and its place, {_DOWN}"
    return Doubt("phase not found", about, mend)


def _empty_layers(analysis: Analysis) -> Doubt:
    tables = {name: record.table() for name, record in analysis.layers.items()}
    about = tuple((f"{n} electrode", "") for n, table in tables.items() if not table["mean"].any())
    return Doubt("no layer in any scan", about, f"check its phase and its place; {_DOWN}")


def _cut_layers(analysis: Analysis) -> Doubt:
    """From which scan on, and the greatest share of the area: what is cut off reads as none."""
    about = []
    for electrode, record in analysis.layers.items():
        share = record.table()["out_of_view"]
        if (beyond := np.flatnonzero(share >= _CUT)).size:
            begin = analysis.measures["name"][beyond[0]]
            what = f"in up to {100 * share.max():.0f} % of its area, from {begin} on"
            about.append((f"{electrode} electrode", what))
    mend = (
        "what bounds it is not seen there, no lithium is counted, and it reads too thin; "
        "measure it in a smaller region.disc, or scan more of the collector"
    )
    return Doubt("layer out of view", tuple(about), mend)


def _cycler_holes(analysis: Analysis) -> Doubt:
    """Where the record says nothing, on the clock of the scans."""
    cycling = analysis.settings.cycling
    about = []
    if cycling is not None:
        for hole in cycling.cycler.holes():
            begin, end = cycling.hours(np.array(hole)).tolist()
            about.append((f"{begin:.4g} to {end:.4g} h", ""))
    mend = "charge, capacity and efficiency are interpolated there"
    return Doubt("hole in the cycler's record", tuple(about), mend)


def _charge(analysis: Analysis) -> Doubt:
    """What images show that the charge that has passed cannot have made."""
    mend = (
        "correct cycler.positive, area_cm2 or offset, or the record's unit of current, if the "
        "scans are right"
    )
    return Doubt("charge and images contradict each other", tuple(_contradictions(analysis)), mend)


def _contradictions(analysis: Analysis) -> Iterator[tuple[str, str]]:
    cycling, series = analysis.settings.cycling, analysis.series
    if analysis.cycling is None or cycling is None or cycling.area is None or series.unit != "um":
        return
    inventory = analysis.charge["inventory"]
    charge = inventory - inventory[0]
    if not (np.isfinite(charge).all() and charge.any()):
        return
    k = int(np.argmax(np.abs(charge)))
    expected, name = float(lithium_thickness(charge[k])), str(analysis.measures["name"][k])
    length = series.shape[analysis.settings.axis] * series.spacing[analysis.settings.axis]
    if abs(expected) > length:
        yield name, f"the charge makes a layer of {expected:.4g} um in scans of {length:.4g} um"
    if analysis.settings.follow and len(series.shape) == 3:
        made = analysis.settings.area(series.shape, series.spacing) * expected
        curves = [analysis.measures[f"volume{end}"] for end in ("_low", "_high")]
        grown = min(float(curve[k] - curve[0]) for curve in curves)
        noise = _NOISE * float(curves[1][0])
        if grown > max(noise, _TOO_MUCH * made if made > 0 else -_SOME * made):
            yield name, f"cracks grew by {grown:.4g} um^3, by their charge {made:.4g} um^3 at most"
    if (layer := analysis.layers.get("working")) is None:
        return
    found = float(layer.table()["change"][k])
    least = _SEEN * series.spacing[analysis.settings.axis]
    if abs(found) > least and (
        found * expected < -(least**2) or abs(found) > _TOO_MUCH * abs(expected) + least
    ):
        yield name, f"the working layer changed by {found:.4g} um, by its charge {expected:.4g} um"
