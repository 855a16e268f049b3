"""An oblique view of a volume, by numpy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

_UP, _RIGHT = 0.4, 0.3  # by how much what is a voxel farther away is seen higher, and to the right
_FADED = 0.5  # how much of its colour the farthest voxel has lost
_LIGHT = np.array([-0.75, 0.35, -0.55])  # towards it: from above, the right, the front
_AMBIENT = 0.55
_PIXELS = 900  # of the longer side, at least
_EDGE = (0.78, 0.80, 0.83)
_NONE = -1


def projection(found: NDArray[np.uint8], colors: Sequence[str]) -> NDArray[np.uint8]:
    """The voxels that are met first, looking from the front and above; paler with their depth.

    Parameters
    ----------
    found
        Body of each voxel, (downwards, to the back, to the right): 0 is nothing.
    colors
        Of the bodies, from 1 on.

    Returns
    -------
    numpy.ndarray
        uint8 RGB image (y, x, 3) on white, in a frame of the volume's edges.
    """
    body, depth = _first_met(found)
    out = np.ones((*body.shape, 3))
    out[_edges(found.shape) & (body == 0)] = _EDGE
    hit = body > 0
    palette = np.array([to_rgb(color) for color in colors])
    lit = palette[body[hit] - 1] * _shading(depth)[hit][:, None]
    pale = _FADED * depth[hit][:, None] / max(1, found.shape[1] - 1)
    out[hit] = lit + (1 - lit) * pale
    times = max(1, _PIXELS // max(body.shape))
    levels: NDArray[np.uint8] = np.rint(255 * np.clip(out, 0, 1)).astype(np.uint8)
    return levels.repeat(times, axis=0).repeat(times, axis=1)


def _first_met(found: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Body and depth at each pixel; 0 and -1 where there is nothing."""
    shape = _canvas(found.shape)
    body, depth = np.zeros(shape, dtype=np.uint8), np.full(shape, _NONE, dtype=np.intp)
    for layer in range(found.shape[1]):
        window = _window(found.shape, layer)
        met = (body[window] == 0) & (found[:, layer] > 0)
        body[window][met] = found[:, layer][met]
        depth[window][met] = layer
    return body, depth


def _canvas(shape: tuple[int, ...]) -> tuple[int, int]:
    last = shape[1] - 1
    return shape[0] + int(_UP * last), shape[2] + int(_RIGHT * last)


def _window(shape: tuple[int, ...], layer: int) -> tuple[slice, slice]:
    """Where a layer is seen."""
    top = int(_UP * (shape[1] - 1)) - int(_UP * layer)
    left = int(_RIGHT * layer)
    return slice(top, top + shape[0]), slice(left, left + shape[2])


def _shading(depth: NDArray[np.intp]) -> NDArray[np.float64]:
    """Lambert's, with the normals of the surface that depth is."""
    down, right = (np.clip(_slope(depth, axis), -2, 2) for axis in (0, 1))
    normal = np.stack([down, right, -np.ones(depth.shape)]) / np.sqrt(1 + down**2 + right**2)
    light = np.tensordot(_LIGHT / np.linalg.norm(_LIGHT), normal, axes=([0], [0]))
    return np.asarray(_AMBIENT + (1 - _AMBIENT) * np.clip(light, 0, 1))


def _slope(depth: NDArray[np.intp], axis: int) -> NDArray[np.float64]:
    """Change of depth from pixel to pixel; none beside nothing."""
    met = depth != _NONE
    known = met & np.roll(met, 1, axis) & np.roll(met, -1, axis)
    return np.where(known, (np.roll(depth, -1, axis) - np.roll(depth, 1, axis)) / 2, 0.0)


def _edges(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The edges of the volume that are seen: front, back, and between them."""
    seen = np.zeros(_canvas(shape), dtype=bool)
    for layer in range(shape[1]):
        rows, columns = _window(shape, layer)
        ends = (rows.start, rows.stop - 1), (columns.start, columns.stop - 1)
        if layer in (0, shape[1] - 1):
            seen[rows, ends[1]] = True
            seen[ends[0], columns] = True
        seen[np.ix_(*ends)] = True
    return seen
