"""Series of scans from files. Needs the extra `operando`: pip install 'crevasse[operando]'."""

from crevasse.io.ahead import read_ahead
from crevasse.io.fact import Fact, Provenance
from crevasse.io.formats import list_scans, open_scan
from crevasse.io.frame import Frame
from crevasse.io.npy import write_npy
from crevasse.io.scan import Scan
from crevasse.io.series import DoubtfulVoxelSizeWarning, Series, open_series
from crevasse.io.tiff import read_tiff, tiff_header, write_tiff

__all__ = [
    "DoubtfulVoxelSizeWarning",
    "Fact",
    "Frame",
    "Provenance",
    "Scan",
    "Series",
    "list_scans",
    "open_scan",
    "open_series",
    "read_ahead",
    "read_tiff",
    "tiff_header",
    "write_npy",
    "write_tiff",
]
