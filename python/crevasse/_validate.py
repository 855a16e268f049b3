"""Checks of arguments, done once, before a kernel runs.

Messages give the rule, the value and the mend.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from crevasse._threads import default_threads

Spacing = float | Sequence[float]
Periodic = bool | Sequence[bool]
Shape3 = tuple[int, int, int]
T = TypeVar("T")

AXES = ("z", "y", "x")
_SHORTEST, _LONGEST = 1e-15, 1e15  # in any unit that a voxel's edge is given in
_LONGEST_SHOWN = 80  # characters
GREY_DTYPES = ("uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")


def shown(value: object) -> str:
    """A value as errors show it: on one line, and not too long for it."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a whole number of thousands of digits
        text = f"a value of type {type(value).__name__}"
    if len(text) <= _LONGEST_SHOWN:
        return text
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"{text[:_LONGEST_SHOWN]} …"


def n_threads(value: int | None) -> int:
    """Threads to use: all usable cores where `value` is None, half of them while files are read."""
    if value is None:
        return default_threads()
    if not is_whole(value) or not 1 <= value < 2**31:
        raise ValueError(
            f"n_threads must be a whole number from 1 to {2**31 - 1} or None, got {shown(value)}"
        )
    return int(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value is an integer, and no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def whole(value: int, name: str, least: int | None = None) -> int:
    """An integer, of at least `least` where there is one."""
    if not is_whole(value) or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise ValueError(f"{name} must be a whole number{bound}, got {shown(value)}")
    return int(value)


def flag(value: bool, name: str) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def connectivity(value: int, ndim: int) -> int:
    """The 3-D connectivity of the core; in 2-D, 4 is 6 and 8 is 26 in a single slice."""
    if is_whole(value) and value in (6, 18, 26):
        return int(value)
    if ndim == 2 and is_whole(value) and value in (4, 8):
        return {4: 6, 8: 26}[value]
    allowed = "4 or 8 (or 6, 18, 26)" if ndim == 2 else "6, 18 or 26"
    raise ValueError(f"connectivity must be {allowed} for a {ndim}-D image, got {shown(value)}")


def periodic(value: Periodic, ndim: int) -> tuple[bool, bool, bool]:
    """Whether the volume goes on at its other end, for z, y, x of the core."""
    each = isinstance(value, Sequence) or (isinstance(value, np.ndarray) and value.ndim == 1)
    flags = tuple(value) if each else (value,) * ndim  # type: ignore[arg-type]
    if len(flags) != ndim or not all(isinstance(flag, (bool, np.bool_)) for flag in flags):
        axes = ", ".join(AXES[-ndim:])
        raise ValueError(f"periodic must be a bool or ({axes}) bools, got {shown(value)}")
    padded = (False,) * (3 - ndim) + tuple(bool(flag) for flag in flags)
    return padded[0], padded[1], padded[2]


def spacing(value: Spacing, ndim: int) -> tuple[float, ...]:
    """One positive length per axis, in axis order; squares of distances must fit a number."""
    axes = ", ".join(AXES[-ndim:])
    try:
        lengths = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        lengths = np.empty((0,))
    if lengths.shape not in ((), (ndim,)):
        raise ValueError(f"spacing must be a number or ({axes}), got {shown(value)}")
    each = tuple(lengths.tolist()) if lengths.ndim else (float(lengths),) * ndim
    if not all(0 < length < math.inf for length in each):
        raise ValueError(f"spacing must be positive and finite, got {shown(value)}")
    if not all(_SHORTEST <= length <= _LONGEST for length in each):
        raise ValueError(
            f"spacing must lie in [{_SHORTEST:g}, {_LONGEST:g}], got {shown(value)}; "
            "give it in another unit"
        )
    return each


def quantiles(value: Sequence[float]) -> list[float]:
    """Fractions from 0 to 1."""
    if isinstance(value, (int, float, str)):
        raise ValueError(
            f"quantiles must be a sequence of fractions, got {shown(value)}; write [{value}]"
        )
    fractions = [number(fraction) for fraction in value]
    if not all(0 <= fraction <= 1 for fraction in fractions):
        raise ValueError(f"quantiles must lie in 0..1, got {shown(value)}")
    return fractions


def unmasked(value: Any, name: str) -> NDArray[Any]:
    """An array, of which every value counts."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked values; fill them, e.g. {name}.filled(0)")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array, got rows that do not fit: {error}") from None


def image(value: ArrayLike, name: str) -> NDArray[Any]:
    """A 2-D or 3-D array, C-contiguous and of native byte order; copied only where it is not."""
    array = unmasked(value, name)
    if array.ndim not in (2, 3):
        raise ValueError(f"{name} must be 2-D (y, x) or 3-D (z, y, x), got shape {array.shape}")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))


def bool_or_integer(value: ArrayLike, name: str) -> NDArray[Any]:
    """An image of bool or integer values."""
    array = image(value, name)
    if array.dtype.kind not in "bui":
        mend = f"; pass {name} > threshold" if array.dtype.kind == "f" else ""
        raise TypeError(f"{name} must be bool or integer, got {array.dtype}{mend}")
    return array


def grey_image(value: ArrayLike, name: str) -> NDArray[Any]:
    """An image of grey values that the core takes; bool counts as 0 and 1."""
    array = image(value, name)
    if array.dtype == bool:
        return array.view(np.uint8)
    if array.dtype.name not in GREY_DTYPES:
        raise TypeError(
            f"{name} must be {', '.join(GREY_DTYPES[:-1])} or {GREY_DTYPES[-1]}, "
            f"got {array.dtype}; convert it, e.g. {name}.astype(np.float32)"
        )
    return array


def as_3d(array: NDArray[Any]) -> NDArray[Any]:
    """A 2-D image as one slice; a 3-D one as it is."""
    return array.reshape((1, *array.shape)) if array.ndim == 2 else array


def same_shape(a: tuple[int, ...], b: tuple[int, ...], names: str) -> None:
    """Refuse two volumes of different shape."""
    if a != b:
        raise ValueError(f"{names} must have the same shape, got {a} and {b}")


def label_dtype(value: DTypeLike | None, count: int, name: str = "dtype") -> np.dtype[Any]:
    """The dtype of labels 1..count: uint32, or uint64 past its range, where `value` is None."""
    if value is None:
        return np.dtype(np.uint32 if count < 2**32 else np.uint64)
    rule = f"{name} must be uint8, uint16, uint32 or uint64"
    try:
        dtype = np.dtype(value).newbyteorder("=")
    except TypeError:
        raise TypeError(f"{rule}, got {shown(value)}") from None
    if dtype.kind != "u":
        raise TypeError(f"{rule}, got {dtype}")
    if count > np.iinfo(dtype).max:
        raise ValueError(
            f"{name} must hold {count} labels, got {dtype}, which ends at {np.iinfo(dtype).max}"
        )
    return dtype


def listed(values: Iterable[T], name: str) -> list[T]:
    """What may be gone through once."""
    try:
        return list(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence, got {shown(values)}") from None


def numbers(values: Iterable[float], name: str) -> NDArray[np.float64]:
    """A sequence of numbers."""
    each = listed(values, name)
    try:
        return np.array([float(value) for value in each], dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numbers, got {shown(each)}") from None


def finite(value: float, name: str) -> float:
    """A finite number."""
    found = number(value)
    if not math.isfinite(found):
        raise ValueError(f"{name} must be a finite number, got {shown(value)}")
    return found


def positive(value: float, name: str) -> float:
    """A finite number above 0."""
    found = number(value)
    if not (math.isfinite(found) and found > 0):
        raise ValueError(f"{name} must be positive and finite, got {shown(value)}")
    return found


def not_negative(value: float, name: str) -> float:
    """A finite number of at least 0."""
    found = number(value)
    if not (math.isfinite(found) and found >= 0):
        raise ValueError(f"{name} must not be negative and must be finite, got {shown(value)}")
    return found


def number(value: Any) -> float:
    """A number; NaN what is none, infinity what is too large to be one here."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan


def out_of(
    value: object, shape: tuple[int, ...], dtype: np.dtype[Any], what: str = "the mask's shape"
) -> None:
    """Refuse what a kernel cannot write values of `dtype` into."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"out must be a numpy array, got {type(value).__name__}")
    if value.dtype != dtype:
        raise TypeError(f"out must be {dtype}, got {value.dtype}")
    if value.shape != shape:
        raise ValueError(f"out must have {what} {shape}, got {value.shape}")
    if not value.flags.c_contiguous or not value.flags.writeable:
        raise ValueError("out must be C-contiguous and writable")


def out_array(value: Any, shape: tuple[int, ...]) -> None:
    """Refuse what labels cannot be written into: an array, or a volume on disk."""
    is_array = isinstance(value, np.ndarray)
    if not is_array and not (hasattr(value, "__setitem__") and hasattr(value, "dtype")):
        raise TypeError(f"out must be an array, got {type(value).__name__}")
    if tuple(value.shape) != shape:
        raise ValueError(f"out must have the image's shape {shape}, got {value.shape}")
    if is_array and not (
        value.flags.c_contiguous and value.flags.writeable and value.dtype.isnative
    ):
        raise ValueError("out must be C-contiguous, writable and of native byte order")
    label_dtype(value.dtype, 0, "out")


def window(low: float | None, high: float | None, dtype: np.dtype[Any]) -> tuple[float, float]:
    """The closed interval [low, high] in the values that `dtype` has: same voxels, no rounding."""
    for name, bound in (("low", low), ("high", high)):
        if bound is not None and math.isnan(number(bound)):
            raise ValueError(f"{name} must be a number, got {bound}")
    if low is None and high is None:
        raise ValueError("low and high must not both be None; give one or both")
    lo = -math.inf if low is None else number(low)
    hi = math.inf if high is None else number(high)
    if lo > hi:
        raise ValueError(f"low must not be above high, got {low} and {high}")
    return _integer_window(lo, hi, dtype) if dtype.kind in "ui" else _float_window(lo, hi, dtype)


def _integer_window(lo: float, hi: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    limits = np.iinfo(dtype)
    if lo > limits.max or hi < limits.min:
        return 1, 0
    lo, hi = math.ceil(max(lo, limits.min)), math.floor(min(hi, limits.max))
    return (lo, hi) if lo <= hi else (1, 0)  # no value of the dtype: an empty window


def _float_window(lo: float, hi: float, dtype: np.dtype[Any]) -> tuple[float, float]:
    up, down = dtype.type(math.inf), dtype.type(-math.inf)
    with np.errstate(over="ignore"):
        low, high = dtype.type(lo), dtype.type(hi)
    # As Python floats: numpy would round `lo` to the dtype and find the two equal.
    if float(low) < lo:
        low = np.nextafter(low, up)
    if float(high) > hi:
        high = np.nextafter(high, down)
    return float(low), float(high)
