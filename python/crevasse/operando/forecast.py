"""When the electrodes will be bridged, as the last scans say."""

from __future__ import annotations

import numpy as np

from crevasse.operando.analysis import Analysis
from crevasse.tracking import TimeToShort, time_to_short

# Older scans tell of another rate: a ligament shrinks by fits and starts.
FORECAST_SCANS = 10


def forecast(analysis: Analysis, frame: int) -> TimeToShort | None:
    """From a frame and those before it, of its half-cycle where half-cycles are known.

    None without fronts, where there are not two such frames, and where the electrodes are bridged
    already.
    """
    if analysis.fronts is None:
        return None
    frames, left = analysis.history.frames, analysis.fronts.frames["ligament"]
    begin = max(0, frame + 1 - FORECAST_SCANS)
    before, now = frames["half_cycle"][begin:frame], frames["half_cycle"][frame]
    others = np.flatnonzero((before != now) & (before >= 0) & (now >= 0))  # -1: not known
    if others.size:
        begin += int(others[-1]) + 1
    lengths = left[begin : frame + 1]
    if len(lengths) < 2 or not np.isfinite(lengths).all() or lengths[-1] == 0:
        return None
    return time_to_short(frames["time"][begin : frame + 1].tolist(), lengths.tolist())
