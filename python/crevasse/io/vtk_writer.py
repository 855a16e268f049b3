"""Images and surfaces for ParaView and other programs for meshes. Needs vtk (extra `export`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._files import replace_when_written
from crevasse.io.fact import in_micrometres


def write_vti(
    path: str | os.PathLike[str],
    image: NDArray[Any],
    *,
    spacing: _validate.Spacing | None = None,
    unit: str = "um",
    name: str = "voxels",
) -> None:
    """Write a (z, y, x) or (y, x) image as VTK image data, whole or not at all.

    A cell is a voxel; the centre of the first voxel is the origin, and (x, y, z) the order of axes.

    Parameters
    ----------
    path
        File to write.
    image
        Of any numbers; bool becomes uint8.
    spacing, unit
        Voxel size, a number or one per axis in axis order, stored in µm. None: 1.
    name
        Of the cells' array.

    Raises
    ------
    ValueError
        If `spacing` does not fit the image or `unit` is no length.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter

    array = _validate.image(image, "image")
    lengths = in_micrometres(1.0 if spacing is None else spacing, unit, array.ndim)[::-1]
    flat = (1,) * (3 - array.ndim)  # an image has one layer of points: its cells are pixels
    data = vtkImageData()
    data.SetSpacing(*lengths, *flat)
    data.SetOrigin(*(-length / 2 for length in lengths), *(0.0 for _ in flat))
    data.SetDimensions(*(n + 1 for n in array.shape[::-1]), *flat)
    values = array.view(np.uint8) if array.dtype == bool else array
    cells = numpy_to_vtk(values.ravel())
    cells.SetName(name)
    data.GetCellData().SetScalars(cells)
    writer = vtkXMLImageDataWriter()
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    writer.SetHeaderTypeToUInt64()
    _write(writer, data, Path(path))


def write_mesh(
    path: str | os.PathLike[str],
    mask: NDArray[np.bool_],
    *,
    spacing: _validate.Spacing | None = None,
    unit: str = "um",
) -> None:
    """Write the surface of a (z, y, x) mask as PLY or STL, whole or not at all.

    Triangles half way between the centres of voxels (marching cubes of Lewiner), which point out of
    the mask and close it where it meets the volume's faces. Points are (x, y, z); the centre of the
    first voxel is the origin.

    Parameters
    ----------
    path
        Ends in .ply or .stl; both are binary.
    mask
        Bool; of labels, ``labels == label``.
    spacing, unit
        Voxel size, a number or one per axis in axis order, stored in µm. None: 1.

    Raises
    ------
    ValueError
        If the mask is empty or not 3-D, the ending is another one, `spacing` does not fit the mask
        or `unit` is no length.
    TypeError
        If the mask is not bool.

    References
    ----------
    Lewiner et al., J. Graphics Tools 8(2), 2003.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in (".ply", ".stl"):
        raise ValueError(f"path must end in .ply or .stl, got {path}")
    if mask.ndim != 3 or not mask.any():
        raise ValueError(f"mask must be (z, y, x) and hold a voxel, got shape {mask.shape}")
    if mask.dtype != bool:
        raise TypeError(f"mask must be bool, got {mask.dtype}; pass labels == label")
    lengths = in_micrometres(1.0 if spacing is None else spacing, unit, 3)
    points, triangles = _surface(mask, lengths)
    _write(_mesh_writer(ending), _poly_data(points, triangles), target)


def _surface(
    mask: NDArray[np.bool_], lengths: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points (x, y, z), and triangles whose normals point out of the mask."""
    from skimage.measure import marching_cubes

    padded = np.pad(mask, 1).astype(np.float32)
    # In (z, y, x) its triangles point inwards; in (x, y, z), a mirror image, outwards.
    points, triangles, _, _ = marching_cubes(padded, 0.5, gradient_direction="descent")
    inside = (points.astype(np.float64) - 1) * lengths
    return np.ascontiguousarray(inside[:, ::-1]), triangles.astype(np.int64)


def _poly_data(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    positions = vtkPoints()
    positions.SetData(numpy_to_vtk(points, deep=True))
    cells = vtkCellArray()
    cells.ImportLegacyFormat(
        numpy_to_vtkIdTypeArray(np.insert(triangles, 0, 3, axis=1).ravel(), deep=True)
    )
    data = vtkPolyData()
    data.SetPoints(positions)
    data.SetPolys(cells)
    return data


def _mesh_writer(ending: str) -> Any:
    if ending == ".ply":
        from vtkmodules.vtkIOPLY import vtkPLYWriter

        return vtkPLYWriter()
    from vtkmodules.vtkIOGeometry import vtkSTLWriter

    writer = vtkSTLWriter()
    writer.SetFileTypeToBinary()
    return writer


def _write(writer: Any, data: Any, path: Path) -> None:
    with replace_when_written(path) as unfinished:
        # The ending twice, for VTK adds that of PLY where a name has another one.
        named = unfinished.with_name(unfinished.name + path.suffix)
        writer.SetInputData(data)
        writer.SetFileName(str(named))
        try:
            if not writer.Write():
                raise OSError(f"{path} cannot be written; is there space on the disk?")
            os.replace(named, unfinished)
        finally:
            named.unlink(missing_ok=True)
