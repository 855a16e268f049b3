"""Sections through the frames to look at: few, small, and where most has happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crevasse import _validate
from crevasse._electrode import FACES
from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.operando.grey.signal import Image
from crevasse.operando.section_plane import Picture, choose_planes, pictures

_LEAST = 16  # pixels of a picture's longer side that can be asked for


@dataclass(frozen=True)
class View:
    """One plane through the region of interest, frame by frame.

    Attributes
    ----------
    axis
        Normal to the plane: "z", "y" or "x"; empty in images.
    place
        Of the plane along it, in the unit of the spacing, the first slice's centre being 0.
    upright
        Whether the electrodes are seen from the side.
    begin
        Row and column of the frame at which the pictures begin.
    step
        Voxels along a pixel's side.
    pixel
        Height and width of a pixel, in the unit of the spacing.
    pictures
        One a frame.
    """

    axis: str
    place: float
    upright: bool
    begin: tuple[int, int]
    step: int
    pixel: tuple[float, float]
    pictures: tuple[Picture, ...]


class SectionRecord:
    """Keep small sections of every frame: along the cell's axis and, of volumes, upright.

    Parameters
    ----------
    shape
        Of the frames.
    roi
        What is shown, a slice per axis; None: everything.
    spacing
        Voxel size, a number or one per axis.
    top
        The face that is at the top of upright sections, "zmin", "zmax", …: the working electrode's.
        Its axis is the cell's. Of no account in images.
    planes
        Slices to keep, by the axis normal to them: ``{"z": [40], "y": [100, 200]}``. None: five
        along the cell's axis and five upright ones, evenly over `roi`.
    longest
        Pixels of a picture's longer side, at most: larger ones are averaged over squares. None:
        512, and 1024 in images, of which there are fewer.

    Attributes
    ----------
    top
        As given.
    planes
        Of which sections are kept.

    Raises
    ------
    ValueError
        If a parameter does not fit the shape.

    Examples
    --------
    >>> import numpy as np
    >>> record = SectionRecord((4, 6, 8), spacing=2.0, planes={"z": [1], "y": [3]})
    >>> crack = RunVolume.from_box((4, 6, 8), (slice(0, 3), slice(3, 4), slice(2, 5)))
    >>> record.update(np.full((4, 6, 8), 9, dtype=np.uint8), crack, crack - crack)
    >>> along, upright = record.views()
    >>> upright.axis, upright.place
    ('y', 6.0)
    >>> upright.pictures[0].open.to_mask().astype(int)
    array([[0, 0, 1, 1, 1, 0, 0, 0],
           [0, 0, 1, 1, 1, 0, 0, 0],
           [0, 0, 1, 1, 1, 0, 0, 0],
           [0, 0, 0, 0, 0, 0, 0, 0]])
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        roi: Box | None = None,
        spacing: _validate.Spacing = 1.0,
        top: str = "zmin",
        planes: Mapping[str, Sequence[int]] | None = None,
        longest: int | None = None,
    ) -> None:
        if top not in FACES:
            raise ValueError(f"top must be one of {', '.join(FACES)}, got {top!r}")
        longest = (1024 if len(shape) == 2 else 512) if longest is None else longest
        if longest < _LEAST:
            raise ValueError(f"longest must be at least {_LEAST} pixels, got {longest}")
        self._spacing = _validate.spacing(spacing, len(shape))
        self.planes = tuple(choose_planes(shape, roi, top, planes, longest))
        self._frames: list[tuple[Picture, ...]] = []
        self.top = top

    def update(self, image: Image, open_: RunVolume, preexisting: RunVolume) -> None:
        """Keep the sections of one more frame.

        Parameters
        ----------
        image
            Grey values, of the shape of the frames.
        open_, preexisting
            Its open voxels, and those that were open at first.
        """
        greys = [plane.grey(image) for plane in self.planes]
        self.keep(pictures(self.planes, greys, open_, preexisting))

    def keep(self, sections: tuple[Picture, ...]) -> None:
        """Keep the sections of one more frame, one a plane."""
        self._frames.append(sections)

    def views(self) -> tuple[View, ...]:
        """The plane along the cell's axis, then the upright one, in which most has newly opened.

        Where as much has in several, the one in the middle of the planes. One view in images, and
        where planes of one direction were asked for.
        """
        found = []
        for upright in (False, True):
            of_kind = [i for i, plane in enumerate(self.planes) if plane.upright == upright]
            middle = (len(of_kind) - 1) / 2
            order = [(-self._newly_open(i), abs(k - middle), i) for k, i in enumerate(of_kind)]
            if order:
                found.append(self._view(min(order)[-1]))
        return tuple(found)

    def _newly_open(self, index: int) -> int:
        """Over all frames, so that what stays open counts for more than what is soon gone."""
        pictures = [frame[index] for frame in self._frames]
        return sum((picture.open - picture.preexisting).n_voxels for picture in pictures)

    def _view(self, index: int) -> View:
        plane = self.planes[index]
        axis = plane.axis
        return View(
            axis="" if axis is None else _validate.AXES[axis],
            place=0.0 if axis is None else plane.place * self._spacing[axis],
            upright=plane.upright,
            begin=(plane.box[plane.rows].start, plane.box[plane.columns].start),
            step=plane.step,
            pixel=(
                plane.step * self._spacing[plane.rows],
                plane.step * self._spacing[plane.columns],
            ),
            pictures=tuple(frame[index] for frame in self._frames),
        )
