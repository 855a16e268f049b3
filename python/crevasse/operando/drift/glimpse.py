"""What finding the drift of an image needs of it: little enough to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse.operando.drift.blocks import RIM, Blocks, Greys, Image
from crevasse.operando.drift.overview import Overview
from crevasse.operando.drift.votes import Vector

MARGIN = 8  # voxels around where blocks are expected: drifts come close to each other in a series


class OutOfSightError(Exception):
    """The image itself is needed: it has moved elsewhere than it was expected to."""


@dataclass(frozen=True, eq=False)
class Glimpse:
    """An image seen from afar, and around its blocks.

    Attributes
    ----------
    view
        From afar.
    whole
        How far it is expected to have moved, in whole voxels per axis.
    windows
        Voxels around the blocks, so far on: (block, z, y, x) or (block, y, x).
    places
        Which of them belongs to the block that begins at a voxel.
    """

    view: Overview
    whole: NDArray[np.intp]
    windows: Image
    places: dict[tuple[int, ...], int]

    @classmethod
    def of(cls, image: Image, view: Overview, drift: Vector, parts: Sequence[Blocks]) -> Glimpse:
        """Of an image that is expected to have moved so; of some sets of blocks."""
        whole = np.floor(drift).astype(np.intp)
        windows = np.concatenate([blocks.windows(image, whole, MARGIN) for blocks in parts])
        starts = np.concatenate([blocks.starts for blocks in parts])
        places = {tuple(start): k for k, start in enumerate(starts.tolist())}
        return cls(view, whole, windows, places)

    def sample(self, blocks: Blocks, drift: Vector, rim: int = 0) -> Greys:
        """What `Blocks.sample` finds in the image.

        Raises
        ------
        OutOfSightError
            If that is not among what was kept.
        """
        away = drift - self.whole
        if np.abs(np.floor(away)).max() > MARGIN + RIM - rim:
            raise OutOfSightError
        which = [self.places[tuple(start)] for start in blocks.starts.tolist()]
        return blocks.sample_windows(self.windows, which, MARGIN, away, rim)
