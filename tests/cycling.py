"""Recordings of cyclers: of known steps, and of every kind that may come."""

import numpy as np
from hypothesis import strategies as st

from crevasse.operando import CyclerData

HOUR = 3600.0
SAMPLINGS = ("points", "means", "steps")


def stepped(*steps, positive="plating", every=60.0, **options):
    """Steps of (hours, ampere), sampled at their begin, `every` s and at their end."""
    time, current = [], []
    begin = 0.0
    for hours, ampere in steps:
        inner = np.append(np.arange(0, hours * HOUR, every), hours * HOUR) + begin
        time.append(inner)
        current.append(np.full(len(inner), ampere))
        begin += hours * HOUR
    time, current = np.concatenate(time), np.concatenate(current)
    return CyclerData(time, -np.sign(current), current, positive=positive, **options)


any_sampling = st.sampled_from(SAMPLINGS)


@st.composite
def cyclers(draw, sampling=any_sampling):
    """Whole seconds and milliampere, with jumps, rests, and samples at one time."""
    n = draw(st.integers(2, 25))
    steps = draw(st.lists(st.integers(0, 40), min_size=n - 1, max_size=n - 1))
    steps[0] += not any(steps)
    current = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    return CyclerData(
        np.concatenate(([0], np.cumsum(steps))) + draw(st.integers(0, 100)),
        np.linspace(0, 1, n),
        np.array(current) * 1e-3,
        positive=draw(st.sampled_from(["plating", "stripping"])),
        sampling=draw(sampling),
    )
