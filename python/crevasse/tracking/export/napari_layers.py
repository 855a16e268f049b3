"""A history as layers of napari."""

from __future__ import annotations

from typing import Any

import numpy as np

from crevasse.tracking.export.graphs import napari_tracks
from crevasse.tracking.export.properties import axes_of
from crevasse.tracking.history import History
from crevasse.tracking.result import FrameResult

Layer = tuple[Any, dict[str, Any], str]

_UNITS = {"voxel": "pixel"}  # others are called the same there


def napari_layers(
    history: History, *, image: Any = None, result: FrameResult | None = None
) -> list[Layer]:
    """A series as layers for napari, which is not needed to make them.

    Each is napari's ``LayerDataTuple``: data, keyword arguments, kind of layer. They lie on each
    other, in the history's unit. Layers of one frame show at every place of the time slider; along
    it a step is a frame, whatever times are between them.

    Parameters
    ----------
    history
        Of the series.
    image
        Grey values of a frame, (z, y, x) or (y, x), or of the whole series, with t before that; an
        array of NumPy, Dask or Zarr.
    result
        Frame whose cracks are shown, as `Tracker.update` gave it. None: the latest.

    Returns
    -------
    list of (data, kwargs, kind)
        ``"grey values"``, an image, if it is given;
        ``"first open"``, an image of float32: when each voxel was first open, in
        `History.time_unit`; NaN, which napari leaves clear, where it never was;
        ``"cracks"``, labels of uint32: the crack id of each voxel of the frame, so that a crack has
        the same colour in every frame; 0 is background;
        ``"tracks"``: `napari_tracks`, coloured by crack; left out where nothing has been open.

    Raises
    ------
    ValueError
        If the image or the result are not of the series' shape.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse import track
    >>> from crevasse.tracking import napari_layers
    >>> masks = np.array([[[1, 0, 1]], [[1, 1, 1]]], dtype=bool)
    >>> history = track(masks, times=[0, 0.5], spacing=1.8)
    >>> for data, options, kind in napari_layers(history, image=np.zeros((2, 1, 3))):
    ...     print(kind, options["name"], data.shape, options["scale"], options["units"])
    image grey values (2, 1, 3) (1.0, 1.8, 1.8) ('pixel', 'um', 'um')
    image first open (1, 3) (1.8, 1.8) ('um', 'um')
    labels cracks (1, 3) (1.8, 1.8) ('um', 'um')
    tracks tracks (3, 4) (1.0, 1.8, 1.8) ('pixel', 'um', 'um')

    In napari (the extra `napari`)::

        viewer = napari.Viewer()
        for layer in napari_layers(history, image=image):
            viewer.add_layer(napari.layers.Layer.create(*layer))
    """
    layers = [] if image is None else [_grey_values(history, image)]
    layers += [_first_open(history), _cracks(history, result or history._latest)]
    if len(history.nodes):  # napari refuses tracks without any
        layers.append(_tracks(history))
    return layers


def _grey_values(history: History, image: Any) -> Layer:
    shape = tuple(np.shape(image))
    if shape not in (history.shape, (len(history.frames), *history.shape)):
        raise ValueError(
            f"image must be a frame of {history.shape} or {len(history.frames)} of them, "
            f"got {shape}; give what was tracked"
        )
    in_time = len(shape) > len(history.shape)
    return image, _options(history, "grey values", in_time=in_time), "image"


def _first_open(history: History) -> Layer:
    times = history.frames["time"]
    options = _options(history, "first open") | {"colormap": "turbo", "blending": "translucent"}
    if len(times) > 1:
        options["contrast_limits"] = (float(times[0]), float(times[-1]))
    of_frame = np.append(times, np.nan)  # its last entry is that of -1, never
    if np.array_equal(of_frame.astype(np.float32), of_frame, equal_nan=True):
        of_frame = of_frame.astype(np.float32)  # half the memory; seconds of a clock need more
    return of_frame[history.first_open()], options, "image"


def _cracks(history: History, result: FrameResult) -> Layer:
    if not isinstance(result, FrameResult):
        raise TypeError(f"result must be what Tracker.update returned, got {result!r}")
    labels = result.labeling.to_labels()
    if labels.shape != history.shape:
        raise ValueError(
            f"result must be of a frame of {history.shape}, got {labels.shape}; give one of the "
            "same series"
        )
    ids = np.append(0, result.crack_ids).astype(np.uint32)
    options = _options(history, "cracks") | {"metadata": {"frame": result.frame}}
    return ids[labels], options, "labels"


def _tracks(history: History) -> Layer:
    data, graph, properties = napari_tracks(history)
    options = _options(history, "tracks", in_time=True)
    options |= {"graph": graph, "properties": properties, "color_by": "crack"}
    return data, options, "tracks"


def _options(history: History, name: str, *, in_time: bool = False) -> dict[str, Any]:
    """What every layer has: its name, and how large a voxel is along each axis."""
    unit = _UNITS.get(history.unit, history.unit)
    return {
        "name": name,
        "scale": (1.0,) * in_time + tuple(history.spacing),
        "units": ("pixel",) * in_time + (unit,) * len(history.spacing),
        "axis_labels": ("t",) * in_time + axes_of(history),
    }
