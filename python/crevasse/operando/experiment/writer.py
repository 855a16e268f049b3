"""From an experiment to TOML."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from crevasse.operando.experiment.tables import Experiment, Phase

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def experiment_toml(experiment: Experiment) -> str:
    """Every value that is not None, table by table."""
    blocks = []
    for field in fields(experiment):
        value = getattr(experiment, field.name)
        if field.name == "phases":
            blocks += [_table(f"phases.{key(phase.name)}", phase) for phase in value]
        elif value is not None:
            blocks.append(_table(field.name, value))
    return "\n".join(block for block in blocks if block)


def toml_value(value: Any) -> str:
    """A value as TOML text; numbers are read back as they are."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))  # nan and inf are TOML, too; reading refuses them by name
    if isinstance(value, (str, os.PathLike)):
        return f'"{"".join(_character(c) for c in os.fspath(value))}"'
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(toml_value(v) for v in value)}]"
    if is_dataclass(value):
        inner = ", ".join(f"{name} = {toml_value(v)}" for name, v in _items(value))
        return f"{{ {inner} }}" if inner else "{}"
    raise TypeError(f"an experiment must hold text, numbers and tables, got {type(value).__name__}")


def key(name: str) -> str:
    """A key, in quotes where TOML wants them."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if plain else toml_value(name)


def _table(name: str, value: Any) -> str:
    lines = [f"{field} = {toml_value(v)}" for field, v in _items(value)]
    return "\n".join([f"[{name}]", *lines, ""]) if lines else ""


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(value):
        held = getattr(value, field.name)
        if held is not None and not (isinstance(value, Phase) and field.name == "name"):
            yield field.name, held


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    control = ord(character) < 32 or ord(character) == 127
    return f"\\u{ord(character):04x}" if control else character
