"""Images moved by fractions of a voxel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate

Image = NDArray[Any]


def move_back(
    image: Image, drift: ArrayLike, *, in_place: bool = False, n_threads: int | None = None
) -> Image:
    """The image moved by minus `drift`.

    Cubic convolution [1]_, in single precision; whole voxels are copied. Linear interpolation would
    blur what has moved by half a voxel, and so make thin cracks thinner in some frames than in
    others.

    Parameters
    ----------
    image
        (z, y, x) or (y, x), of a dtype that `RunVolume.from_threshold` takes. What comes in from
        outside repeats the border.
    drift
        How far it has moved, in voxels per axis.
    in_place
        Write into the image itself, which must be C-contiguous: of a frame that fills the memory
        there need be no second.
    n_threads
        None: all usable cores. The result is the same for every number.

    Returns
    -------
    numpy.ndarray
        Of the image's shape and dtype, integers rounded; the image itself where it has not moved.

    Raises
    ------
    ValueError
        If `drift` is not one finite number an axis.
    TypeError
        If the image has another dtype.

    References
    ----------
    .. [1] R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans.
       Acoust. Speech Signal Process. 29 (1981) 1153-1160.

    Examples
    --------
    >>> import numpy as np
    >>> move_back(np.array([[0, 0, 16, 0, 0]], dtype=np.int16), (0, 0.5))
    array([[-1,  9,  9, -1,  0]], dtype=int16)
    """
    by = np.asarray(drift, dtype=np.float64)
    if by.shape != (image.ndim,) or not np.isfinite(by).all():
        raise ValueError(
            f"drift must be one finite number for each of {image.ndim} axes, got {drift!r}"
        )
    if not by.any():
        return image
    grey = _validate.grey_image(image, "image")
    moved = image if in_place else np.empty_like(grey)
    offset = (0.0,) * (3 - grey.ndim) + tuple(by.tolist())
    threads = _validate.n_threads(n_threads)
    _core.translate(_validate.as_3d(grey), _validate.as_3d(moved), offset, threads)
    return moved
