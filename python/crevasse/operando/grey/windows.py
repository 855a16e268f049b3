"""Which voxels lie in windows of grey values: of an image, or of one that is there no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from numpy.typing import ArrayLike

from crevasse._encode import Window
from crevasse._runs import RunVolume

Within = Callable[[Window, RunVolume], RunVolume]  # what of a region lies in a window


def within(image: ArrayLike) -> Within:
    """Of an image, which is held."""

    def of_image(window: Window, region: RunVolume) -> RunVolume:
        return _volumes(image, [window], region)[window]

    return of_image


def kept(image: ArrayLike, windows: Iterable[Window], region: RunVolume) -> Within:
    """Of an image, which is not held: in these windows, of what lies in the region."""
    volumes = _volumes(image, windows, region)

    def of_kept(window: Window, part: RunVolume) -> RunVolume:
        if volumes[window] is region:
            return part
        return volumes[window] if part is region else volumes[window] & part

    return of_kept


def _volumes(
    image: ArrayLike, windows: Iterable[Window], region: RunVolume
) -> dict[Window, RunVolume]:
    """What of the region lies in each window."""
    volumes, looked_at = {}, []
    for window in dict.fromkeys(windows):
        low, high = window
        if low is None and high is None:
            volumes[window] = region
        elif low is not None and high is not None and low > high:  # at the ends of their bands
            volumes[window] = region - region
        else:
            looked_at.append(window)
    found = RunVolume.from_windows(image, looked_at, roi=region) if looked_at else []
    return volumes | dict(zip(looked_at, found, strict=True))
