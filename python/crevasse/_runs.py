"""Binary volumes as runs along x, and the components of one."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from crevasse import _core, _validate
from crevasse._disc import disc
from crevasse._encode import Window, encode_mask, encode_windows
from crevasse._regions import Regions, measure_regions
from crevasse._shape import Box, bounds, checked, origin3, shape3
from crevasse._slabs import WritableVolume, is_lazy, slabs, slices
from crevasse._storage import load_runs, save_runs


class RunVolume:
    """A set of voxels, held as half-open runs along x: the common form of every binary volume.

    Immutable and safe to use from many threads. 3 % of cracks in 512³ voxels are about
    0.7 million runs, 8 bytes each, where a mask takes 134 million. Make one with `from_mask`,
    `from_threshold` or `from_box`; combine them with ``&  |  -  ^  ~``.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.array([[0, 5, 7, 0, 9]], dtype=np.uint8)
    >>> open_ = RunVolume.from_threshold(grey, low=5)
    >>> open_.n_runs, open_.n_voxels
    (2, 3)
    >>> (~open_).to_mask()
    array([[ True, False, False,  True, False]])
    """

    __slots__ = ("_core", "_ndim")
    __array_ufunc__ = None  # so that numpy's operators leave masks and runs alone

    def __init__(self, core: _core.RunVolume, ndim: int) -> None:
        self._core = core
        self._ndim = ndim

    @classmethod
    def from_mask(cls, mask: ArrayLike, *, n_threads: int | None = None) -> RunVolume:
        """Encode the voxels of a mask that are not 0.

        Parameters
        ----------
        mask
            (z, y, x) or (y, x), bool or integer. Copied first if it is not C-contiguous. A volume
            on disk or still to be computed (h5py, zarr, dask) is read slab by slab, 256 MB at once
            or a chunk, if that is more.
        n_threads
            None: all usable cores.

        Raises
        ------
        TypeError
            If `mask` is not bool or integer.
        """
        return cls(*encode_mask(mask, _validate.n_threads(n_threads)))

    @classmethod
    def from_threshold(
        cls,
        image: ArrayLike,
        low: float | None = None,
        high: float | None = None,
        *,
        roi: RunVolume | Box | ArrayLike | None = None,
        n_threads: int | None = None,
    ) -> RunVolume:
        """Encode the voxels with ``low <= value <= high``, straight from grey values.

        Parameters
        ----------
        image
            (z, y, x) or (y, x) grey values: bool, uint8, uint16, uint32, int16, int32, float32 or
            float64. Read slab by slab where `from_mask` does so.
        low, high
            Bounds of the closed window, in grey values; None leaves that side open.
        roi
            Region of interest: a `RunVolume`, a mask, or a tuple of slices, one per axis. Voxels
            outside of it are not looked at.
        n_threads
            None: all usable cores.

        Raises
        ------
        ValueError
            If a value inside `roi` is NaN, if both bounds are None, or if ``low > high``.
        TypeError
            If the dtype is none of the above.
        """
        return cls.from_windows(image, [(low, high)], roi=roi, n_threads=n_threads)[0]

    @classmethod
    def from_windows(
        cls,
        image: ArrayLike,
        windows: Sequence[Window],
        *,
        roi: RunVolume | Box | ArrayLike | None = None,
        n_threads: int | None = None,
    ) -> list[RunVolume]:
        """`from_threshold` with each of several windows; the image is read once.

        Parameters
        ----------
        image, roi, n_threads
            As of `from_threshold`.
        windows
            Pairs of bounds, ``(low, high)``.

        Returns
        -------
        list of RunVolume
            One a window, in order.

        Raises
        ------
        ValueError, TypeError
            As of `from_threshold`.

        Examples
        --------
        How much a crack's size hangs on the threshold:

        >>> grey = np.array([[90, 40, 30, 20, 60, 90]], dtype=np.uint8)
        >>> windows = [(None, threshold) for threshold in (35, 45, 65)]
        >>> [runs.n_voxels for runs in RunVolume.from_windows(grey, windows)]
        [2, 3, 4]
        """
        pairs = [tuple(w) if isinstance(w, (Sequence, np.ndarray)) else (w,) for w in windows]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"windows must be pairs of bounds (low, high), got {list(windows)!r}")
        region = None if roi is None else as_region(roi, np.shape(image))._core
        threads = _validate.n_threads(n_threads)
        volumes, ndim = encode_windows(image, [(a, b) for a, b in pairs], region, threads)
        return [cls(volume, ndim) for volume in volumes]

    @classmethod
    def concatenate(cls, volumes: Iterable[RunVolume]) -> RunVolume:
        """Volumes of equal (y, x) stacked along z, in order.

        Raises
        ------
        ValueError
            If there is none, one is an image, or y and x differ.
        """
        if isinstance(volumes, RunVolume):
            raise TypeError("volumes must be a sequence of RunVolume, got one; write [volume]")
        parts = list(volumes)
        for part in parts:
            if not isinstance(part, RunVolume):
                raise TypeError(
                    f"volumes must hold RunVolume only, got {type(part).__name__}; "
                    "make one by RunVolume.from_mask"
                )
        if any(part._ndim != 3 for part in parts):
            raise ValueError("volumes must be (z, y, x), got an image among them")
        return cls(_core.concatenate([part._core for part in parts]), 3)

    @classmethod
    def from_box(cls, shape: tuple[int, ...], box: Box | None = None) -> RunVolume:
        """Every voxel of `shape` that lies in `box`, a slice per axis (None: all of them)."""
        shape = checked(shape)
        begin, end = bounds(shape, tuple(slice(None) for _ in shape) if box is None else box)
        return cls(_core.box(shape3(shape), origin3(begin), shape3(end)), len(shape))

    @classmethod
    def from_columns(
        cls,
        shape: tuple[int, ...],
        begin: ArrayLike,
        end: ArrayLike,
        *,
        axis: int = 0,
        n_threads: int | None = None,
    ) -> RunVolume:
        """Every voxel that lies in its column from `begin` up to below `end`.

        Parameters
        ----------
        shape
            (z, y, x) or (y, x).
        begin, end
            Integer maps over the remaining axes, of positions along `axis`. What reaches beyond the
            volume is cut; columns with ``end <= begin`` are empty.
        axis
            Along which columns run.
        n_threads
            None: all usable cores.

        Raises
        ------
        ValueError
            If a map does not have the shape of the remaining axes, or `axis` does not fit.

        Examples
        --------
        >>> RunVolume.from_columns((3, 4), [0, 1, 2, 3], [1, 3, 9, 0]).to_mask().astype(int)
        array([[1, 0, 0, 0],
               [0, 1, 0, 0],
               [0, 1, 1, 0]])
        """
        shape = checked(shape)
        ndim = len(shape)
        if not -ndim <= _validate.whole(axis, "axis") < ndim:
            raise ValueError(f"axis must lie in {-ndim}..{ndim - 1} of {shape}, got {axis}")
        axis %= ndim
        remaining = shape[:axis] + shape[axis + 1 :]
        first, last = (
            _positions(given, name, remaining, shape[axis])
            for name, given in (("begin", begin), ("end", end))
        )
        threads = _validate.n_threads(n_threads)
        return cls(_core.columns(shape3(shape), axis + 3 - ndim, first, last, threads), ndim)

    @classmethod
    def from_cylinder(
        cls,
        shape: tuple[int, ...],
        diameter: float,
        *,
        centre: tuple[float, float] | None = None,
        spacing: _validate.Spacing = 1.0,
    ) -> RunVolume:
        """Every voxel whose centre lies in an upright cylinder: a disc in every slice.

        Parameters
        ----------
        shape
            (z, y, x), or (y, x) for the disc alone.
        diameter
            In the unit of `spacing`.
        centre
            (y, x) in the unit of `spacing`; the first voxel's centre is 0. None: that of the slice.
        spacing
            Voxel size, a number or one per axis in axis order.

        Raises
        ------
        ValueError
            If the diameter or the spacing is not positive, or `centre` does not fit.

        Examples
        --------
        >>> RunVolume.from_cylinder((3, 5), 2.0).to_mask().astype(int)
        array([[0, 0, 1, 0, 0],
               [0, 1, 1, 1, 0],
               [0, 0, 1, 0, 0]])
        """
        extents = checked(shape)
        lengths = _validate.spacing(spacing, len(extents))[-2:]
        inside = disc(extents[-2:], diameter, spacing=lengths, centre=centre)
        if len(extents) == 2:
            return cls.from_mask(inside)
        if extents[0] == 0:
            return cls.from_mask(np.zeros(extents, dtype=np.bool_))
        return cls.concatenate([cls.from_mask(inside[None])] * extents[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent in voxels, (z, y, x) or (y, x)."""
        return self._core.shape[-self._ndim :]

    @property
    def n_runs(self) -> int:
        """Number of runs."""
        return self._core.n_runs

    @property
    def n_voxels(self) -> int:
        """Number of voxels in the set."""
        return self._core.n_voxels

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._core.nbytes

    def to_mask(self, *, n_threads: int | None = None) -> NDArray[np.bool_]:
        """The set as a dense bool array of `shape`."""
        out = np.empty(self.shape, dtype=np.bool_)
        self._core.write_mask(_validate.as_3d(out), _validate.n_threads(n_threads))
        return out

    def plane(self, z: int) -> RunVolume:
        """The slice z of a volume as a 2-D set; an image is its own and only plane 0."""
        depth, rows, columns = self._core.shape
        if not 0 <= _validate.whole(z, "z") < depth:
            raise ValueError(f"z must lie in 0..{depth - 1}, got {z}")
        row_begin = self._core.row_begin[z * rows : (z + 1) * rows + 1]
        runs = self._core.runs[row_begin[0] : row_begin[-1]]
        core = _core.from_runs((1, rows, columns), row_begin - row_begin[0], runs.reshape(-1))
        return RunVolume(core, 2)

    def crop(self, box: Box) -> RunVolume:
        """The part of the volume inside `box`, a slice without step for each axis."""
        begin, end = bounds(self.shape, box)
        return self._window(begin, tuple(b - a for a, b in zip(begin, end, strict=True)))

    def bounding_box(self, *, margin: int = 0) -> Box:
        """The smallest box that holds the volume's voxels, a slice for each axis.

        Parameters
        ----------
        margin
            Voxels that the box is wider to all sides, as far as the volume goes; at least 0.

        Returns
        -------
        tuple of slices
            Empty ones where there is no voxel.

        Examples
        --------
        >>> import numpy as np
        >>> RunVolume.from_mask(np.array([[0, 0, 0, 0], [0, 0, 1, 1]])).bounding_box()
        (slice(1, 2, None), slice(2, 4, None))
        """
        wider = _validate.whole(margin, "margin", least=0)
        if self.n_voxels == 0:
            return tuple(slice(0, 0) for _ in self.shape)
        rows = np.flatnonzero(np.diff(self._core.row_begin))
        at = np.unravel_index(rows, self.shape[:-1])
        runs = self._core.runs
        first = [*(a.min() for a in at), runs[:, 0].min()]
        last = [*(a.max() + 1 for a in at), runs[:, 1].max()]
        return tuple(
            slice(max(0, int(a) - wider), min(n, int(b) + wider))
            for a, b, n in zip(first, last, self.shape, strict=True)
        )

    def shift(self, offset: tuple[int, ...]) -> RunVolume:
        """The volume moved by whole voxels, (z, y, x) or (y, x).

        What leaves the volume is lost; what enters is empty.
        """
        if np.ndim(offset) != 1 or len(offset) != self._ndim:
            raise ValueError(f"offset must be one integer per axis of {self.shape}, got {offset!r}")
        return self._window(tuple(-_validate.whole(d, "offset") for d in offset), self.shape)

    def dilate(self, connectivity: int = 26, *, n_threads: int | None = None) -> RunVolume:
        """The volume and every voxel joined to it; outside of the volume is background.

        Examples
        --------
        >>> import numpy as np
        >>> RunVolume.from_mask(np.array([[0, 1, 0, 0]])).dilate().to_mask()
        array([[ True,  True,  True, False]])
        """
        joined = _validate.connectivity(connectivity, self._ndim)
        threads = _validate.n_threads(n_threads)
        return RunVolume(_core.dilate(self._core, joined, threads), self._ndim)

    def erode(self, connectivity: int = 26, *, n_threads: int | None = None) -> RunVolume:
        """The voxels that are joined to no background voxel.

        Outside of the volume is foreground, so nothing is worn away at its border: this is
        the complement of the complement's dilation.
        """
        joined = _validate.connectivity(connectivity, self._ndim)
        threads = _validate.n_threads(n_threads)
        return RunVolume(_core.erode(self._core, joined, threads), self._ndim)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a file that `load` reads; it appears whole or not at all.

        The file is an npz archive (zip, each member with its CRC-32): ``format`` the text
        "crevasse.RunVolume", ``version`` 1, ``shape``, ``runs_per_row`` (uint32, one a row in
        raster order) and ``runs`` (int32, one ``begin, end`` a run, half-open, along x).
        """
        save_runs(self._core, self.shape, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RunVolume:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            If the file is damaged, of another kind, or of a later version.
        """
        core, ndim = load_runs(path)
        return cls(core, ndim)

    def label(
        self,
        connectivity: int = 26,
        *,
        periodic: _validate.Periodic = False,
        n_threads: int | None = None,
    ) -> RunLabeling:
        """Connected components, without a dense volume; see `crevasse.label`."""
        joined = _validate.connectivity(connectivity, self._ndim)
        around = _validate.periodic(periodic, self._ndim)
        threads = _validate.n_threads(n_threads)
        return RunLabeling(_core.label_runs(self._core, joined, around, threads), self._ndim)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """What `to_mask` gives, for numpy."""
        if copy is False:
            raise ValueError("a RunVolume has no array to share; leave copy out")
        return self.to_mask().astype(np.bool_ if dtype is None else dtype, copy=False)

    def __and__(self, other: RunVolume) -> RunVolume:
        return self._combine(other, _core.SetOperation.INTERSECTION)

    def __or__(self, other: RunVolume) -> RunVolume:
        return self._combine(other, _core.SetOperation.UNION)

    def __sub__(self, other: RunVolume) -> RunVolume:
        return self._combine(other, _core.SetOperation.DIFFERENCE)

    def __xor__(self, other: RunVolume) -> RunVolume:
        return self._combine(other, _core.SetOperation.SYMMETRIC_DIFFERENCE)

    def __invert__(self) -> RunVolume:
        return RunVolume.from_box(self.shape) - self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunVolume):
            return NotImplemented
        return self.shape == other.shape and self._core.equals(other._core)

    def __hash__(self) -> int:
        return hash((self.shape, zlib.crc32(self._core.runs.data)))

    def __reduce__(self) -> tuple[Callable[..., RunVolume], tuple[Any, ...]]:
        core = self._core
        return _rebuild, (core.shape, core.row_begin.copy(), core.runs.copy(), self._ndim)

    def __repr__(self) -> str:
        return f"RunVolume(shape={self.shape}, n_voxels={self.n_voxels}, n_runs={self.n_runs})"

    def _window(self, begin: tuple[int, ...], shape: tuple[int, ...]) -> RunVolume:
        threads = _validate.n_threads(None)
        core = _core.window(self._core, origin3(begin), shape3(shape), threads)
        return RunVolume(core, self._ndim)

    def _combine(self, other: RunVolume, operation: _core.SetOperation) -> RunVolume:
        if not isinstance(other, RunVolume):
            return NotImplemented
        _validate.same_shape(self.shape, other.shape, "both volumes")
        threads = _validate.n_threads(None)
        return RunVolume(_core.combine(self._core, other._core, operation, threads), self._ndim)


class RunLabeling:
    """Connected components held as runs: what `RunVolume.label` returns.

    Labels are 1..count in raster order of each component's first voxel.

    Examples
    --------
    >>> import numpy as np
    >>> labeling = RunVolume.from_mask(np.array([[1, 0, 1, 1]])).label()
    >>> labeling.count
    2
    >>> labeling.to_labels()
    array([[1, 0, 2, 2]], dtype=uint32)
    """

    __slots__ = ("_core", "_ndim")

    def __init__(self, core: _core.RunLabeling, ndim: int) -> None:
        self._core = core
        self._ndim = ndim

    @property
    def count(self) -> int:
        """Number of components."""
        return self._core.count

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent in voxels, (z, y, x) or (y, x)."""
        return self._core.runs.shape[-self._ndim :]

    def to_labels(
        self,
        *,
        dtype: DTypeLike | None = None,
        out: NDArray[Any] | WritableVolume | None = None,
        n_threads: int | None = None,
    ) -> Any:
        """The components as a dense array of `shape`; `dtype` and `out` as in `crevasse.label`."""
        threads = _validate.n_threads(n_threads)
        if out is None:
            # Zeros fresh from the system cost nothing until they are touched.
            fresh = np.zeros(self.shape, dtype=_validate.label_dtype(dtype, self.count))
            self._core.write_labels(_validate.as_3d(fresh), 0, True, threads)
            return fresh
        _validate.out_array(out, self.shape)
        if dtype is not None and np.dtype(dtype) != np.dtype(out.dtype):
            raise ValueError(f"dtype must be that of out, got {np.dtype(dtype)} and {out.dtype}")
        _validate.label_dtype(out.dtype, self.count, "out")
        if is_lazy(out):
            self._write_slabs(out, threads)
        else:
            self._core.write_labels(_validate.as_3d(np.asarray(out)), 0, False, threads)
        return out

    def _write_slabs(self, out: Any, threads: int) -> None:
        if isinstance(out, np.memmap):  # its slabs are views, and let go of as they are done
            for part, slab in slabs(out):
                self._core.write_labels(slab, part.start, False, threads)
            return
        for part in slices(out):
            slab = np.zeros((part.stop - part.start, *self.shape[1:]), dtype=out.dtype)
            self._core.write_labels(slab, part.start, True, threads)
            out[part] = slab

    def regions(
        self,
        *,
        spacing: _validate.Spacing = 1.0,
        unit: str | None = None,
        surface: bool = False,
        intensity: ArrayLike | None = None,
        quantiles: Sequence[float] = (),
        n_threads: int | None = None,
    ) -> Regions:
        """Measures of every component; see `crevasse.region_table`."""
        return measure_regions(
            self._core,
            np.arange(1, self.count + 1),
            self._ndim,
            spacing=spacing,
            unit=unit,
            surface=surface,
            intensity=intensity,
            quantiles=quantiles,
            threads=_validate.n_threads(n_threads),
        )

    def overlapping(
        self, voxels: RunVolume | RunLabeling, *, n_threads: int | None = None
    ) -> NDArray[np.bool_]:
        """Whether each component, in label order, shares a voxel with a volume, as `select` takes.

        Parameters
        ----------
        voxels
            Of the same shape; of a `RunLabeling` all components, which saves time where several
            are compared with one volume.
        n_threads
            None: all usable cores.

        Raises
        ------
        ValueError
            If the shapes differ.

        Examples
        --------
        >>> import numpy as np
        >>> labeling = RunVolume.from_mask(np.array([[1, 0, 1, 1]])).label()
        >>> labeling.overlapping(RunVolume.from_mask(np.array([[0, 1, 0, 1]])))
        array([False,  True])
        """
        if not isinstance(voxels, RunVolume | RunLabeling):
            raise TypeError(
                f"voxels must be a RunVolume or a RunLabeling, got {type(voxels).__name__}; "
                "RunVolume.from_mask makes one"
            )
        _validate.same_shape(self.shape, voxels.shape, "labeling and voxels")
        threads = _validate.n_threads(n_threads)
        marks = voxels.label(n_threads=threads) if isinstance(voxels, RunVolume) else voxels
        found = np.zeros(self.count, dtype=np.bool_)
        if self.count and marks.count:
            pairs = _core.overlap(self._core, marks._core, threads)
            found[pairs["label_a"].astype(np.int64) - 1] = True
        return found

    def select(self, keep: ArrayLike, *, n_threads: int | None = None) -> RunVolume:
        """The voxels of the components that `keep` names.

        Parameters
        ----------
        keep
            Labels (integers, 1..count), or one bool per component in label order.
        n_threads
            None: all usable cores.
        """
        marks = np.zeros(self.count + 1, dtype=np.bool_)
        chosen = np.asarray(keep)
        if chosen.dtype == bool:
            if chosen.shape != (self.count,):
                raise ValueError(f"keep must hold {self.count} bools, got shape {chosen.shape}")
            marks[1:] = chosen
        elif chosen.size:
            if chosen.dtype.kind not in "ui":
                raise TypeError(f"keep must hold labels or bools, got {chosen.dtype}")
            if chosen.min() < 1 or chosen.max() > self.count:
                raise ValueError(f"keep must hold labels 1..{self.count}, got {chosen}")
            marks[chosen] = True
        threads = _validate.n_threads(n_threads)
        return RunVolume(self._core.select(marks, threads), self._ndim)

    def __repr__(self) -> str:
        return f"RunLabeling(shape={self.shape}, count={self.count})"


def as_run_volume(
    mask: ArrayLike | RunVolume, n_threads: int | None = None, name: str = "mask"
) -> RunVolume:
    """A mask as runs, encoded if it is not yet; errors call it by its `name`."""
    if isinstance(mask, RunVolume):
        return mask
    return RunVolume(*encode_mask(mask, _validate.n_threads(n_threads), name))


def _positions(
    given: ArrayLike, name: str, shape: tuple[int, ...], length: int
) -> NDArray[np.int32]:
    """Positions along an axis of `length` voxels, flat, as the core takes them."""
    positions = np.asarray(given)
    if positions.shape != shape or positions.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be integers of shape {shape}, got {positions.dtype} {positions.shape}"
        )
    clipped = np.clip(positions, 0, length)
    return np.ascontiguousarray(clipped, dtype=np.int32).reshape(-1)


def as_region(
    roi: RunVolume | Box | ArrayLike, shape: tuple[int, ...], whose: str = "image"
) -> RunVolume:
    """A region of interest as runs; errors say that it does not fit `whose` shape."""
    if isinstance(roi, tuple) and all(isinstance(s, slice) for s in roi):
        bounds(shape, roi, "roi")
        return RunVolume.from_box(shape, roi)
    if not isinstance(roi, RunVolume):
        roi = RunVolume(
            *encode_mask(_validate.unmasked(roi, "roi"), _validate.n_threads(None), "roi")
        )
    region = roi
    _validate.same_shape(shape, region.shape, f"{whose} and roi")
    return region


def _rebuild(
    shape: tuple[int, int, int], row_begin: NDArray[np.int64], runs: NDArray[np.int32], ndim: int
) -> RunVolume:
    return RunVolume(_core.from_runs(shape, row_begin, runs.reshape(-1)), ndim)
