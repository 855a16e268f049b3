"""What a reader hands over before the current's sign is known."""

from __future__ import annotations

from dataclasses import dataclass

from crevasse.operando.electrochemistry.cycler import Clock, Floats, Sampling


@dataclass(frozen=True)
class Recording:
    """Columns of one file, in seconds, volt and ampere."""

    time: Floats
    voltage: Floats
    current: Floats
    clock: Clock
    sampling: Sampling
    source: str
