"""Images and surfaces for ParaView and programs for meshes."""

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOGeometry import vtkSTLReader
from vtkmodules.vtkIOPLY import vtkPLYReader
from vtkmodules.vtkIOXML import vtkXMLImageDataReader

from crevasse.io import write_mesh, write_vti


def read(reader, path):
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def mesh(path):
    """Corners of every triangle, (triangle, corner, xyz)."""
    data = read(vtkPLYReader() if path.suffix == ".ply" else vtkSTLReader(), path)
    points = vtk_to_numpy(data.GetPoints().GetData()).astype(float)
    return points[vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3)]


def enclosed(triangles):
    """Volume, negative where normals point inwards."""
    a, b, c = triangles.transpose(1, 0, 2)
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


@pytest.mark.parametrize("dtype", ["?", "u1", "u4", "f4"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (4, 5)])
def test_image_data_has_a_cell_for_each_voxel(tmp_path, dtype, shape):
    image = (np.arange(np.prod(shape)).reshape(shape) % 7).astype(dtype)
    sizes = (3.0, 2.0, 1.0)[-len(shape) :]
    write_vti(tmp_path / "a.vti", image, spacing=sizes, name="labels")
    data = read(vtkXMLImageDataReader(), tmp_path / "a.vti")
    cells = vtk_to_numpy(data.GetCellData().GetArray("labels")).reshape(shape)
    np.testing.assert_array_equal(cells, image)
    assert data.GetSpacing()[: len(shape)] == sizes[::-1]
    assert data.GetOrigin()[:2] == (-0.5, -1.0)


@pytest.mark.parametrize("ending", [".ply", ".stl"])
def test_a_ball_has_its_volume_and_place(tmp_path, ending):
    z, y, x = np.indices((13, 25, 49))
    mask = (4 * (z - 6)) ** 2 + (2 * (y - 12)) ** 2 + (x - 24) ** 2 <= 20**2
    write_mesh(tmp_path / f"a{ending}", mask, spacing=(4, 2, 1))
    triangles = mesh(tmp_path / f"a{ending}")
    assert enclosed(triangles) == pytest.approx(mask.sum() * 8, rel=0.05)
    assert triangles.reshape(-1, 3).mean(axis=0) == pytest.approx([24, 24, 24], abs=0.1)


@pytest.mark.parametrize("ending", [".ply", ".stl"])
def test_one_voxel_is_an_octahedron_about_its_centre(tmp_path, ending):
    mask = np.zeros((3, 3, 3), bool)
    mask[0, 1, 2] = True  # at two faces of the volume, where the surface is closed all the same
    write_mesh(tmp_path / f"a{ending}", mask, spacing=2, unit="mm")
    triangles = mesh(tmp_path / f"a{ending}")
    assert len(triangles) == 8
    corners = np.unique(triangles.reshape(-1, 3), axis=0)
    assert corners.mean(axis=0) == pytest.approx([4000, 2000, 0])
    assert enclosed(triangles) == pytest.approx(2000**3 / 6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("a.obj", np.ones((2, 2, 2), bool)), ValueError, r"path must end in \.ply or \.stl, got"),
        (("a.ply", np.zeros((2, 2, 2), bool)), ValueError, "and hold a voxel, got shape"),
        (("a.ply", np.ones((2, 2), bool)), ValueError, r"mask must be \(z, y, x\)"),
        (
            ("a.ply", np.ones((2, 2, 2))),
            TypeError,
            "mask must be bool, got float64; pass",
        ),
    ],
)
def test_what_is_no_surface_is_refused(tmp_path, arguments, error, message):
    name, mask = arguments
    with pytest.raises(error, match=message):
        write_mesh(tmp_path / name, mask)
    assert list(tmp_path.iterdir()) == []
