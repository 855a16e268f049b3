"""What an operator asks first of each scan: how much, how far, how much is left, how long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from crevasse._table import Table
from crevasse.operando import Analysis
from crevasse.operando.forecast import forecast
from crevasse.tracking import TimeToShort


@dataclass(frozen=True)
class Reading:
    """One scan; what is not measured, or not known, is nan.

    Attributes
    ----------
    frame, name, time
        Of the scan.
    volume, volume_change
        Open volume, where cracks are followed, and its change since the scan before; nan in the
        first.
    depth
        Of the deepest crack, from the working electrode.
    ligament
        Solid left between the electrodes.
    shorted
        Whether something open touches both electrodes.
    layers
        Mean thickness of lithium, by electrode.
    forecast
        When the ligament will be gone, from this scan and the last ones before it; infinite where
        it does not shrink, None where there are not two of them.
    """

    frame: int
    name: str
    time: float
    volume: float
    volume_change: float
    depth: float
    ligament: float
    shorted: bool
    forecast: TimeToShort | None
    layers: Mapping[str, float] = field(default_factory=dict)

    @property
    def time_to_short(self) -> tuple[float, float, float]:
        """From this scan on: value, least and greatest; nan where there is none."""
        if self.shorted:
            return 0.0, 0.0, 0.0
        if self.forecast is None:
            return math.nan, math.nan, math.nan
        found = self.forecast
        return found.time - self.time, found.low - self.time, found.high - self.time

    def value(self, name: str) -> float:
        """What an alarm rule of this name watches."""
        if name == "time_to_short":
            return self.time_to_short[0]
        return float(getattr(self, name))


def readings(analysis: Analysis, known: list[Reading]) -> list[Reading]:
    """One a scan; those in `known` are taken over, for a scan's do not depend on later ones."""
    done = len(analysis.history.frames)
    return known + [_reading(analysis, frame) for frame in range(len(known), done)]


def readings_table(rows: list[Reading], analysis: Analysis) -> Table:
    """A row a scan: the fields of `Reading` and ``time_to_short`` with ``_low`` and ``_high``."""
    history = analysis.history
    columns = {
        "frame": np.array([r.frame for r in rows]),
        "name": np.array([r.name for r in rows]),
        **{
            name: np.array([float(getattr(r, name)) for r in rows])
            for name in ("time", "volume", "volume_change", "depth", "ligament")
        },
        "shorted": np.array([r.shorted for r in rows]),
        **{
            f"time_to_short{end}": np.array([r.time_to_short[i] for r in rows])
            for i, end in enumerate(("", "_low", "_high"))
        },
        **{f"layer_{name}": np.array([r.layers[name] for r in rows]) for name in analysis.layers},
    }
    units = {name: history.time_unit for name in columns if name.startswith("time")}
    units |= dict.fromkeys(("volume", "volume_change"), history.frames.units["volume"])
    lengths = ("depth", "ligament", *(f"layer_{name}" for name in analysis.layers))
    return Table(columns, units=units | dict.fromkeys(lengths, history.unit))


def _reading(analysis: Analysis, frame: int) -> Reading:
    frames, fronts = analysis.history.frames, analysis.fronts
    volume = frames["volume"]
    if not analysis.settings.follow:
        volume = np.full(len(volume), np.nan)
    return Reading(
        frame=frame,
        name=str(analysis.measures["name"][frame]),
        time=float(frames["time"][frame]),
        volume=float(volume[frame]),
        volume_change=float(volume[frame] - volume[frame - 1]) if frame else math.nan,
        depth=math.nan if fronts is None else float(fronts.frames["depth_max"][frame]),
        ligament=math.nan if fronts is None else float(fronts.frames["ligament"][frame]),
        shorted=bool(frames["bridged"][frame]),
        forecast=forecast(analysis, frame),
        layers={n: float(r.table()["mean"][frame]) for n, r in analysis.layers.items()},
    )
