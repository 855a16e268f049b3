# Types of the compiled module; tests/test_stubs.py checks that they name what it holds.
from collections.abc import Sequence
from enum import Enum
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_Shape = tuple[int, int, int]
_AxisFlags = tuple[bool, bool, bool]

class SetOperation(Enum):
    UNION = 0
    INTERSECTION = 1
    DIFFERENCE = 2
    SYMMETRIC_DIFFERENCE = 3

@final
class RunVolume:
    @property
    def shape(self) -> _Shape: ...
    @property
    def n_runs(self) -> int: ...
    @property
    def n_voxels(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def row_begin(self) -> NDArray[np.int64]: ...
    @property
    def runs(self) -> NDArray[np.int32]: ...
    def equals(self, other: RunVolume) -> bool: ...
    def write_mask(self, out: NDArray[np.bool_], threads: int) -> None: ...

@final
class RunLabeling:
    @property
    def runs(self) -> RunVolume: ...
    @property
    def count(self) -> int: ...
    @property
    def labels(self) -> NDArray[np.uint32]: ...
    def write_labels(
        self, out: NDArray[Any], first_slice: int, out_is_zero: bool, threads: int
    ) -> None: ...
    def renumber(self, numbers: NDArray[np.uint32], count: int) -> RunLabeling: ...
    def select(self, keep: NDArray[np.bool_], threads: int) -> RunVolume: ...

@final
class Ledger:
    def __init__(self, shape: _Shape, baseline_frames: int) -> None: ...
    @staticmethod
    def from_arrays(
        shape: _Shape,
        runs_per_row: NDArray[np.uint32],
        runs: NDArray[np.int32],
        openings: NDArray[np.void],
        times: list[float],
        baseline_frames: int,
    ) -> Ledger: ...
    @property
    def n_runs(self) -> int: ...
    @property
    def times(self) -> list[float]: ...
    def arrays(self) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.void]]: ...
    def advance(
        self,
        before: RunLabeling,
        crack_before: NDArray[np.uint32],
        now: RunLabeling,
        crack_now: NDArray[np.uint32],
        remembers: NDArray[np.uint8],
        time: float,
        threads: int,
    ) -> tuple[Ledger, NDArray[np.void], int]: ...
    def write_first_open(self, out: NDArray[np.int32], threads: int) -> None: ...
    def write_last_open(self, out: NDArray[np.int32], threads: int) -> None: ...
    def write_n_toggles(self, out: NDArray[np.int32], threads: int) -> None: ...
    def write_first_crack(self, out: NDArray[np.uint32], threads: int) -> None: ...
    def write_last_crack(self, out: NDArray[np.uint32], threads: int) -> None: ...
    def write_open_time(self, out: NDArray[np.float64], threads: int) -> None: ...

def default_threads() -> int: ...
def encode_mask(mask: NDArray[Any], threads: int) -> RunVolume: ...
def encode_windows(
    image: NDArray[Any],
    windows: list[tuple[float, float]],
    roi: RunVolume | None,
    threads: int,
    first_slice: int,
) -> list[RunVolume]: ...
def concatenate(volumes: list[RunVolume]) -> RunVolume: ...
def from_runs(
    shape: _Shape, row_begin: NDArray[np.int64], edges: NDArray[np.int32]
) -> RunVolume: ...
def box(shape: _Shape, begin: _Shape, end: _Shape) -> RunVolume: ...
def columns(
    shape: _Shape,
    axis: int,
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    threads: int,
) -> RunVolume: ...
def window(runs: RunVolume, begin: _Shape, shape: _Shape, threads: int) -> RunVolume: ...
def dilate(runs: RunVolume, connectivity: int, threads: int) -> RunVolume: ...
def erode(runs: RunVolume, connectivity: int, threads: int) -> RunVolume: ...
def combine(a: RunVolume, b: RunVolume, operation: SetOperation, threads: int) -> RunVolume: ...
def label_image(
    image: NDArray[Any], connectivity: int, periodic: _AxisFlags, threads: int
) -> RunLabeling: ...
def label_runs(
    runs: RunVolume, connectivity: int, periodic: _AxisFlags, threads: int
) -> RunLabeling: ...
def merge_labels(label_count: int, pairs: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], int]: ...
def boundary_voxels(labeling: RunLabeling, direction: _Shape) -> NDArray[np.void]: ...
def meeting_labels(
    a: NDArray[np.void],
    b: NDArray[np.void],
    values_a: NDArray[np.int64] | None,
    values_b: NDArray[np.int64] | None,
    direction: _Shape,
    offset: _Shape,
    connectivity: int,
) -> NDArray[np.uint32]: ...
def first_voxels(labeling: RunLabeling) -> NDArray[np.int64]: ...
def encode_binary(image: NDArray[Any], threads: int) -> tuple[RunVolume, int] | None: ...
def ranked_labels(
    labels: NDArray[Any], threads: int
) -> tuple[RunLabeling, NDArray[np.uint64]]: ...
def regions(labeling: RunLabeling, threads: int) -> NDArray[np.void]: ...
def region_measures(
    sums: NDArray[np.void],
    shape: _Shape,
    spacing: tuple[float, ...],
    ndim: int,
    threads: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]: ...
def intensity(labeling: RunLabeling, image: NDArray[Any]) -> NDArray[Any]: ...
def distance(
    runs: RunVolume,
    out: NDArray[np.float32],
    out_is_zero: bool,
    spacing: tuple[float, float, float],
    squared: bool,
    limit: float,
    border: tuple[bool, bool, bool],
    threads: int,
) -> None: ...
def geodesic_distance(
    runs: RunVolume,
    seeds: RunVolume,
    spacing: tuple[float, float, float],
    limit: float,
    threads: int,
) -> NDArray[np.float32]: ...
def geodesic_tips(
    reached: RunVolume, depth: NDArray[np.float32], prominence: float, threads: int
) -> NDArray[np.void]: ...
def ligament(
    open: RunLabeling,
    working: RunVolume,
    counter: RunVolume,
    spacing: tuple[float, float, float],
) -> tuple[float, NDArray[np.void]]: ...
def read_voxel_values(
    runs: RunVolume, dense: NDArray[np.float32], threads: int
) -> NDArray[np.float32]: ...
def write_voxel_values(
    runs: RunVolume,
    values: NDArray[np.float32],
    out: NDArray[np.float32],
    outside: float,
    threads: int,
) -> None: ...
def bottleneck(
    runs: RunVolume,
    width: NDArray[np.float32],
    begin: RunVolume,
    end: RunVolume,
    threads: int,
) -> tuple[int, float]: ...
def local_thickness(
    runs: RunVolume,
    out: NDArray[np.float32],
    out_is_zero: bool,
    spacing: tuple[float, float, float],
    border: tuple[bool, bool, bool],
    closed: bool,
    limit: float,
    threads: int,
) -> None: ...
def label_distance(
    image: NDArray[Any],
    out: NDArray[np.float32],
    spacing: tuple[float, float, float],
    squared: bool,
    limit: float,
    border: tuple[bool, bool, bool],
    threads: int,
) -> None: ...
def distance_units(
    shape: _Shape, spacing: tuple[float, float, float]
) -> tuple[float, float]: ...
def distance_pass(
    squared: NDArray[Any],
    values: NDArray[Any] | None,
    axis: int,
    weight: float,
    border: bool,
    threads: int,
) -> None: ...
def distance_in_slices(
    runs: RunVolume,
    out: NDArray[Any],
    weight: tuple[float, float],
    border: tuple[bool, bool],
    threads: int,
) -> None: ...
def distance_along_z(
    in_slices: NDArray[Any],
    values: NDArray[Any] | None,
    out: NDArray[np.float32],
    weight: float,
    border: bool,
    unit: float,
    squared: bool,
    threads: int,
) -> None: ...
def nearest_background(
    runs: RunVolume,
    z: NDArray[np.int32],
    y: NDArray[np.int32],
    x: NDArray[np.int32],
    spacing: tuple[float, float, float],
    threads: int,
) -> None: ...
def aperture(
    runs: RunVolume,
    grey: NDArray[Any],
    out: NDArray[np.float32],
    out_is_zero: bool,
    spacing: tuple[float, float, float],
    solid: float,
    empty: float,
    reach: float,
    threads: int,
) -> tuple[float, float, float]: ...
def farther_than(
    runs: RunVolume, radius: float, spacing: tuple[float, float, float], threads: int
) -> RunVolume: ...
def quantiles(
    labeling: RunLabeling, image: NDArray[Any], fractions: list[float], threads: int
) -> NDArray[np.float64]: ...
def surface(labeling: RunLabeling, threads: int) -> NDArray[np.void]: ...
def translate(
    image: NDArray[Any], out: NDArray[Any], drift: tuple[float, float, float], threads: int
) -> None: ...
def sample_blocks(
    image: NDArray[Any],
    begins: Sequence[tuple[int, int, int]],
    size: Sequence[int],
    weights: Sequence[Sequence[float]],
) -> NDArray[np.float32]: ...
def shift_equations(
    sample: NDArray[np.float32],
    grey: NDArray[np.float32],
    slope: NDArray[np.float32],
    light: float,
    noise: float,
    tolerance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
def shift_differences(
    around: NDArray[np.float32], grey: NDArray[np.float32], light: float
) -> NDArray[np.float32]: ...
def contacts(labeling: RunLabeling, threads: int) -> NDArray[np.void]: ...
def overlap(a: RunLabeling, b: RunLabeling, threads: int) -> NDArray[np.void]: ...
def interval(
    before: RunLabeling,
    after: RunLabeling,
    n_voxels_before: NDArray[np.int64],
    n_voxels_after: NDArray[np.int64],
    threads: int,
) -> dict[str, NDArray[np.int64]]: ...
def layer_columns(
    runs: RunVolume, axis: int, threads: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]: ...
