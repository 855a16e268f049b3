"""What a scanner makes of a sample: partial volume, blur, fringes, noise, rings, streaks, drift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[Any]
Greys = NDArray[np.float32]
_SLICES_AT_ONCE = 16


class Phase(IntEnum):
    """What a voxel of a cell is made of."""

    SOLID = 0
    LITHIUM = 1
    VOID = 2
    METAL = 3
    CASING = 4


GREY: Mapping[Phase, float] = {
    Phase.SOLID: 20000.0,
    Phase.LITHIUM: 8500.0,
    Phase.VOID: 5500.0,
    Phase.METAL: 48000.0,
    Phase.CASING: 12000.0,
}


@dataclass(frozen=True)
class Imaging:
    """How a sample is imaged; lengths are in voxels, strengths in grey values.

    Attributes
    ----------
    grey
        Grey value of each phase.
    blur
        Standard deviation of the Gaussian point spread.
    fringe
        Strength of the edge enhancement that propagation-based phase contrast leaves: the share of
        a difference of Gaussians, `blur` and 2.5 times as wide, that is added.
    noise
        Standard deviation of white noise in a material of the solid's grey value.
    rings
        Standard deviation of the rings about the z axis that uneven detector pixels leave.
    streaks
        Strength of the streaks along y that start from metal edges within a slice: the share of
        the metal's contrast.
    motion
        How far the sample moves during the scan, along each axis: it is smeared over that length.
    seed
        Of noise and rings.
    dtype
        uint16 (rounded, clipped) or float32.

    Examples
    --------
    >>> import numpy as np
    >>> phases = np.zeros((4, 8, 8), np.uint8)
    >>> sharp = Imaging(blur=0, fringe=0, noise=0, rings=0, streaks=0)
    >>> int(sharp.image(phases)[0, 0, 0])
    20000
    """

    grey: Mapping[Phase, float] = field(default_factory=lambda: dict(GREY))
    blur: float = 0.7
    fringe: float = 0.5
    noise: float = 900.0
    rings: float = 150.0
    streaks: float = 0.02
    motion: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seed: int = 0
    dtype: str = "uint16"

    def __post_init__(self) -> None:
        for name in ("blur", "fringe", "noise", "rings", "streaks"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if self.dtype not in ("uint16", "float32"):
            raise ValueError(f"dtype must be 'uint16' or 'float32', got {self.dtype!r}")

    def image(
        self,
        phases: ArrayLike,
        *,
        supersampling: int = 1,
        drift: Sequence[float] = (0.0, 0.0, 0.0),
        frame: int = 0,
    ) -> Image:
        """Image a volume of phases; see `image`."""
        ideal = block_mean(self.lookup()[np.asarray(phases)], supersampling)
        return self.expose(ideal, drift=drift, frame=frame)

    def expose(
        self,
        ideal: Greys,
        *,
        drift: Sequence[float] = (0.0, 0.0, 0.0),
        frame: int = 0,
    ) -> Image:
        """Image a volume of ideal grey values, partial volume included.

        Parameters
        ----------
        ideal
            float32, (z, y, x).
        drift
            How far the sample lies from its place, in voxels along each axis; what comes in from
            outside repeats the border.
        frame
            Noise and rings differ from frame to frame, and are the same each time.

        Returns
        -------
        uint16 or float32 array
        """
        seen = self._blurred(ideal, drift)
        if self.streaks:
            self._add_streaks(seen)
        rng = np.random.default_rng([self.seed, frame])
        if self.rings:
            _add_rings(seen, self.rings, rng)
        out = np.empty(seen.shape, dtype=self.dtype)
        solid = math.sqrt(self.grey[Phase.SOLID])
        for z in range(0, len(seen), _SLICES_AT_ONCE):
            part = seen[z : z + _SLICES_AT_ONCE]
            if self.noise:
                # Counting noise grows as the root of the signal.
                sigma = np.sqrt(np.maximum(part, 0.0)) * np.float32(self.noise / solid)
                part = part + sigma * rng.standard_normal(part.shape, dtype=np.float32)
            if self.dtype == "uint16":
                part = np.clip(np.rint(part), 0, 65535)
            out[z : z + _SLICES_AT_ONCE] = part
        return out

    def lookup(self) -> Greys:
        """Grey value by phase number."""
        return np.array([self.grey[phase] for phase in Phase], dtype=np.float32)

    def _blurred(self, ideal: Greys, drift: Sequence[float]) -> Greys:
        """Blur, fringe, drift and motion are all convolutions, so each axis is filtered once."""
        seen = _separable(ideal, [self._kernel(self.blur, *m) for m in self._moves(drift)])
        if self.fringe:
            wide = max(2.5 * self.blur, 1.0)
            halo = _separable(ideal, [self._kernel(wide, *m) for m in self._moves(drift)])
            seen = seen + np.float32(self.fringe) * (seen - halo)
        return seen

    def _moves(self, drift: Sequence[float]) -> list[tuple[float, float]]:
        return list(zip(map(float, drift), self.motion, strict=True))

    @staticmethod
    def _kernel(sigma: float, drift: float, motion: float) -> NDArray[np.float64]:
        """Weights of a Gaussian, moved by `drift` and smeared over `motion`; their sum is 1."""
        reach = math.ceil(4.0 * sigma + abs(drift) + 0.5 * motion + 1.0)
        at = np.arange(-reach, reach + 1, dtype=np.float64)
        if sigma == 0.0 and motion == 0.0:
            weights = np.maximum(0.0, 1.0 - np.abs(at - drift))  # linear interpolation
        else:
            steps = np.linspace(-0.5, 0.5, 9 if motion else 1) * motion if motion else np.zeros(1)
            width = max(sigma, 0.25)
            weights = sum(np.exp(-0.5 * ((at - drift - step) / width) ** 2) for step in steps)
        kernel: NDArray[np.float64] = weights / weights.sum()
        return kernel

    def _add_streaks(self, seen: Greys) -> None:
        """Metal edges within a slice smear along y, where rays graze them."""
        from scipy import ndimage

        metal, solid = self.grey[Phase.METAL], self.grey[Phase.SOLID]
        threshold = 0.5 * (metal + solid)
        length = max(9, seen.shape[1] // 2) | 1
        for part in seen:
            edges = part > threshold
            if edges.any() and not edges.all():
                step = np.zeros_like(part)
                step[:, 1:-1] = edges[:, 2:].astype(np.float32) - edges[:, :-2]
                smeared = ndimage.uniform_filter1d(step, length, axis=0, mode="constant")
                part += np.float32(self.streaks * (metal - solid)) * smeared


def image(
    phases: ArrayLike,
    *,
    grey: Mapping[Phase, float] | None = None,
    blur: float = 0.7,
    fringe: float = 0.5,
    noise: float = 900.0,
    rings: float = 150.0,
    streaks: float = 0.02,
    drift: Sequence[float] = (0.0, 0.0, 0.0),
    motion: tuple[float, float, float] = (0.0, 0.0, 0.0),
    supersampling: int = 1,
    seed: int = 0,
    dtype: str = "uint16",
) -> Image:
    """Image a volume of phases.

    Parameters
    ----------
    phases
        `Phase` numbers, (z, y, x).
    supersampling
        The phases are on a grid that many times finer along each axis; means of its blocks are the
        partial volumes.
    grey, blur, fringe, noise, rings, streaks, motion, seed, dtype
        As of `Imaging`.
    drift
        How far the sample lies from its place, in voxels along each axis.

    Returns
    -------
    array of `dtype`, (z, y, x)

    Raises
    ------
    ValueError
        If a strength is negative, or the shape is no multiple of `supersampling`.

    Examples
    --------
    >>> import numpy as np
    >>> phases = np.zeros((8, 8, 8), np.uint8)
    >>> phases[3:5] = Phase.VOID
    >>> image(phases, noise=0, rings=0, seed=1).shape
    (8, 8, 8)
    """
    how = Imaging(
        blur=blur,
        fringe=fringe,
        noise=noise,
        rings=rings,
        streaks=streaks,
        motion=motion,
        seed=seed,
        dtype=dtype,
    )
    how = how if grey is None else replace(how, grey=grey)
    return how.image(phases, supersampling=supersampling, drift=drift)


def block_mean(image: Greys, size: int) -> Greys:
    """Mean of every block of `size` voxels an axis."""
    if size == 1:
        return image
    if any(n % size for n in image.shape):
        raise ValueError(f"shape must be a multiple of supersampling {size}, got {image.shape}")
    split = [n for length in image.shape for n in (length // size, size)]
    mean: Greys = image.reshape(split).mean(axis=(1, 3, 5), dtype=np.float32)
    return mean


def _separable(image: Greys, kernels: Sequence[NDArray[np.float64]]) -> Greys:
    from scipy import ndimage

    for axis, kernel in enumerate(kernels):
        if np.count_nonzero(kernel) > 1 or not kernel[len(kernel) // 2]:
            image = ndimage.convolve1d(image, kernel, axis=axis, mode="nearest")
    return image


def _add_rings(seen: Greys, strength: float, rng: np.random.Generator) -> None:
    """One detector row and column give one ring of one slice; their errors go over few rows."""
    from scipy import ndimage

    nz, ny, nx = seen.shape
    y, x = np.ogrid[:ny, :nx]
    radius = np.hypot(y - 0.5 * (ny - 1), x - 0.5 * (nx - 1)).astype(np.intp)
    columns = rng.standard_normal((nz, int(radius.max()) + 1), dtype=np.float32)
    columns = ndimage.gaussian_filter1d(columns, 2.0, axis=0, mode="nearest")
    columns *= np.float32(strength / max(float(columns.std()), 1e-9))
    for z in range(nz):
        seen[z] += columns[z][radius]
