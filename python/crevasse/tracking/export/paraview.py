"""A history as a ParaView time series."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_when_written
from crevasse._table import Table
from crevasse.tracking.history import History


def write_paraview(history: History, folder: str | os.PathLike[str]) -> Path:
    """Write a series that ParaView plays in true time, and the voxel ledger.

    Needs vtk (the extra `export`). Lengths are in `History.unit`; the centre of the first voxel is
    the origin, in both files. Each file appears whole or not at all, ``cracks.pvd`` as the last;
    then frames that an earlier, longer series has left in the folder are removed.

    - ``cracks.pvd``: the collection; its time steps are the frames' times, in `History.time_unit`.
    - ``frames/frame_0000.vtp``, …: the nodes of a frame as points at their centroids, with every
      column of `History.nodes` as point data (bool as 0 and 1). z is 0 in images.
    - ``voxels.vti``: a cell a voxel with ``first_open`` and ``last_open`` (frames, -1 never),
      ``first_crack`` and ``last_crack`` (0 never), ``n_toggles``, ``first_open_time`` (NaN never)
      and ``open_time`` (both in time units). The filter *Threshold* on
      ``first_open`` from 0 to a frame shows all that was open by then, so moving the upper bound
      shows the growth. Its arrays are dense: 36 bytes a voxel are in memory while it is written.

    Returns
    -------
    Path
        Of ``cracks.pvd``.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from crevasse import track
    >>> from crevasse.tracking import write_paraview
    >>> history = track(np.array([[[1, 0, 1]], [[1, 1, 1]]]), times=[0, 0.5])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_paraview(history, folder)
    ...     sorted(path.name for path in Path(folder).rglob("*.v*"))
    ['frame_0000.vtp', 'frame_0001.vtp', 'voxels.vti']
    """
    root = Path(folder)
    (root / "frames").mkdir(parents=True, exist_ok=True)
    digits = max(4, len(str(len(history.frames) - 1)))
    files = []
    for frame in history.frames["frame"].tolist():
        files.append(f"frames/frame_{frame:0{digits}d}.vtp")
        _write_points(root / files[-1], history.nodes_of(frame), len(history.shape))
    _write_voxels(root / "voxels.vti", history)
    _write_collection(root / "cracks.pvd", history.frames["time"].tolist(), files)
    for left in set((root / "frames").glob("frame_*.vtp")) - {root / file for file in files}:
        left.unlink()
    return root / "cracks.pvd"


def _write_points(path: Path, nodes: Table, ndim: int) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    position = np.zeros((len(nodes), 3))
    for column, axis in enumerate("xyz"[:ndim]):
        position[:, column] = nodes[f"centroid_{axis}"]
    points = vtkPoints()
    points.SetData(numpy_to_vtk(position, deep=True))
    vertices = vtkCellArray()
    for row in range(len(nodes)):
        vertices.InsertNextCell(1, (row,))
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetVerts(vertices)
    for name in nodes.columns:
        _add_array(data.GetPointData(), name, nodes[name], nodes.units.get(name))
    _write(vtkXMLPolyDataWriter(), data, path)


def _write_voxels(path: Path, history: History) -> None:
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter

    data = vtkImageData()
    lengths = history.spacing[::-1]
    flat = (1,) * (3 - len(lengths))  # an image has one layer of points: its cells are pixels
    data.SetSpacing(*lengths, *flat)
    data.SetOrigin(*(-length / 2 for length in lengths), *(0.0 for _ in flat))
    if 0 not in history.shape:
        data.SetDimensions(*(n + 1 for n in history.shape[::-1]), *flat)
        _add_maps(data.GetCellData(), history)
    _write(vtkXMLImageDataWriter(), data, path)


def _add_maps(cells: Any, history: History) -> None:
    first_open = history.first_open()
    time = np.append(history.frames["time"], np.nan)  # its last entry is that of -1, never
    _add_array(cells, "first_open", first_open, None)
    _add_array(cells, "first_open_time", time[first_open], history.time_unit)
    for name in ("last_open", "first_crack", "last_crack", "n_toggles"):
        _add_array(cells, name, getattr(history, name)(), None)
    _add_array(cells, "open_time", history.open_time(), history.time_unit)
    cells.SetActiveScalars("first_open")


def _write_collection(path: Path, times: list[float], files: list[str]) -> None:
    root = ElementTree.Element("VTKFile", type="Collection", version="0.1")
    collection = ElementTree.SubElement(root, "Collection")
    for time, file in zip(times, files, strict=True):
        ElementTree.SubElement(
            collection, "DataSet", timestep=repr(time), group="", part="0", file=file
        )
    ElementTree.indent(root)
    with replace_when_written(path) as unfinished:
        ElementTree.ElementTree(root).write(unfinished, encoding="utf-8", xml_declaration=True)


def _add_array(attributes: Any, name: str, values: NDArray[Any], unit: str | None) -> None:
    """Add numbers by name; text, which ParaView cannot colour by, is left out."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkDataArray

    if values.dtype.kind not in "biuf":
        return
    flat = np.ascontiguousarray(values).reshape(-1)
    array = numpy_to_vtk(flat.astype(np.uint8) if flat.dtype.kind == "b" else flat, deep=True)
    array.SetName(name)
    if unit is not None:
        array.GetInformation().Set(vtkDataArray.UNITS_LABEL(), unit)
    attributes.AddArray(array)


def _write(writer: Any, data: Any, path: Path) -> None:
    with replace_when_written(path) as unfinished:
        writer.SetFileName(str(unfinished))
        writer.SetInputData(data)
        writer.SetDataModeToAppended()
        writer.EncodeAppendedDataOff()
        writer.SetHeaderTypeToUInt64()
        if not writer.Write():
            raise OSError(f"{path} cannot be written; is there space on the disk?")
