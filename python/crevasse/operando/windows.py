"""Which voxels lie in windows of grey values: of an image, or of one that is there no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from numpy.typing import ArrayLike

from crevasse._runs import RunVolume

Window = tuple[float | None, float | None]  # closed; None leaves a side open
Within = Callable[[Window, RunVolume], RunVolume]  # what of a region lies in a window


def within(image: ArrayLike) -> Within:
    """Of an image, which is held."""

    def of_image(window: Window, region: RunVolume) -> RunVolume:
        low, high = window
        if low is None and high is None:
            return region
        if low is not None and high is not None and low > high:  # at the ends of their bands
            return region - region
        return RunVolume.from_threshold(image, low, high, roi=region)

    return of_image


def kept(image: ArrayLike, windows: Iterable[Window], region: RunVolume) -> Within:
    """Of an image, which is not held: in these windows, of what lies in the region."""
    look = within(image)
    volumes = {window: look(window, region) for window in windows}

    def of_kept(window: Window, part: RunVolume) -> RunVolume:
        if volumes[window] is region:
            return part
        return volumes[window] if part is region else volumes[window] & part

    return of_kept
