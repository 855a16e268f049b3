"""Rotation besides drift, by SimpleITK."""

from __future__ import annotations

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


class RigidFinder:
    """Rigid motions of frames against the first, each looked for from the one before.

    What SimpleITK finds from a correlation of grey values, of the translation that is known
    already. It has no defence against growth; give a region that does not grow.
    """

    def __init__(self, roi: Box | None, n_threads: int) -> None:
        _simpleitk()  # told now if it is missing, not after the first frame
        self._roi = roi
        self._threads = n_threads
        self._fixed: Image | None = None  # not SimpleITK's own, which cannot be stored
        self._angles = np.zeros(0)

    def begin(self, image: Image) -> None:
        """Take the first frame."""
        self._box = _middle(image.shape, self._roi)
        self._fixed = image[self._box].astype(np.float32)
        self._angles = np.zeros(3 if image.ndim == 3 else 1)

    def correct(self, image: Image, drift: Vector) -> tuple[Image, Vector, Vector]:
        """The next frame moved and turned back, its drift, its rotation in degrees."""
        motion = self._motion(image.shape)
        motion.SetParameters([*self._angles.tolist(), *drift[::-1].tolist()])
        wide = tuple(
            slice(max(0, s.start + int(d) - _MARGIN), min(n, s.stop + int(d) + _MARGIN))
            for s, d, n in zip(self._box, drift, image.shape, strict=True)
        )
        self._search(image[wide].astype(np.float32), wide, motion)
        found = np.array(motion.GetParameters())
        n_angles = len(self._angles)
        self._angles = found[:n_angles]
        moved = self._turned_back(image, motion)
        return moved, found[n_angles:][::-1].copy(), np.degrees(self._angles[::-1])

    def _motion(self, shape: tuple[int, ...]) -> Any:
        centre = [0.5 * (n - 1) for n in shape[::-1]]
        sitk = _simpleitk()
        motion = sitk.Euler3DTransform() if len(shape) == 3 else sitk.Euler2DTransform()
        motion.SetCenter(centre)
        return motion

    def _search(self, moving: Image, box: Box, motion: Any) -> None:
        """Move `motion` to where the first frame and a part of another agree best."""
        assert self._fixed is not None
        sitk = _simpleitk()
        fixed = _placed(self._fixed, self._box)
        search = sitk.ImageRegistrationMethod()
        search.SetNumberOfThreads(1)  # sums over threads would depend on how many there are
        search.SetMetricAsCorrelation()
        share = min(1.0, _SAMPLES / self._fixed.size)
        search.SetMetricSamplingStrategy(search.REGULAR if share < 1 else search.NONE)
        if share < 1:
            search.SetMetricSamplingPercentage(share, _SEED)
        search.SetInterpolator(sitk.sitkLinear)
        search.SetOptimizerAsRegularStepGradientDescent(
            learningRate=1.0, minStep=1e-3, numberOfIterations=100, gradientMagnitudeTolerance=1e-9
        )
        search.SetOptimizerScalesFromPhysicalShift()
        edge = min(self._fixed.shape)
        levels = [v for v in _LEVELS if edge // v[0] >= _LEAST_EDGE] or [_LEVELS[-1]]
        search.SetShrinkFactorsPerLevel([factor for factor, _ in levels])
        search.SetSmoothingSigmasPerLevel([sigma for _, sigma in levels])
        search.SetInitialTransform(motion, inPlace=True)
        search.Execute(fixed, _placed(moving, box))

    def _turned_back(self, image: Image, motion: Any) -> Image:
        """By linear interpolation; beyond its border the image repeats."""
        sitk = _simpleitk()
        resample = sitk.ResampleImageFilter()
        resample.SetNumberOfThreads(self._threads)
        whole = sitk.GetImageFromArray(image)
        resample.SetReferenceImage(whole)
        resample.SetTransform(motion)
        resample.SetInterpolator(sitk.sitkLinear)
        resample.SetUseNearestNeighborExtrapolator(True)
        resample.SetOutputPixelType(sitk.sitkFloat32)
        moved = sitk.GetArrayFromImage(resample.Execute(whole))
        if image.dtype.kind in "ui":
            np.rint(moved, out=moved)
        back: Image = moved.astype(image.dtype, copy=False)
        return back


def _placed(part: Image, box: Box) -> Any:
    """SimpleITK's image of a part that knows where it lies."""
    image = _simpleitk().GetImageFromArray(part)
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


def _simpleitk() -> Any:
    try:
        import SimpleITK
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "method 'rigid' needs SimpleITK; run: pip install 'crevasse[operando]'",
            name="SimpleITK",
        ) from error
    return SimpleITK
