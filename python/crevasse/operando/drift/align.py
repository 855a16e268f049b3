"""Motion between the scans of a series."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._shape import Box
from crevasse.operando.drift.motion import Aligned, Method, MotionFinder
from crevasse.operando.drift.moving import move_back

__all__ = ["Aligned", "DriftCorrector", "estimate_drift", "move_back"]

Image = NDArray[Any]


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
    float64 array; what is less than 0.005 voxel is 0.

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
    _, finder = MotionFinder().find(reference, n_threads)
    motion, _ = finder.find(moving, n_threads)
    assert motion.drift is not None
    return motion.drift.shift


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
        "translation", or "rigid" for rotation too, which needs SimpleITK and one to two minutes
        for 512³.
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
        method: Method = "translation",
        n_threads: int | None = None,
    ) -> None:
        self._finder = MotionFinder(roi, method)
        _validate.n_threads(n_threads)
        self._threads = n_threads

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
        motion, self._finder = self._finder.find(image, self._threads)
        return motion.undo(image, in_place=in_place, n_threads=self._threads)
