"""Values out of a TOML table, with a line for everything that is wrong with them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Default = TypeVar("Default")

_QUANTITY = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([^\W\d_]+)\s*")
# What a unit is times over and divided by: 5 min is 5 / 60 h, with no rounding before the division.
_Units = Mapping[str, tuple[float, float]]
_LENGTHS: _Units = {
    "um": (1, 1),
    "\N{MICRO SIGN}m": (1, 1),
    "\N{GREEK SMALL LETTER MU}m": (1, 1),
    "nm": (1, 1000),
    "mm": (1000, 1),
}
_DURATIONS: _Units = {"h": (1, 1), "min": (1, 60), "s": (1, 3600)}


@dataclass(frozen=True)
class Rule:
    """What a number must be, in words and as a test."""

    words: str
    holds: Callable[[float], bool]


@dataclass(frozen=True)
class Kind:
    """What a number measures: its name, its units, and how one is written."""

    words: str
    example: str
    units: _Units


ANY = Rule("", lambda _: True)
POSITIVE = Rule("positive ", lambda value: value > 0)
NOT_NEGATIVE = Rule("not negative ", lambda value: value >= 0)
NUMBER = Kind("number", "a number such as 0.5", {})
LENGTH = Kind("length in µm", 'a number such as 1.8, or text such as "1.5 mm"', _LENGTHS)
DURATION = Kind("time in h", 'a number such as 0.25, or text such as "15 min"', _DURATIONS)


class TomlTable:
    """A table of which values are taken by key; what is wrong is added to `problems`.

    What is asked for and is not there, or is wrong, comes out as the default.

    Parameters
    ----------
    values
        As tomllib reads them.
    name
        Of the table, with a dot behind it, to go before the names of its keys.
    problems
        List to add to.
    """

    def __init__(self, values: Mapping[str, Any], name: str, problems: list[str]) -> None:
        self._values, self._name, self._problems = values, name, problems
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Any:
        return iter(self._values)

    def name(self, key: str) -> str:
        """A key with the tables it is in."""
        return f"{self._name}{key}"

    def complain(self, key: str, rest: str) -> None:
        """Add a problem; `rest` follows the field's name."""
        self._problems.append(f"{self.name(key)} {rest}")

    def refuse(self, key: str, must_be: str, mend: str) -> None:
        """Add the problem that a value breaks a rule."""
        self.complain(key, f"must be {must_be}, got {shown(self._values[key])}; {mend}")

    def missing(self, key: str, example: str) -> None:
        """Add the problem that there is no such key, unless it was there and refused already."""
        if key not in self._values:
            self.complain(key, f"is missing; add {example}")

    def any(self, key: str) -> Any:
        """The value as it is, None where there is none."""
        if key not in self._asked:
            self._asked.append(key)
        return self._values.get(key)

    def number(
        self, key: str, default: Default, rule: Rule = ANY, kind: Kind = NUMBER
    ) -> float | Default:
        """A finite number, or text with a unit where `kind` has units."""
        value = self.any(key)
        if value is None:
            return default
        number = _quantity(value, kind)
        if number is None or not rule.holds(number):
            self.refuse(key, f"a {rule.words}{kind.words}", f"give {kind.example}")
            return default
        return number

    def numbers(
        self, key: str, rule: Rule, kind: Kind, *, count: tuple[int, ...]
    ) -> tuple[float, ...] | None:
        """A list of as many finite numbers as `count` allows."""
        value = self.any(key)
        if value is None:
            return None
        numbers = [_quantity(v, kind) for v in value] if isinstance(value, list) else []
        sound = [number for number in numbers if number is not None and rule.holds(number)]
        if len(sound) != len(numbers) or len(numbers) not in count:
            how_many = " or ".join(map(str, count))
            self.refuse(key, f"a list of {how_many}: {rule.words}{kind.words} each", "correct it")
            return None
        return tuple(sound)

    def interval(self, key: str) -> tuple[float, float] | None:
        """[begin, end] in µm."""
        ends = self.numbers(key, NOT_NEGATIVE, LENGTH, count=(2,))
        if ends is None:
            return None
        if ends[0] >= ends[1]:
            self.refuse(key, "[begin, end] in µm with begin below end", "correct it")
            return None
        return ends[0], ends[1]

    def integer(self, key: str, default: Default, least: int) -> int | Default:
        """A whole number of at least `least`."""
        value = self.any(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.refuse(key, f"a whole number of at least {least}", "correct it")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.any(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.refuse(key, "true or false", "correct it")
        return default

    def text(
        self, key: str, default: Default, allowed: str = "", example: str = ""
    ) -> str | Default:
        """Text; where `allowed`, a regular expression, is given, text that it matches wholly."""
        value = self.any(key)
        if value is None:
            return default
        if isinstance(value, str) and value and re.fullmatch(allowed or r"(?s:.+)", value):
            return value
        self.refuse(key, example or "text", "correct it")
        return default

    def choice(self, key: str, default: Default, allowed: Sequence[Any]) -> Any | Default:
        """One of a few values."""
        value = self.any(key)
        if value is None:
            return default
        # True is 1 to Python, and no connectivity.
        if not isinstance(value, bool) and value in allowed:
            return value
        near = closest(value, allowed) if isinstance(value, str) else None
        mend = f"did you mean {shown(near)}?" if near else "choose one of them"
        self.refuse(key, " or ".join(shown(a) for a in allowed), mend)
        return default

    def path(self, key: str, folder: Path) -> str | None:
        """A file or folder, relative to `folder`."""
        text: str | None = self.text(key, None)
        return None if text is None else str(folder / text)

    def table(self, key: str) -> TomlTable:
        """A table in this table; empty where there is none."""
        value = self.any(key)
        if value is not None and not isinstance(value, dict):
            self.refuse(key, "a table", f"write [{self.name(key)}] and its keys below")
        values = value if isinstance(value, dict) else {}
        return TomlTable(values, f"{self.name(key)}.", self._problems)

    def finish(self) -> None:
        """Complain of every key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                near = closest(key, self._asked)
                known = f"there are {', '.join(self._asked)}"
                mend = f"did you mean {self.name(near)}?" if near else f"remove it; {known}"
                self.complain(key, f"= {shown(self._values[key])} is not known; {mend}")


def closest(word: str, known: Sequence[str]) -> str | None:
    """The known word that is most like this one, None if none is."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return near[0] if near else None


def shown(value: Any) -> str:
    """A value as TOML would write it, shortened."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, (list, tuple)):
        text = f"[{', '.join(shown(v) for v in value)}]"
    else:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def _quantity(value: Any, kind: Kind) -> float | None:
    """A finite number in the first of the kind's units, None if it is no such thing."""
    times, over = 1.0, 1.0
    if isinstance(value, str) and kind.units:
        parts = _QUANTITY.fullmatch(value)
        if parts is None or parts[2] not in kind.units:
            return None
        times, over = kind.units[parts[2]]
        try:
            value = float(parts[1])
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    number = float(value) * times / over
    return number if math.isfinite(number) else None
