"""The kernels on volumes that do not fit into memory: dask arrays, brick by brick.

Needs the extra `dask`: pip install 'crevasse[dask]'.
"""

from crevasse.dask._distance import distance
from crevasse.dask._label import BrickLabeling, label
from crevasse.dask._local_thickness import local_thickness
from crevasse.dask._region_table import region_table

__all__ = ["BrickLabeling", "distance", "label", "local_thickness", "region_table"]
