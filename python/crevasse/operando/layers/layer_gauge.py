"""A lithium layer in one frame, whatever comes before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from crevasse._clean import keep_largest
from crevasse._layer_thickness import LayerThickness, columns_of, layer_thickness
from crevasse._runs import RunVolume
from crevasse.operando.layers.column_scale import ColumnScale


class LayerSize(NamedTuple):
    """Mean thickness, its deviation, and the share of the area that is without."""

    mean: float
    std_corrected: float
    contact_loss: float

    @classmethod
    def of(cls, layer: LayerThickness) -> Self:
        """Of a layer."""
        return cls(layer.mean, layer.std_corrected, 1 - layer.coverage)


@dataclass(frozen=True, eq=False)
class GaugedLayer:
    """What is kept of a layer in one frame.

    Attributes
    ----------
    layer
        Its columns.
    sizes
        With thresholds as they are, and at the ends of their bands.
    out_of_view
        Share of the area in which what bounds the layer is not seen.
    """

    layer: LayerThickness
    sizes: tuple[LayerSize, ...]
    out_of_view: float = 0.0


@dataclass(frozen=True, eq=False)
class LayerGauge:
    """Measure a layer in frames of one shape.

    Attributes
    ----------
    scale
        Which columns there are.
    depth, n_threads
        As in `InterfaceRecord`.
    """

    scale: ColumnScale
    depth: float | None
    n_threads: int | None

    def measure(
        self,
        lithium: RunVolume,
        banded: Iterable[RunVolume] = (),
        bounds: Iterable[RunVolume] = (),
    ) -> GaugedLayer:
        """The layer of a frame.

        `banded` is it with thresholds at the ends of their bands, and `bounds` what it lies beside:
        a column without one of these says nothing, though it looks as if it held no lithium.
        """
        layer = self._layer(lithium)
        layers = (layer, *map(self._layer, banded))
        return GaugedLayer(layer, tuple(map(LayerSize.of, layers)), self._out_of_view(bounds))

    def _out_of_view(self, bounds: Iterable[RunVolume]) -> float:
        crossed = [columns_of(keep_largest(v), self.scale.axis).n_layers > 0 for v in bounds]
        if not crossed:
            return 0.0
        seen = np.logical_and.reduce(crossed)
        area = self.scale.area
        return float(1 - (seen if area is None else seen[np.asarray(area, dtype=bool)]).mean())

    def _layer(self, runs: RunVolume) -> LayerThickness:
        scale = self.scale
        return layer_thickness(
            runs if self.depth is None else runs & scale.slab(self.depth),
            axis=scale.axis,
            spacing=scale.spacing,
            roi=scale.area,
            n_threads=self.n_threads,
        )
