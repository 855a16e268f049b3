"""One call of every kernel, for tests of threads and processes."""

import numpy as np

import crevasse
from crevasse import RunVolume


def _runs(mask, n):
    return RunVolume.from_mask(mask, n_threads=n)


def _labeling(mask, n):
    return _runs(mask, n).label(26, n_threads=n)


def _all_regions(mask, n):
    regions = _labeling(mask, n).regions(
        surface=True, intensity=mask, quantiles=(0.5,), n_threads=n
    )
    return regions.to_pandas().sum().tolist()


def _contacts(mask, n):
    phases = mask * np.uint8(1) + (mask & np.roll(mask, 1))
    return len(crevasse.contacts(phases, n_threads=n))


def _distance(mask, n, **options):
    return crevasse.distance(_runs(mask, n), n_threads=n, **options).sum()


def _labels_distance(mask, n):
    return crevasse.distance(mask + np.uint8(2) * mask[::-1], n_threads=n).sum()


def _geodesic(mask, n):
    reached = crevasse.geodesic_distance(_runs(mask, n), mask[::-1], limit=20, n_threads=n)
    return reached.tobytes()


def _overlap(mask, n):
    labeling = _labeling(mask, n)
    return crevasse.overlap(labeling, labeling, n_threads=n).n_voxels.sum()


def _set_operations(mask, n):
    runs = _runs(mask, n)
    return (runs & ~runs).n_voxels


def _track(mask, n):
    runs = _runs(mask, n)
    return crevasse.track([runs, runs]).first_open().sum()


# Each takes a mask and a number of threads, which makes no difference to what it gives.
KERNELS = {
    "labels": lambda mask, n: _labeling(mask, n).to_labels(n_threads=n).sum(),
    "regions": lambda mask, n: _labeling(mask, n).regions()["n_voxels"].tolist(),
    "all regions": _all_regions,
    "contacts": _contacts,
    "dilate": lambda mask, n: _runs(mask, n).dilate(18, n_threads=n).n_voxels,
    "distance": _distance,
    "anisotropic": lambda mask, n: _distance(mask, n, spacing=(1.7, 1.1, 1)),
    "labels' distance": _labels_distance,
    "nearest": lambda mask, n: crevasse.nearest_background(_runs(mask, n), n_threads=n).sum(),
    "geodesic": _geodesic,
    "thickness": lambda mask, n: crevasse.local_thickness(_runs(mask, n), n_threads=n).sum(),
    "aperture": lambda mask, n: (
        crevasse.aperture(mask, _runs(mask, n), solid=0, void=1, n_threads=n).area
    ),
    "open": lambda mask, n: crevasse.open(_runs(mask, n), 1.5, n_threads=n).n_voxels,
    "periodic": lambda mask, n: _runs(mask, n).label(6, periodic=True, n_threads=n).count,
    "set operations": _set_operations,
    "overlap": _overlap,
    "layers": lambda mask, n: crevasse.layer_thickness(_runs(mask, n), n_threads=n).mean,
    "track": _track,
}


def everything(mask, n_threads=2):
    """What every kernel gives."""
    return tuple(kernel(mask, n_threads) for kernel in KERNELS.values())
