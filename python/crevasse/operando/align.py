"""Motion and change of light between the scans of a series."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._shape import Box
from crevasse.operando.drift import DriftFinder
from crevasse.operando.moving import move_back
from crevasse.operando.rigid import RigidFinder

__all__ = ["Aligned", "DriftCorrector", "estimate_drift", "match_light", "move_back"]

Image = NDArray[Any]
_CENTRE_VOXELS = 2**24  # from which the level of light is taken


@dataclass(frozen=True, eq=False)
class Aligned:
    """A frame brought onto the first.

    Attributes
    ----------
    image
        The frame moved back.
    drift
        How far it had moved against the first, in voxels per axis; of a rotated frame, its centre.
    residual
        Length, in voxels, of the drift against the first frame and the one before that is still
        found in `image`, by blocks that the estimate did not use (every eighth; in images of less
        than eight blocks of 16³ or 64² voxels, by all). It tells errors of the estimate by noise,
        rotation or distortion, and errors of the moving back. What both the estimate and the check
        mistake for motion, growth that outweighs what stays, it does not tell.
    agreement
        How sharply the parts of the frame agree on the drift along each axis: 1 at most, 0.2 to 0.6
        where faces lie across it. Below 0.1 the drift along this axis is in doubt: little or
        nothing is seen along it, or much has changed. The residual does not tell that, since what
        misled the estimate misleads the check.
    rotation
        Degrees about z, y and x through the image's centre, of (y, x) images about z alone; zero
        where only translation is looked for.
    """

    image: Image
    drift: NDArray[np.float64]
    residual: float
    rotation: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    agreement: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not self.agreement.size:
            object.__setattr__(self, "agreement", np.ones(self.image.ndim))
        if not self.rotation.size:
            object.__setattr__(self, "rotation", np.zeros(3 if self.image.ndim == 3 else 1))


def estimate_drift(
    reference: Image, moving: Image, *, n_threads: int | None = None
) -> NDArray[np.float64]:
    """How far `moving` lies from `reference`, in voxels per axis, to about 0.05 voxel.

    Both images are smoothed and cut into cells of 8³ or 16² voxels, from blocks spread over them.
    Each cell tells how far it has moved and how surely: one with a single face knows the direction
    normal to it only. The drift is what they agree on most sharply, since what has moved as one
    agrees to the noise, and what has grown agrees roughly; faint edges count as much as strong
    ones times their contrast. Where a correlation of the whole images, seen coarsely, is farther
    off, both places are compared.

    It cannot work where little but growth is seen: where the sharply agreeing edges along an axis
    belong to what moves (a flat electrode that gives way as a whole, in an electrolyte without a
    face of its own in view), their motion is the drift. Two frames with voxels of growth between
    them can be mistaken where `DriftCorrector`, which saw those in between, is not. Along an axis
    on which nothing is seen, or less than a hundredth of what the others show, the drift stays as
    it was before. Rotation by more than a degree or so takes the agreement away.

    Parameters
    ----------
    reference, moving
        (z, y, x) or (y, x) images of equal shape. Of large ones about a million voxels are used,
        where most edges are. Drift must be less than half of the image.
    n_threads
        None: all usable cores. The result is the same for every number.

    Returns
    -------
    float64 array

    Raises
    ------
    ValueError
        If the shapes differ, or the images have neither two nor three axes.

    References
    ----------
    .. [1] B. D. Lucas, T. Kanade, "An iterative image registration technique with an application to
       stereo vision", Proc. IJCAI (1981) 674-679.
    .. [2] M. J. Black, P. Anandan, "The robust estimation of multiple motions", Computer Vision and
       Image Understanding 63 (1996) 75-104.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:64, :64]
    >>> image = np.sin(y / 4) * np.cos(x / 5)
    >>> moved = np.sin((y - 1.5) / 4) * np.cos((x + 0.5) / 5)
    >>> estimate_drift(image, moved).round(1) + 0.0
    array([ 1.5, -0.5])
    """
    _check_image(reference)
    _check_shape(moving, reference.shape)
    with ThreadPoolExecutor(_validate.n_threads(n_threads)) as pool:
        return DriftFinder(reference, pool).find(moving, pool)


def bright_level(image: Image) -> float:
    """The 75th percentile of the central voxels: the sound material.

    The growth of dark features hardly touches it.
    """
    return float(np.percentile(image[_central(image.shape)], 75))


def match_light(image: Image, reference: Image | float) -> Image:
    """Scale grey values so that the image's bright level is the reference's, or a number.

    One factor and no histogram matching, since matching whole histograms would map a growing crack
    back onto the material. See `bright_level`.
    """
    level = bright_level(image)
    target = bright_level(reference) if isinstance(reference, np.ndarray) else reference
    if level <= 0 or target <= 0:
        raise ValueError(
            f"image must have a positive bright level to match light, got {level} and {target}"
        )
    scaled = image.astype(np.float32) * np.float32(target / level)
    if image.dtype.kind in "ui":
        limits = np.iinfo(image.dtype)
        scaled = np.clip(np.rint(scaled), limits.min, limits.max)
    return scaled.astype(image.dtype)


class DriftCorrector:
    """Bring frames onto the first, one after the other.

    Each frame is compared with the first, so that errors do not add up, and with the one before, in
    which cracks have changed least; see `estimate_drift`. Of earlier frames blocks are held, about
    a million voxels each.

    Parameters
    ----------
    roi
        Where to look for drift, a slice per axis: what moves with the sample. None: everywhere.
    method
        "translation", or "rigid" for rotation too, which needs SimpleITK and a minute for 512³.
    n_threads
        None: all usable cores. The result is the same for every number.

    Raises
    ------
    ValueError
        If `method` is neither of them.
    ModuleNotFoundError
        If SimpleITK is missing for "rigid".

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:64, :64]
    >>> corrector = DriftCorrector()
    >>> for shift in (0, 2):
    ...     aligned = corrector.correct(np.sin((y - shift) / 4) * np.cos(x / 5))
    >>> aligned.drift.round(1) + 0.0
    array([2., 0.])
    """

    def __init__(
        self,
        *,
        roi: Box | None = None,
        method: Literal["translation", "rigid"] = "translation",
        n_threads: int | None = None,
    ) -> None:
        if method not in ("translation", "rigid"):
            raise ValueError(f"method must be 'translation' or 'rigid', got {method!r}")
        self._roi = ... if roi is None else roi
        self._threads = _validate.n_threads(n_threads)
        self._rigid = RigidFinder(roi, self._threads) if method == "rigid" else None
        self._shape: tuple[int, ...] = ()
        self._finder: DriftFinder | None = None

    def correct(self, image: Image, *, in_place: bool = False) -> Aligned:
        """Align the next frame.

        Parameters
        ----------
        image
            The frame.
        in_place
            Move the image itself where it is only translated, rather than make another.

        Raises
        ------
        ValueError
            If its shape is not the first one's, or the first has neither two nor three axes.
        """
        with ThreadPoolExecutor(self._threads) as pool:
            if self._finder is None:
                return self._begin(image, pool)
            _check_shape(image, self._shape)
            drift = self._finder.find(image[self._roi], pool)
            if self._rigid is None:
                moved = move_back(image, drift, in_place=in_place, n_threads=self._threads)
                rotation = np.zeros(0)
            else:
                moved, drift, rotation = self._rigid.correct(image, drift)
            left = self._finder.left(moved[self._roi], pool)
            return Aligned(moved, drift, left, rotation, self._finder.agreement)

    def _begin(self, image: Image, pool: Executor) -> Aligned:
        _check_image(image)
        self._shape = image.shape
        self._finder = DriftFinder(image[self._roi], pool)
        if self._rigid is not None:
            self._rigid.begin(image)
        return Aligned(image, np.zeros(image.ndim), 0.0)


def _check_image(image: Image) -> None:
    if image.ndim not in (2, 3):
        raise ValueError(f"image must be (z, y, x) or (y, x), got {image.ndim} axes")


def _check_shape(image: Image, shape: tuple[int, ...]) -> None:
    if image.shape != shape:
        raise ValueError(f"image must have the first one's shape {shape}, got {image.shape}")


def _central(shape: tuple[int, ...]) -> tuple[slice, ...]:
    edge = int(_CENTRE_VOXELS ** (1 / len(shape)))
    starts = [max(0, (n - edge) // 2) for n in shape]
    return tuple(slice(a, min(n, a + edge)) for a, n in zip(starts, shape, strict=True))
