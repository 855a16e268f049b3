"""Series of scans from files. Needs the extra `operando`: pip install 'crevasse[operando]'."""

from crevasse.io.frame import Frame
from crevasse.io.scan import Scan, list_scans, open_scan
from crevasse.io.series import Series, open_series
from crevasse.io.tiff import read_tiff, tiff_header, write_tiff

__all__ = [
    "Frame",
    "Scan",
    "Series",
    "list_scans",
    "open_scan",
    "open_series",
    "read_tiff",
    "tiff_header",
    "write_tiff",
]
