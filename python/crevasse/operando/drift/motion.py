"""How frames have moved against the first, found one after the other, and undone."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._shape import Box
from crevasse.operando.drift.blocks import for_sampling
from crevasse.operando.drift.finder import Drift, DriftFinder
from crevasse.operando.drift.glimpse import Glimpse
from crevasse.operando.drift.moving import move_back
from crevasse.operando.drift.rigid import RigidFinder, RigidMotion, simpleitk

Image = NDArray[Any]
Method = Literal["translation", "rigid"]
_APART = 1.0  # voxels: a turned frame's centre does not lie farther from where most parts are
_MEDIAN_OF = 2**20  # voxels at most, evenly spread


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
        where faces lie across it. Less where little or nothing is seen along this axis, much has
        changed, or the noise is strong.
    doubtful
        Along which axes the drift is in doubt: agreement is below 0.1, and comparing all places
        within four voxels does not lead there as well; or most of what tells of the axis looks
        otherwise there; or the frame before was in doubt, and the first frame does not say that
        this one is in its place; or, where rotation was looked for, its drift is more than a voxel
        from the one that the frame's parts agree on. The residual does not tell that, since what
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
    doubtful: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        if not self.agreement.size:
            object.__setattr__(self, "agreement", np.ones(self.image.ndim))
        if not self.doubtful.size:
            object.__setattr__(self, "doubtful", np.zeros(self.image.ndim, dtype=np.bool_))
        if not self.rotation.size:
            object.__setattr__(self, "rotation", np.zeros(3 if self.image.ndim == 3 else 1))


@dataclass(frozen=True, eq=False)
class Motion:
    """How a frame has moved: all that is needed to move it back, and to check that.

    Attributes
    ----------
    drift
        None of a frame that has not moved: the first.
    rigid
        How it has moved and turned, where rotation was looked for.
    roi
        Where drift was looked for, a slice per axis.
    """

    drift: Drift | None = None
    rigid: RigidMotion | None = None
    roi: Box | None = None

    def undo(
        self, image: Image, *, in_place: bool = False, n_threads: int | None = None
    ) -> Aligned:
        """The frame brought onto the first; arguments as of `DriftCorrector`."""
        if self.drift is None:
            return Aligned(image, np.zeros(image.ndim), 0.0)
        threads = _validate.n_threads(n_threads)
        if self.rigid is None:
            shift, rotation = self.drift.shift, np.zeros(0)
            moved = move_back(image, shift, in_place=in_place, n_threads=threads)
        else:
            shift, rotation = self.rigid.drift, self.rigid.rotation
            moved = self.rigid.undo(image, threads)
        with ThreadPoolExecutor(threads) as pool:
            left = self.drift.left(_part(moved, self.roi), pool)
        # What the finder of rotation follows, unlike that of drift, may be what grows.
        doubtful = self.drift.doubtful | (np.abs(shift - self.drift.shift) > _APART)
        return Aligned(moved, shift, left, rotation, self.drift.agreement, doubtful)


@dataclass(frozen=True, eq=False)
class MotionFinder:
    """Find how frame after frame has moved.

    A value: what it gives with a motion is the finder for the next frame, and it can be sent to
    where that is read. It holds blocks of the first frame and of the one before, about a million
    voxels each.

    Attributes
    ----------
    roi
        Where to look for drift, a slice per axis; None: everywhere.
    method
        "translation", or "rigid" for rotation too.
    shape
        Of the frames; empty before the first.
    drifts, turns
        From the first frame on; `turns` is of "rigid" alone.
    """

    roi: Box | None = None
    method: Method = "translation"
    shape: tuple[int, ...] = ()
    drifts: DriftFinder | None = None
    turns: RigidFinder | None = None

    def __post_init__(self) -> None:
        if self.method not in ("translation", "rigid"):
            raise ValueError(f"method must be 'translation' or 'rigid', got {self.method!r}")
        if self.method == "rigid":
            simpleitk()  # told now if it is missing, not after the first frame

    def find(self, image: Image, n_threads: int | None = None) -> tuple[Motion, MotionFinder]:
        """How the next frame has moved, and the finder for the one after it.

        Raises
        ------
        ValueError
            If its shape is not the first one's, or the first has neither two nor three axes.
        """
        if self.drifts is None:
            with ThreadPoolExecutor(_validate.n_threads(n_threads)) as pool:
                return Motion(), self._begun(image, pool)
        check_shape(image, self.shape)
        motion, after = self.find_from(_part(image, self.roi), n_threads)
        if self.turns is None or motion.drift is None:
            return motion, after
        rigid, turns = self.turns.find(image, motion.drift.shift)
        return replace(motion, rigid=rigid), replace(after, turns=turns)

    def glimpse(self, image: Image, n_threads: int | None = None) -> Image | Glimpse:
        """What `find_from` needs of a later frame, whichever comes before it."""
        assert self.drifts is not None
        check_shape(image, self.shape)
        with ThreadPoolExecutor(_validate.n_threads(n_threads)) as pool:
            return self.drifts.glimpse(_part(image, self.roi), pool)

    def find_from(
        self, glimpse: Image | Glimpse, n_threads: int | None = None
    ) -> tuple[Motion, MotionFinder]:
        """`find` of a later frame, without rotation, from a glimpse of it.

        Raises
        ------
        OutOfSightError
            If that is not enough.
        """
        assert self.drifts is not None
        with ThreadPoolExecutor(_validate.n_threads(n_threads)) as pool:
            drift, drifts = self.drifts.find(glimpse, pool)
        return Motion(drift, None, self.roi), replace(self, drifts=drifts)

    def _begun(self, image: Image, pool: Executor) -> MotionFinder:
        check_image(image)
        drifts = DriftFinder.begin(_part(image, self.roi), pool)
        turns = RigidFinder.begin(image, self.roi) if self.method == "rigid" else None
        return replace(self, shape=image.shape, drifts=drifts, turns=turns)


def check_image(image: Image) -> None:
    """`ValueError` if it has neither two nor three axes, or no voxels."""
    if image.ndim not in (2, 3):
        raise ValueError(f"image must be (z, y, x) or (y, x), got {image.ndim} axes")
    if image.size == 0:
        raise ValueError(f"image must hold voxels, got shape {image.shape}")


def check_shape(image: Image, shape: tuple[int, ...]) -> None:
    """`ValueError` if it has another shape than the first."""
    if image.shape != shape:
        raise ValueError(f"image must have the first one's shape {shape}, got {image.shape}")


def _part(image: Image, roi: Box | None) -> Image:
    """Where drift is looked for; what is not finite has become the median, which is no edge."""
    part = for_sampling(image if roi is None else image[roi])
    if part.dtype.kind != "f" or all(np.isfinite(rows).all() for rows in part):
        return part
    finite = np.isfinite(part)
    known = part[finite]
    middle = np.median(known[:: 1 + known.size // _MEDIAN_OF]) if known.size else 0
    return np.where(finite, part, part.dtype.type(middle))
