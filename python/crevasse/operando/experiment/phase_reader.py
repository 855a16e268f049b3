"""Phases of an experiment, from its TOML."""

from __future__ import annotations

from dataclasses import replace

from crevasse.operando.experiment.tables import Phase
from crevasse.operando.experiment.toml_table import Kind, Rule, TomlTable, closest
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.thresholds import RULES, ThresholdRule
from crevasse.operando.phases.places import parse_place

_TO_1 = Rule("", lambda value: 0 <= value <= 1)
_SHARE = Kind("number from 0 to 1", "a number such as 0.5", {})


def read_phases(parent: TomlTable, flattened: bool) -> tuple[Phase, ...]:
    """Tables ``[phases.<name>]`` of a file; `flattened`: grey values are contrasts."""
    table = parent.table("phases")
    if not list(table):
        parent.missing("phases", 'a table such as [phases.void] with high = 90 or rule = "otsu"')
    earlier: list[str] = []
    phases = []
    for name in table:
        phases.append(_phase(table, name, flattened, earlier))
        earlier.append(name)
    table.finish()
    return tuple(phases)


def _phase(parent: TomlTable, name: str, flattened: bool, earlier: list[str]) -> Phase:
    table = parent.table(name)
    phase = Phase(
        name=name,
        low=table.number("low", None),
        high=table.number("high", None),
        rule=_rule(table),
        side=table.choice("side", None, ("dark", "middle", "bright")),
        against=table.choice("against", None, ("dark", "bright")),
        seed=table.number("seed", None),
        reach=table.number("reach", None, _TO_1, _SHARE),
        filled=table.flag("filled", False),
        later=table.number("later", None),
        where=_places(table, earlier),
        min_voxels=table.integer("min_voxels", None, 1),
        bulk=table.integer("bulk", 0, 0),
        grow=table.integer("grow", 0, 0),
    )
    table.finish()
    if isinstance(parent.any(name), dict):
        phase = _sound_window(parent, table, phase, flattened)
        phase = _sound_rule(table, phase)
    if ":" in name:
        parent.complain(name, "must be a name without a colon; rename it")
    return phase


_COMMON = ("edges", "cores", "otsu", "partial-volume", "levels:3", "multi-otsu:3", "gaussians:2")


def _rule(table: TomlTable) -> str | None:
    rule = table.text("rule", None)
    if rule is None:
        return None
    try:
        ThresholdRule(rule)
    except ValueError:
        near = closest(rule, _COMMON)
        mend = f'did you mean "{near}"?' if near else "correct it"
        table.refuse("rule", RULES, mend)
        return None
    return rule


def _places(table: TomlTable, earlier: list[str]) -> tuple[str, ...]:
    value = table.any("where")
    if value is None:
        return ()
    places = [value] if isinstance(value, str) else value
    example = 'a place such as "below:collector", or a list of them'
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        table.refuse("where", example, "correct it")
        return ()
    try:
        named = [parse_place(place)[1] for place in places]
    except ValueError as error:
        table.complain("where", f"does not fit: {error}; correct it")
        return ()
    for name in named:
        if name not in earlier:
            known = ", ".join(earlier) or "none"
            table.complain(
                "where", f"must name a phase whose table comes earlier ({known}), got {name!r}"
            )
            return ()
    return tuple(places)


def _sound_window(parent: TomlTable, table: TomlTable, phase: Phase, flattened: bool) -> Phase:
    """The phase without what does not fit its grey values."""
    low, high = phase.low, phase.high
    bounds = [key for key in ("low", "high") if key in table]
    if not bounds and "rule" not in table and "where" not in table:
        parent.complain(
            phase.name, 'needs grey values, a rule or a place; add high = 90 or rule = "otsu"'
        )
    if bounds and "rule" in table:
        table.refuse("rule", f"left out where {bounds[0]} is given", "keep one of them")
    if flattened and "high" in table:
        table.refuse("high", "left out with segmentation.flatten", "give the least contrast as low")
    if len(bounds) == 1 and not flattened:
        side = "bright" if bounds == ["low"] else "dark"
        if phase.side not in (None, side):
            table.refuse("side", f'"{side}" where only {bounds[0]} is given', "remove it")
    if phase.later is not None and len(bounds) != 1:
        table.refuse(
            "later",
            "left out where not one of low and high is given",
            "give filled = true for a rule",
        )
        phase = replace(phase, later=None)
    if low is not None and high is not None and low > high:
        table.refuse("low", f"at most high, {high:g}", "swap them")
        return replace(phase, low=None, seed=None)
    seed = phase.seed
    if seed is not None and len(bounds) == 2 and phase.side not in ("dark", "bright"):
        table.refuse(
            "seed", 'left out between low and high without side = "dark" or "bright"', "add it"
        )
        return replace(phase, seed=None)
    if seed is not None and low is not None and seed < low:
        table.refuse("seed", f"stricter than low, {low:g}", "raise it")
        seed = None
    if seed is not None and high is not None and seed > high:
        table.refuse("seed", f"stricter than high, {high:g}", "lower it")
        seed = None
    return replace(phase, seed=seed)


def _sound_rule(table: TomlTable, phase: Phase) -> Phase:
    """The phase without what does not fit its rule."""
    rule, side, against, reach = phase.rule, phase.side, phase.against, phase.reach
    if rule is None and "rule" in table:  # it was refused
        return phase
    if rule is None:
        for name in ("against", "reach", "filled"):
            if getattr(phase, name) not in (None, False):
                table.refuse(name, "left out where there is no rule", "remove it")
        return replace(phase, filled=False)
    if side == "middle" and ThresholdRule(rule).n_classes < 3:
        table.refuse("side", f'"dark" or "bright" for {rule}', "correct it")
        side = None
    try:
        GreyRule(rule, side or "dark", against)
    except ValueError as error:
        table.complain("against", f"does not fit: {error}; correct it")
        against = None
    if phase.seed is not None:
        table.refuse(
            "seed", "left out where a rule finds the threshold", "give reach = 0.5 instead"
        )
    if reach is not None and (side == "middle" or phase.seed is not None):
        table.refuse("reach", 'left out with seed and side = "middle"', "remove it")
        reach = None
    filled = phase.filled
    if filled and (side == "middle" or reach):
        table.refuse("filled", 'left out with reach and side = "middle"', "remove it")
        filled = False
    return replace(phase, side=side, against=against, reach=reach, filled=filled)
