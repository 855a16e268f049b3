"""Rotation besides drift, by SimpleITK."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._shape import Box

Image = NDArray[Any]
Vector = NDArray[np.float64]

_MOST_VOXELS = 2**24  # looked at, around the middle; more costs time and adds no accuracy
_SAMPLES = 2**18  # of those, each time that the motion is judged
_MARGIN = 24  # voxels read around them
_LEVELS = ((4, 2.0), (2, 1.0), (1, 0.7))  # factor, and smoothing in voxels
_LEAST_EDGE = 24  # voxels, at every level
_SEED = 1
_SLICES_AT_ONCE = 64
_SPREAD = 16  # slices: what lies farther off has less than a billionth part in a cubic B-spline
_FEWEST = 4  # voxels along an axis for cubic B-splines
_TURNED = 0.25  # voxels: where no corner has turned by more, the drift is known better already


@dataclass(frozen=True, eq=False)
class RigidMotion:
    """How a frame has moved and turned about its centre.

    Attributes
    ----------
    angles
        In radians about x, y and z, of (y, x) images about z alone.
    drift
        In voxels per axis.
    """

    angles: Vector
    drift: Vector

    @property
    def rotation(self) -> Vector:
        """Degrees about z, y and x."""
        degrees: Vector = np.degrees(self.angles[::-1])
        return degrees

    def undo(self, image: Image, n_threads: int) -> Image:
        """By cubic B-splines, some slices at a time; beyond its border the image repeats.

        Linear interpolation would blur, the more the nearer to half a voxel, and read pores of
        two voxels radius a tenth too small. It is left for what has values that are not finite,
        which splines would spread, and for less than four voxels along an axis.
        """
        back = np.empty_like(image, order="C")
        for begin in range(0, len(image), _SLICES_AT_ONCE):
            own = slice(begin, min(begin + _SLICES_AT_ONCE, len(image)))
            moved = self._moved(image, own, n_threads)
            if image.dtype.kind in "ui":
                np.rint(moved, out=moved)
                limits = np.iinfo(image.dtype)
                np.clip(moved, limits.min, limits.max, out=moved)
            back[own] = moved
        return back

    def _moved(self, image: Image, own: slice, n_threads: int) -> NDArray[np.float32]:
        """Some slices of the image moved back."""
        sitk = simpleitk()
        motion = self.transform(image.shape)
        part = _seen_by(motion, own, image.shape)
        seen = image[part]
        smooth = min(seen.shape) >= _FEWEST and bool(np.isfinite(seen).all())
        resample = sitk.ResampleImageFilter()
        resample.SetNumberOfThreads(n_threads)
        resample.SetSize([*image.shape[:0:-1], own.stop - own.start])
        resample.SetOutputOrigin([*[0.0] * (image.ndim - 1), float(own.start)])
        resample.SetTransform(motion)
        resample.SetInterpolator(sitk.sitkBSpline if smooth else sitk.sitkLinear)
        resample.SetUseNearestNeighborExtrapolator(True)
        resample.SetOutputPixelType(sitk.sitkFloat32)
        whole = tuple(slice(0, n) for n in image.shape[1:])
        moved: NDArray[np.float32] = sitk.GetArrayFromImage(
            resample.Execute(_placed(seen, (part, *whole)))
        )
        return moved

    def transform(self, shape: tuple[int, ...]) -> Any:
        """SimpleITK's own, of images of a shape."""
        sitk = simpleitk()
        motion = sitk.Euler3DTransform() if len(shape) == 3 else sitk.Euler2DTransform()
        motion.SetCenter([0.5 * (n - 1) for n in shape[::-1]])
        motion.SetParameters([*self.angles.tolist(), *self.drift[::-1].tolist()])
        return motion


@dataclass(frozen=True, eq=False)
class RigidFinder:
    """Rigid motions of frames against the first, each looked for from the one before.

    What SimpleITK finds from a correlation of grey values, of the translation that is known
    already; that stays where the frame has hardly turned. The correlation has no defence against
    growth, nor against what leaves the region: give one that does not grow.

    Attributes
    ----------
    box, fixed
        Where is looked, and the first frame there; not SimpleITK's own, which cannot be stored.
    angles
        Of the frame before, as in `RigidMotion`.
    """

    box: Box
    fixed: Image
    angles: Vector

    @classmethod
    def begin(cls, image: Image, roi: Box | None) -> RigidFinder:
        """From the first frame."""
        box = _middle(image.shape, roi)
        return cls(box, image[box].astype(np.float32), np.zeros(3 if image.ndim == 3 else 1))

    def find(self, image: Image, drift: Vector) -> tuple[RigidMotion, RigidFinder]:
        """The motion of the next frame, and the finder for the one after it."""
        motion = RigidMotion(self.angles, drift).transform(image.shape)
        wide = tuple(
            slice(max(0, s.start + int(d) - _MARGIN), min(n, s.stop + int(d) + _MARGIN))
            for s, d, n in zip(self.box, drift, image.shape, strict=True)
        )
        self._search(image[wide].astype(np.float32), wide, motion)
        found = np.array(motion.GetParameters())
        n_angles = len(self.angles)
        angles = found[:n_angles]
        farthest = 0.5 * float(np.linalg.norm([s.stop - s.start for s in self.box]))
        if farthest * float(np.linalg.norm(angles)) > _TURNED:
            drift = found[n_angles:][::-1].copy()
        return RigidMotion(angles, drift), replace(self, angles=angles)

    def _search(self, moving: Image, box: Box, motion: Any) -> None:
        """Move `motion` to where the first frame and a part of another agree best."""
        sitk = simpleitk()
        fixed = _placed(self.fixed, self.box)
        search = sitk.ImageRegistrationMethod()
        search.SetNumberOfThreads(1)  # sums over threads would depend on how many there are
        search.SetMetricAsCorrelation()
        share = min(1.0, _SAMPLES / self.fixed.size)
        search.SetMetricSamplingStrategy(search.REGULAR if share < 1 else search.NONE)
        if share < 1:
            search.SetMetricSamplingPercentage(share, _SEED)
        search.SetInterpolator(sitk.sitkLinear)
        search.SetOptimizerAsRegularStepGradientDescent(
            learningRate=1.0, minStep=1e-3, numberOfIterations=100, gradientMagnitudeTolerance=1e-9
        )
        search.SetOptimizerScalesFromPhysicalShift()
        edge = min(self.fixed.shape)
        levels = [v for v in _LEVELS if edge // v[0] >= _LEAST_EDGE] or [_LEVELS[-1]]
        search.SetShrinkFactorsPerLevel([factor for factor, _ in levels])
        search.SetSmoothingSigmasPerLevel([sigma for _, sigma in levels])
        search.SetInitialTransform(motion, inPlace=True)
        search.Execute(fixed, _placed(moving, box))


def _seen_by(motion: Any, own: slice, shape: tuple[int, ...]) -> slice:
    """The slices that some slices of the image moved back are made of."""
    corners = itertools.product(*((0.0, n - 1.0) for n in shape[:0:-1]), (own.start, own.stop - 1))
    at = [motion.TransformPoint([float(c) for c in corner])[-1] for corner in corners]
    n = shape[0]
    begin = min(max(0, int(np.floor(min(at))) - _SPREAD), n - 1)
    return slice(begin, min(max(int(np.ceil(max(at))) + 1 + _SPREAD, begin + 1), n))


def _placed(part: Image, box: Box) -> Any:
    """SimpleITK's image of a part that knows where it lies."""
    image = simpleitk().GetImageFromArray(part)
    image.SetOrigin([float(s.start) for s in box[::-1]])
    return image


def _middle(shape: tuple[int, ...], roi: Box | None) -> Box:
    """The middle of the region, as much of it as is looked at."""
    bounds = [(0, n) for n in shape]
    if roi is not None:
        bounds = [s.indices(n)[:2] for s, n in zip(roi, shape, strict=True)]
    edge = int(_MOST_VOXELS ** (1 / len(shape)))
    less = [max(0, b - a - edge) // 2 for a, b in bounds]
    return tuple(slice(a + c, b - c) for (a, b), c in zip(bounds, less, strict=True))


def simpleitk() -> Any:
    """The package; `ModuleNotFoundError` says how to get it."""
    try:
        import SimpleITK
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "method 'rigid' needs SimpleITK; run: pip install 'crevasse[operando]'",
            name="SimpleITK",
        ) from error
    return SimpleITK
