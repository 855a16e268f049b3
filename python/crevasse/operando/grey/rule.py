"""Windows of grey values that are found, not given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.thresholds import Threshold, ThresholdRule, Thresholds

Side = Literal["dark", "middle", "bright"]
SIDES: tuple[Side, ...] = ("dark", "middle", "bright")


@dataclass(frozen=True)
class GreyRule:
    """How the grey window of a phase is found.

    Attributes
    ----------
    rule
        Name of a `ThresholdRule`, which gives classes of grey values.
    side
        Which class the phase is: the darkest, the brightest, or what lies between them.
    against
        Which other class it lies beside, where that is not the next one in grey value: the
        threshold is then half way between these two. For the darkest and the brightest class.
    reach
        Only components are kept that hold a voxel so far from the threshold towards the class's
        mean, from 0, the threshold itself, to 1. For the darkest and the brightest class.
    filled
        What opens later is filled, as cracks with lithium beside empty pores, and has a threshold
        of its own; the rule looks at the first frame alone. For the darkest and the brightest
        class, without `reach`.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse.operando import Histogram
    >>> grey = np.repeat(np.array([10, 40, 90], np.uint8), 20)[None]
    >>> found = ThresholdRule("levels:3").find(Histogram.from_image(grey))
    >>> low, high = GreyRule("levels:3", "bright", against="dark").window(found)
    >>> low.value, high
    (50.0, None)
    """

    rule: str
    side: Side = "dark"
    against: Side | None = None
    reach: float = 0.0
    filled: bool = False

    def __post_init__(self) -> None:
        ThresholdRule(self.rule)
        for name in ("side", "against"):
            value = getattr(self, name)
            if value not in SIDES and not (name == "against" and value is None):
                raise ValueError(f"{name} must be dark, middle or bright, got {value!r}")
        if self.against is not None and "middle" in (self.side, self.against):
            raise ValueError(f"against must go with dark and bright alone, got {self.against!r}")
        if self.against == self.side:
            raise ValueError(f"against must be another class than side, got {self.against!r}")
        if not 0 <= self.reach <= 1:
            raise ValueError(f"reach must lie in 0..1, got {self.reach}")
        if self.reach and self.side == "middle":
            raise ValueError(f"reach must go with dark and bright alone, got {self.reach}")
        if self.filled and (self.side == "middle" or self.reach):
            raise ValueError(
                "filled must go with dark and bright alone, without reach, "
                f"got {self.side!r} and {self.reach}"
            )

    def window(self, found: Thresholds) -> tuple[Threshold | None, Threshold | None]:
        """Low and high of the window; None leaves a side open.

        Raises
        ------
        ValueError
            If the rule has found two classes alone, which have none between them.
        """
        if self.side == "middle":
            if len(found) < 2:
                raise ValueError(f"side must be dark or bright for {self.rule}, got 'middle'")
            return found[0], found[len(found) - 1]
        if self.against is not None:
            threshold = found.half_way(0, len(found.classes) - 1)
        else:
            threshold = found[0] if self.side == "dark" else found[len(found) - 1]
        return (None, threshold) if self.side == "dark" else (threshold, None)

    def seeds(self, found: Thresholds) -> tuple[Threshold | None, Threshold | None]:
        """Low and high of the stricter window that components must reach; None where none is."""
        if not self.reach:
            return None, None
        low, high = self.window(found)
        edge, own = (low, found.classes[-1]) if high is None else (high, found.classes[0])
        assert edge is not None
        ends = (v + self.reach * (own.mean - v) for v in (edge.value, edge.low, edge.high))
        seed = Threshold(*ends)
        return (seed, None) if high is None else (None, seed)

    @property
    def source(self) -> str:
        """What its thresholds are listed under: the rule, and the side where they hang on it."""
        return f"{self.rule}, {self.side}" if ThresholdRule(self.rule).needs_cores else self.rule

    def later(self, found: Thresholds, cores: Histogram) -> Threshold:
        """Of what opens later: half way from what is around to the median of its cores.

        These are hardly mixed, and the image's edge enhancement, which moves the faces of thin
        sheets outwards, makes them darker or brighter in the same measure.
        """
        return found.half_way_to(self.around(found), cores.median)

    def around(self, found: Thresholds) -> float:
        """Mean grey value of the class that the phase lies beside."""
        n = len(found.classes) - 1 if self.against is not None else 1
        return found.classes[n if self.side == "dark" else -1 - n].mean
