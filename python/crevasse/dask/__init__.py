"""The kernels on volumes that do not fit into memory: dask arrays, brick by brick; and clusters.

Needs the extra `dask`: pip install 'crevasse[dask]'.
"""

from crevasse.dask._connect import connect
from crevasse.dask._distance import distance
from crevasse.dask._label import BrickLabeling, label
from crevasse.dask._layer_thickness import layer_thickness
from crevasse.dask._local_thickness import local_thickness
from crevasse.dask._region_table import region_table
from crevasse.dask._series import map_series

__all__ = [
    "BrickLabeling",
    "connect",
    "distance",
    "label",
    "layer_thickness",
    "local_thickness",
    "map_series",
    "region_table",
]
