"""Series of scans from files. Needs the extra `operando`: pip install 'crevasse[operando]'."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crevasse.io.ahead import ReadAhead
from crevasse.io.fact import Fact, Provenance
from crevasse.io.formats import list_scans, open_scan
from crevasse.io.frame import Frame
from crevasse.io.npy import write_npy
from crevasse.io.scan import Scan
from crevasse.io.series import DoubtfulVoxelSizeWarning, Series, open_series
from crevasse.io.tiff import read_tiff, tiff_header
from crevasse.io.tiff_writer import write_tiff
from crevasse.io.writers import write_volume

if TYPE_CHECKING:
    from crevasse.io.hdf5_writer import write_hdf5
    from crevasse.io.vtk_writer import write_mesh, write_vti
    from crevasse.io.zarr_writer import write_zarr

__all__ = [
    "DoubtfulVoxelSizeWarning",
    "Fact",
    "Frame",
    "Provenance",
    "ReadAhead",
    "Scan",
    "Series",
    "list_scans",
    "open_scan",
    "open_series",
    "read_tiff",
    "tiff_header",
    "write_hdf5",
    "write_mesh",
    "write_npy",
    "write_tiff",
    "write_volume",
    "write_vti",
    "write_zarr",
]

# What they need takes long to import, and most series do not need it.
_LATER = {
    "write_hdf5": "hdf5_writer",
    "write_mesh": "vtk_writer",
    "write_vti": "vtk_writer",
    "write_zarr": "zarr_writer",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
