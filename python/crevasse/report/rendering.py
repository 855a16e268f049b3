"""A picture in three dimensions of pores and cracks by provenance."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from scipy import ndimage

from crevasse.operando import Analysis
from crevasse.report.palette import NEW, PREEXISTING

Mask = NDArray[np.bool_]
_LONGEST = 256  # voxels of the volume's longest side that are shown; larger ones are binned
_PIXELS = (1100, 900)
_SHORT = "#000000"
_DEPTH = 0.45  # how much darker the farthest voxels are


def rendering(analysis: Analysis) -> NDArray[np.uint8] | None:
    """Pores and cracks of the last frame, seen from the side and above; None where there are none.

    By PyVista, off-screen, where it is installed; else a plain oblique view of the nearest voxels.

    Returns
    -------
    numpy.ndarray or None
        uint8 RGB image (y, x, 3). The working electrode's side is up.
    """
    history = analysis.history
    if len(history.shape) != 3:
        return None
    bodies = _bodies(analysis)
    if not any(mask.any() for _, mask in bodies):
        return None
    if _has_pyvista():
        return _by_pyvista(bodies)
    return projection(bodies)


def projection(bodies: list[tuple[str, Mask]]) -> NDArray[np.uint8]:
    """An oblique view of the voxels that are nearest, darker with their depth.

    Parameters
    ----------
    bodies
        Colour and voxels (z, y, x), z downwards; later ones win where they overlap.
    """
    shape = bodies[0][1].shape
    color = np.zeros(shape, dtype=np.uint8)
    for number, (_, mask) in enumerate(bodies, start=1):
        color[mask] = number
    nz, ny, nx = shape
    # Seen along y, each slice behind shifted up and to the right by 0.4 and 0.3 voxel.
    up, right = int(np.ceil(0.4 * ny)), int(np.ceil(0.3 * ny))
    out = np.full((nz + up, nx + right, 3), 1.0, dtype=np.float32)
    palette = np.array([to_rgb(c) for c, _ in bodies], dtype=np.float32)
    for y in range(ny - 1, -1, -1):  # from the back to the front
        layer = color[:, y]
        dy, dx = up - int(0.4 * y), int(0.3 * y)
        hit = layer > 0
        shade = 1 - _DEPTH * y / max(1, ny - 1)
        out[dy : dy + nz, dx : dx + nx][hit] = palette[layer[hit] - 1] * shade + (1 - shade) * 0.85
    enlarged = max(1, 700 // max(out.shape[:2]))
    levels: NDArray[np.uint8] = np.rint(255 * out).astype(np.uint8)
    return levels.repeat(enlarged, axis=0).repeat(enlarged, axis=1)


def _bodies(analysis: Analysis) -> list[tuple[str, Mask]]:
    """Pre-existing, new, and the crack that shorted: what is open in the last frame."""
    history = analysis.history
    last = len(history.frames) - 1
    first_open, last_open = history.first_open(), history.last_open()
    open_ = last_open == last
    old = open_ & (first_open < analysis.settings.baseline_frames)
    bodies = [(PREEXISTING, old), (NEW, open_ & ~old)]
    short = history.short() if analysis.settings.counter is not None else None
    if short is not None:
        bodies.append((_SHORT, open_ & (history.first_crack() == short.crack)))
    step = -(-max(history.shape) // _LONGEST)
    return [(color, _binned(mask, step)) for color, mask in bodies]


def _binned(mask: Mask, step: int) -> Mask:
    """Cubes of `step` voxels in which any is open."""
    if step == 1:
        return mask
    pad = [(0, -n % step) for n in mask.shape]
    wide = np.pad(mask, pad)
    cubes = wide.reshape([k for n in wide.shape for k in (n // step, step)])
    return np.asarray(cubes.any(axis=(1, 3, 5)))


def _has_pyvista() -> bool:
    return importlib.util.find_spec("pyvista") is not None


def _by_pyvista(bodies: list[tuple[str, Mask]]) -> NDArray[np.uint8]:
    pyvista: Any = importlib.import_module("pyvista")
    os.environ.setdefault("PYVISTA_OFF_SCREEN", "true")
    plotter = pyvista.Plotter(off_screen=True, window_size=list(_PIXELS))
    plotter.set_background("white")
    shape = bodies[0][1].shape
    grid = pyvista.ImageData(dimensions=[n + 2 for n in shape[::-1]])
    for color, mask in bodies:
        if not mask.any():
            continue
        soft = ndimage.gaussian_filter(np.pad(mask, 1).astype(np.float32), 0.6)
        # z downwards in the volume is down in the picture.
        grid.point_data["open"] = soft[::-1].reshape(-1)
        surface = grid.contour([0.3], scalars="open")
        if surface.n_points:
            plotter.add_mesh(surface, color=color, smooth_shading=True, specular=0.2)
    plotter.add_mesh(grid.outline(), color="gray", line_width=1)
    plotter.camera_position = "xz"
    plotter.camera.azimuth = 30
    plotter.camera.elevation = 20
    plotter.reset_camera()
    plotter.camera.zoom(1.15)
    picture = np.asarray(plotter.screenshot(None, return_img=True), dtype=np.uint8)
    plotter.close()
    return picture
