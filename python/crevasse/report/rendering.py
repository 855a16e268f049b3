"""A picture in three dimensions of pores and cracks by provenance."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from numpy.typing import NDArray

from crevasse import _validate
from crevasse.operando import Analysis
from crevasse.report.ledger_voxels import voxels
from crevasse.report.palette import NEW, PREEXISTING, SHORT
from crevasse.report.projection import projection

Bodies = NDArray[np.uint8]
COLORS = (PREEXISTING, NEW, SHORT)
_LONGEST = 256  # cubes along the longest side that is shown
_PIXELS = 1100  # of a picture's longer side
_MARGIN = 1.03
_INSTALLED = "pyvista"


def rendering(analysis: Analysis) -> NDArray[np.uint8] | None:
    """Pores and cracks of the last frame from the side and above; None where there are none.

    By PyVista, off-screen, where it is installed and can draw; else as `projection` does.

    Returns
    -------
    numpy.ndarray or None
        uint8 RGB image (y, x, 3), the side of the working electrode up: pre-existing voxels, new
        ones and the crack that bridges the electrodes in `COLORS`.
    """
    if len(analysis.history.shape) != 3:
        return None
    found = bodies(analysis)
    if not found.any():
        return None
    if importlib.util.find_spec(_INSTALLED) is not None:
        try:
            return _by_pyvista(found)
        except RuntimeError:  # there is no OpenGL
            pass
    return projection(found, COLORS)


def bodies(analysis: Analysis) -> Bodies:
    """The voxels of the last frame in cubes, the first axis downwards from the working electrode.

    1 where any is open that was open at first, 2 where any is newly open, 3 where any belongs to a
    crack that bridges the electrodes; the greatest of these. At most 256 cubes a side.
    """
    history = analysis.history
    ledger = history.ledger()
    last = len(history.frames) - 1
    ledger = ledger.where(ledger["last_open"] == last)
    code = np.where(ledger["first_open"] < analysis.settings.baseline_frames, 1, 2)
    nodes = history.nodes.where(history.nodes["frame"] == last)
    bridging = nodes["crack"][nodes["at_working"] & nodes["at_counter"]]
    code[np.isin(ledger["last_crack"], bridging)] = 3
    spacing = np.array(history.spacing)
    side = max(spacing.max(), (spacing * history.shape).max() / _LONGEST)
    shape = np.ceil(np.round(spacing * history.shape / side, 9)).astype(int)
    found: Bodies = np.zeros(shape, dtype=np.uint8)
    for row, places in voxels(ledger):
        cube = tuple(
            np.floor((place + 0.5) * length / side).astype(np.intp)
            for place, length in zip(places, spacing, strict=True)
        )
        np.maximum.at(found, cube, code[row].astype(np.uint8))
    return _downwards(found, analysis.sections.top)


def _downwards(found: Bodies, top: str) -> Bodies:
    turned = np.moveaxis(found, _validate.AXES.index(top[0]), 0)
    return turned[::-1] if top.endswith("max") else turned


def _by_pyvista(found: Bodies) -> NDArray[np.uint8]:
    pyvista: Any = importlib.import_module(_INSTALLED)
    with _quiet():
        plotter = pyvista.Plotter(off_screen=True, lighting="three lights")
        plotter.set_background("white")
        # What is down in the picture is up in PyVista's scenes.
        grid = pyvista.ImageData(dimensions=found.shape[::-1])
        grid.point_data["body"] = np.ascontiguousarray(found[::-1]).reshape(-1)
        surface = grid.contour_labels(scalars="body", output_mesh_type="triangles")
        plotter.add_mesh(
            surface,
            scalars="boundary_labels",
            cmap=ListedColormap(COLORS),
            clim=(0.5, len(COLORS) + 0.5),
            show_scalar_bar=False,
            specular=0.15,
        )
        plotter.add_mesh(grid.outline(), color="#8a939e", line_width=2)
        _frame(plotter, np.array(found.shape[::-1]))
        picture = np.asarray(plotter.screenshot(None, return_img=True), dtype=np.uint8)
        plotter.close()
    return picture


def _frame(plotter: Any, extent: NDArray[np.int64]) -> None:
    """Look from the side and above, so that the whole volume just fits in."""
    plotter.camera_position = "xz"
    plotter.camera.azimuth = 25
    plotter.camera.elevation = 18
    plotter.enable_parallel_projection()
    plotter.reset_camera()
    ahead, up = np.array(plotter.camera.direction), np.array(plotter.camera.up)
    right = np.cross(ahead, up) / np.linalg.norm(np.cross(ahead, up))
    height, width = (float(np.abs(a) @ extent) for a in (np.cross(right, ahead), right))
    per_length = _PIXELS / max(height, width)
    plotter.window_size = [max(_PIXELS // 4, round(n * per_length)) for n in (width, height)]
    window = plotter.window_size
    plotter.camera.parallel_scale = _MARGIN / 2 * max(height, width * window[1] / window[0])


@contextmanager
def _quiet() -> Iterator[None]:
    """VTK tells of every display that it looks for and does without."""
    logger: Any = importlib.import_module("vtkmodules.vtkCommonCore").vtkLogger
    before = logger.GetCurrentVerbosityCutoff()
    logger.SetStderrVerbosity(logger.VERBOSITY_OFF)
    try:
        yield
    finally:
        logger.SetStderrVerbosity(before)
