"""A rule that says when an operator is to be told."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Name = Literal["volume", "depth", "ligament", "time_to_short", "shorted"]

_RULE = re.compile(r"\s*([a-z_]+)\s*(?:(<=|>=|<|>)\s*([-+0-9.eE]*[0-9.])\s*(\S*))?\s*")
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_MICRO = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u"})
_POWERS = str.maketrans({"²": "2", "³": "3", "^": None})
_UM = {"nm": 1e-3, "um": 1.0, "mm": 1e3}
# What a unit is of the one that tables have: lengths in µm, times in h, else voxels and frames.
_LENGTHS = _UM | {"voxel": 1.0}
_UNITS: Mapping[str, Mapping[str, float]] = {
    "volume": {f"{name}{n}": factor**n for name, factor in _LENGTHS.items() for n in (2, 3)},
    "depth": _LENGTHS,
    "ligament": _LENGTHS,
    "time_to_short": {"h": 1.0, "min": 1 / 60, "s": 1 / 3600, "frame": 1.0},
    "shorted": {},
}
_EXAMPLES = {
    "volume": "volume > 1e6 um^3",
    "depth": "depth > 200 um",
    "ligament": "ligament < 50 um",
    "time_to_short": "time_to_short < 30 min",
    "shorted": "shorted",
}


@dataclass(frozen=True)
class AlarmRule:
    """A number that is watched, and from where on it is an alarm.

    Attributes
    ----------
    text
        As it was given; two rules are the same if this is.
    name
        "volume" of what is followed, "depth" of the deepest crack, "ligament" that is left between
        the electrodes, "time_to_short" from now on, or "shorted".
    comparison
        "<", ">", "<=" or ">="; empty for "shorted".
    bound
        In the unit of tables.
    unit
        As it was given, without powers' signs: "um3"; empty for "shorted".
    """

    text: str
    name: str
    comparison: str = ""
    bound: float = math.nan
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> AlarmRule:
        """Read a rule.

        Raises
        ------
        ValueError
            If it is none, or has another unit than such a number can have.

        Examples
        --------
        >>> AlarmRule.parse("time_to_short < 30 min").bound
        0.5
        >>> AlarmRule.parse("depth > 200")
        Traceback (most recent call last):
        ValueError: depth must have a unit (nm, um, mm, voxel), got none; write 'depth > 200 um'
        """
        found = _RULE.fullmatch(text.translate(_MICRO))
        known = ", ".join(_UNITS)
        if found is None:
            raise ValueError(
                f"alarm must be a name ({known}), <, >, <= or >=, and a number with its unit, "
                f"got {text!r}; write for example 'ligament < 50 um'"
            )
        name, comparison, number, unit = found.groups(default="")
        if name not in _UNITS:
            raise ValueError(f"alarm must be on one of {known}, got {name!r}; correct it")
        example = f"write {_EXAMPLES[name]!r}"
        if bool(comparison) != bool(_UNITS[name]):
            what = "be compared with a number" if _UNITS[name] else "stand alone"
            raise ValueError(f"{name} must {what}, got {text!r}; {example}")
        if not comparison:
            return cls(text, name)
        try:
            bound = float(number)
        except ValueError:
            raise ValueError(f"{name} must be compared with a number, got {number!r}") from None
        plain = unit.translate(_POWERS)
        if plain not in _UNITS[name]:
            units = ", ".join(_UNITS[name])
            raise ValueError(f"{name} must have a unit ({units}), got {unit or 'none'}; {example}")
        return cls(text, name, comparison, bound * _UNITS[name][plain], plain)

    def fits(self, unit: str, time_unit: str, ndim: int) -> str:
        """Why the rule does not fit scans with lengths in `unit`; empty if it does."""
        if not self.unit:
            return ""
        wanted: tuple[str, ...]
        if self.name == "time_to_short":
            wanted = ("frame",) if time_unit == "frame" else ("h", "min", "s")
        else:
            power = str(ndim) if self.name == "volume" else ""
            wanted = tuple(f"{u}{power}" for u in (("voxel",) if unit == "voxel" else _UM))
        if self.unit in wanted:
            return ""
        return f"alarm {self.text!r} must be in {' or '.join(wanted)}, as these scans are"

    def holds(self, value: float) -> bool:
        """Whether this value is an alarm; what is not known is none."""
        if math.isnan(value):
            return False
        if not self.comparison:
            return value > 0
        return _HOLDS[self.comparison](value, self.bound)
