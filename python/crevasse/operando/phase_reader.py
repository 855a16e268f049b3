"""Phases of an experiment, from its TOML."""

from __future__ import annotations

from crevasse.operando.experiment import Phase
from crevasse.operando.toml_table import TomlTable

_RULES = r"otsu|multi-otsu:[2-5]|gaussians:[2-3]"


def read_phases(parent: TomlTable, flattened: bool) -> tuple[Phase, ...]:
    """Tables ``[phases.<name>]`` of a file; `flattened`: grey values are contrasts."""
    table = parent.table("phases")
    if not list(table):
        parent.missing("phases", 'a table such as [phases.void] with high = 90 or rule = "otsu"')
    phases = tuple(_phase(table, name, flattened) for name in table)
    table.finish()
    return phases


def _phase(parent: TomlTable, name: str, flattened: bool) -> Phase:
    table = parent.table(name)
    phase = Phase(
        name=name,
        low=table.number("low", None),
        high=table.number("high", None),
        rule=table.text("rule", None, _RULES, '"otsu", "multi-otsu:3" or "gaussians:2"'),
        side=table.choice("side", None, ("dark", "bright")),
        seed=table.number("seed", None),
        location=table.choice("location", "everywhere", ("everywhere", "electrolyte", "collector")),
    )
    table.finish()
    if isinstance(parent.any(name), dict):
        _check_phase(parent, table, phase, flattened)
    return phase


def _check_phase(parent: TomlTable, table: TomlTable, phase: Phase, flattened: bool) -> None:
    low, high = phase.low, phase.high
    bounds = [key for key in ("low", "high") if key in table]
    if not bounds and "rule" not in table:
        parent.complain(phase.name, 'needs grey values or a rule; add high = 90 or rule = "otsu"')
    if bounds and "rule" in table:
        table.refuse("rule", f"left out where {bounds[0]} is given", "keep one of them")
    if low is not None and high is not None and low > high:
        table.refuse("low", f"at most high, {high:g}", "swap them")
    if flattened and "high" in table:
        table.refuse("high", "left out with segmentation.flatten", "give the least contrast as low")
    if len(bounds) == 1 and not flattened:
        side = "bright" if bounds == ["low"] else "dark"
        if phase.side not in (None, side):
            table.refuse("side", f'"{side}" where only {bounds[0]} is given', "remove it")
    if phase.seed is not None and low is not None and phase.seed < low:
        table.refuse("seed", f"stricter than low, {low:g}", "raise it")
    if phase.seed is not None and high is not None and phase.seed > high:
        table.refuse("seed", f"stricter than high, {high:g}", "lower it")
