"""Scans of a crack that grows while the cell moves."""

import numpy as np


def moving_scans(rng, n):
    """A crack that grows in grainy material, which moves by a voxel and a half a scan."""
    grain = rng.normal(180, 8, (12, 60, 64))
    scans = []
    for t in range(n):
        image = grain + rng.normal(0, 1, grain.shape)
        image[5:7, 20:40, 20 : 30 + 2 * t] = 60
        scans.append(np.roll(image, (t + t // 2, -t), (1, 2)))
    return np.array(scans, np.float32)
