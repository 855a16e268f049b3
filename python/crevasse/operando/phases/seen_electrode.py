"""Electrodes that the first frame shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crevasse import _validate
from crevasse._runs import RunVolume
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.signal import Image
from crevasse.operando.grey.thresholds import ThresholdRule
from crevasse.operando.grey.windows import within
from crevasse.operando.phases.phases import PhaseRule, volumes_of
from crevasse.operando.phases.places import Faces


@dataclass(frozen=True)
class SeenElectrode:
    """An electrode at a face of the volume, that reaches as far as the first frame shows.

    Attributes
    ----------
    face
        "zmin", "zmax", "ymin", …
    until
        It ends before the first voxel of this phase. None: behind the brightest layer in the half
        of the volume at `face`.
    """

    face: str
    until: str | None = None

    def locate(
        self, signal: Image, phases: Mapping[str, RunVolume], region: RunVolume
    ) -> RunVolume:
        """Its voxels within the region.

        Raises
        ------
        ValueError
            If the phase, or a bright layer, is not there.
        """
        if (signal == signal.flat[0]).all():
            raise ValueError(
                f"electrode at {self.face} cannot be found: the first frame holds nothing but the "
                f"grey value {signal.flat[0]}: was it recorded? Leave it out"
            )
        axis = _validate.AXES[-len(region.shape) :].index(self.face[0])
        outwards = "above" if self.face.endswith("min") else "below"
        if self.until is None:
            faces = Faces(self._brightest(signal, region, axis), axis)
            found = (faces.beside(outwards) | faces.inside) & region
            what = "a layer brighter than the rest"
        else:
            found = Faces(phases[self.until], axis).beside(outwards) & region
            what = f"{self.until} with something before it"
        if found.n_voxels == 0:
            raise ValueError(
                f"electrode at {self.face} cannot be found: the first frame shows no {what}; "
                "give plane, in µm, or a mask"
            )
        return found

    def _brightest(self, signal: Image, region: RunVolume, axis: int) -> RunVolume:
        n = region.shape[axis]
        part = slice(0, (n + 1) // 2) if self.face.endswith("min") else slice(n // 2, n)
        box = tuple(part if a == axis else slice(None) for a in range(len(region.shape)))
        half = region & RunVolume.from_box(region.shape, box)
        threshold = ThresholdRule("levels:2").find(Histogram.from_image(signal, roi=half))[0]
        rule = PhaseRule("brightest", low=threshold.value, bulk=1)
        return volumes_of(within(signal), [rule], half, axis)["brightest"]
