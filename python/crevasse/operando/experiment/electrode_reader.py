"""Electrodes of an experiment, from its TOML."""

from __future__ import annotations

from pathlib import Path

from crevasse._electrode import FACES
from crevasse.operando.experiment.tables import Electrode, Electrodes
from crevasse.operando.experiment.toml_table import LENGTH, NOT_NEGATIVE, TomlTable


def read_electrodes(table: TomlTable, folder: Path) -> Electrodes:
    """Table ``[electrodes]``; masks are relative to `folder`."""
    electrodes = Electrodes(
        working=_electrode(table, "working", folder), counter=_electrode(table, "counter", folder)
    )
    faces = [e.face for e in (electrodes.working, electrodes.counter) if e is not None]
    if len(faces) == 2 and faces[0] is not None and faces[0] == faces[1]:
        table.complain(
            "counter", f"must be at another face than working, got {faces[0]} for both; correct one"
        )
    table.finish()
    return electrodes


def _electrode(parent: TomlTable, key: str, folder: Path) -> Electrode | None:
    value = parent.any(key)
    if value is None:
        return None
    if isinstance(value, str):
        face = parent.choice(key, None, FACES)
        return None if face is None else Electrode(face=face)
    table = parent.table(key)
    electrode = Electrode(
        face=table.choice("face", None, FACES),
        plane=table.number("plane", None, NOT_NEGATIVE, LENGTH),
        mask=table.path("mask", folder),
        brightest=table.flag("brightest", False),
        until=table.text("until", None),
        layer=table.text("layer", None),
    )
    table.finish()
    if isinstance(value, dict):
        _check_electrode(parent, table, key, electrode)
    return electrode


def _check_electrode(parent: TomlTable, table: TomlTable, key: str, electrode: Electrode) -> None:
    ways = ("plane", "mask", *(("brightest",) if electrode.brightest else ()), "until")
    given = [way for way in ways if way in table]
    if len(given) > 1:
        parent.complain(
            key, f"must have one of plane, mask, brightest and until, got {', '.join(given)}"
        )
    if "mask" not in table:
        table.missing("face", 'the side that it lies at, face = "zmin"')
