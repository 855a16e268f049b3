"""Series of scans from files. Needs the extra `operando`: pip install 'crevasse[operando]'."""

from crevasse.io.frame import Frame
from crevasse.io.series import Series, open_series
from crevasse.io.tiff import read_tiff, tiff_header, write_tiff

__all__ = ["Frame", "Series", "open_series", "read_tiff", "tiff_header", "write_tiff"]
