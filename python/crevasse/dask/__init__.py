"""The kernels on volumes that do not fit into memory: dask arrays, brick by brick.

Needs the extra `dask`: pip install 'crevasse[dask]'.
"""

from crevasse.dask._label import BrickLabeling, label
from crevasse.dask._region_table import region_table

__all__ = ["BrickLabeling", "label", "region_table"]
