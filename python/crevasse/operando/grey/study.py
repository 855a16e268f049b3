"""Can two phases be told apart by their grey values? Lithium and void in cracks, above all."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crevasse import _validate
from crevasse._morphology import erode as erode_by_ball
from crevasse._runs import RunVolume, as_region
from crevasse._shape import Box
from crevasse.operando.grey.comparison import GreyComparison, compare_layers
from crevasse.operando.grey.histogram import Histogram, values_by_layer

Set = RunVolume | Box | ArrayLike
_LAYERS = 32
_FEWEST_LAYERS = 4  # of each set: from fewer, the spread between layers is not to be had
ERODE = 1.0  # voxels


@dataclass(frozen=True)
class GreyCount:
    """The grey values of a set of voxels in one frame.

    Attributes
    ----------
    n_voxels
        Of the set.
    layers
        Histograms of the voxels that are compared, by number of their layer of the volume.
    """

    n_voxels: int
    layers: dict[int, Histogram]

    @classmethod
    def of(cls, image: ArrayLike, voxels: Set, erode: float = ERODE) -> GreyCount:
        """Count the voxels of a set; see `GreyStudy`."""
        region = as_region(voxels, np.shape(image))
        layers: dict[int, Histogram] = {}
        for layer, values in values_by_layer(image, _eroded(region, erode), _LAYERS):
            _put(layers, layer, Histogram.from_image(values[None]))
        return cls(region.n_voxels, layers)


class GreyStudy:
    """Gather the grey values of two sets of voxels, one frame after the other, and compare them.

    Parameters
    ----------
    names
        Of the sets a and b.
    erode
        Only voxels farther than this from the nearest voxel outside of their set are compared, in
        voxels between centres: those beside the border hold part of what is there, and the
        imaging's blur reaches farther still. 1 leaves the inner voxel of a sheet of 3, nothing of
        a sheet of 2. 0: all voxels.
    most_error
        Greatest Bayes error at equal frequency with which the verdict is yes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> grey = rng.normal(20, 5, (40, 20, 20)).astype(np.float32)
    >>> grey[:, :, 10:] += 20
    >>> study = GreyStudy(erode=0)
    >>> whole = slice(None)
    >>> study.add(grey, (whole, whole, slice(0, 10)), (whole, whole, slice(10, 20)))
    >>> study.result().separable
    True
    """

    def __init__(
        self,
        *,
        names: tuple[str, str] = ("void", "lithium"),
        erode: float = ERODE,
        most_error: float = 0.05,
    ) -> None:
        if not 0 < most_error < 0.5:
            raise ValueError(f"most_error must lie between 0 and 0.5, got {most_error}")
        self._names = names
        self._erode = _validate.not_negative(erode, "erode")
        self._most_error = most_error
        self._layers: tuple[dict[int, Histogram], dict[int, Histogram]] = ({}, {})
        self._n_all = [0, 0]

    def add(self, image: ArrayLike, a: Set | None = None, b: Set | None = None) -> None:
        """Add the voxels of one frame.

        Parameters
        ----------
        image
            (z, y, x) or (y, x) grey values, those of all frames on one scale.
        a, b
            The sets in this frame: a `RunVolume`, a mask, or a tuple of slices. None: not in this
            frame, as where empty pores are taken from the first scan and filled cracks from a
            later one.
        """
        # Both are counted before either is kept: a refused frame must leave nothing behind.
        counted = [None if s is None else GreyCount.of(image, s, self._erode) for s in (a, b)]
        self.add_counts(*counted)

    def add_counts(self, a: GreyCount | None = None, b: GreyCount | None = None) -> None:
        """Add the voxels of one frame that have been counted, with the `erode` of the study."""
        for i, count in enumerate((a, b)):
            if count is None:
                continue
            self._n_all[i] += count.n_voxels
            for layer, part in count.layers.items():
                _put(self._layers[i], layer, part)

    def result(self) -> GreyComparison:
        """Compare what has been added.

        Raises
        ------
        ValueError
            If a set holds no voxel, or none that far from its border.
        """
        for name, n, layers in zip(self._names, self._n_all, self._layers, strict=True):
            if not layers:
                why = (
                    f"none of its {n} voxels is farther than erode = {self._erode:g} from its "
                    "border; lower erode"
                    if n
                    else "it is empty"
                )
                raise ValueError(f"{name} must hold voxels to compare: {why}")
        a, b = ([layers[i] for i in sorted(layers)] for layers in self._layers)
        enough = min(len(a), len(b)) >= _FEWEST_LAYERS
        how = (
            f"resampling of {_LAYERS} layers of the volume along y, all frames of a layer together"
            if enough
            else f"nothing: a set lies in fewer than {_FEWEST_LAYERS} of {_LAYERS} layers"
        )
        n_all = self._n_all[0], self._n_all[1]
        return compare_layers(self._names, a, b, n_all, self._most_error, enough, how)


def compare_grey(
    image: ArrayLike,
    a: Set,
    b: Set,
    *,
    erode: float = 1,
    names: tuple[str, str] = ("void", "lithium"),
    most_error: float = 0.05,
) -> GreyComparison:
    """Compare the grey values of two sets of voxels of one image; see `GreyStudy`."""
    return compare_grey_frames([(image, a, b)], erode=erode, names=names, most_error=most_error)


def compare_grey_frames(
    frames: Iterable[tuple[ArrayLike, Set | None, Set | None]],
    *,
    erode: float = 1,
    names: tuple[str, str] = ("void", "lithium"),
    most_error: float = 0.05,
) -> GreyComparison:
    """Compare two sets over many frames, read one at a time.

    Parameters
    ----------
    frames
        Image, set a and set b of each frame, as in `GreyStudy.add`.
    erode, names, most_error
        As in `GreyStudy`.
    """
    study = GreyStudy(names=names, erode=erode, most_error=most_error)
    for image, a, b in frames:
        study.add(image, a, b)
    return study.result()


def _put(layers: dict[int, Histogram], layer: int, part: Histogram) -> None:
    layers[layer] = layers[layer] + part if layer in layers else part


def _eroded(region: RunVolume, distance: float) -> RunVolume:
    """The voxels farther than this from what is outside of the region; the border is no outside."""
    if distance < 1:
        return region
    if distance >= 2:
        return erode_by_ball(region, distance)
    # The balls below 2 are the neighbourhoods that runs are eroded by, without a dense volume.
    neighbours = 6 if distance < math.sqrt(2) else 18 if distance < math.sqrt(3) else 26
    return region.erode(neighbours)
