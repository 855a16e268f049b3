"""A lithium layer in one frame, whatever comes before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crevasse._layer_thickness import LayerThickness, layer_thickness
from crevasse._runs import RunVolume
from crevasse.operando.column_scale import ColumnScale


@dataclass(frozen=True, eq=False)
class GaugedLayer:
    """What is kept of a layer in one frame.

    Attributes
    ----------
    layer
        Its columns.
    means
        Mean thickness with thresholds as they are, and at the ends of their bands.
    """

    layer: LayerThickness
    means: tuple[float, ...]


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

    def measure(self, lithium: RunVolume, banded: Iterable[RunVolume] = ()) -> GaugedLayer:
        """The layer of a frame; `banded` is it with thresholds at the ends of their bands."""
        layer = self._layer(lithium)
        return GaugedLayer(layer, (layer.mean, *(self._layer(runs).mean for runs in banded)))

    def _layer(self, runs: RunVolume) -> LayerThickness:
        scale = self.scale
        return layer_thickness(
            runs if self.depth is None else runs & scale.slab(self.depth),
            axis=scale.axis,
            spacing=scale.spacing,
            roi=scale.area,
            n_threads=self.n_threads,
        )
