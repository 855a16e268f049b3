"""What is known of a scan, and where each piece of it came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Generic, TypeVar

from crevasse import _validate

Value = TypeVar("Value")

_MICROMETRES = {
    "um": 1.0, "µm": 1.0, "μm": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0,
    "micrometers": 1.0, "micrometre": 1.0, "micrometres": 1.0,
    "nm": 1e-3, "nanometer": 1e-3, "nanometers": 1e-3, "nanometre": 1e-3,
    "mm": 1e3, "millimeter": 1e3, "millimeters": 1e3, "millimetre": 1e3,
    "cm": 1e4, "centimeter": 1e4, "centimeters": 1e4, "centimetre": 1e4,
    "m": 1e6, "meter": 1e6, "meters": 1e6, "metre": 1e6,
    "angstrom": 1e-4, "å": 1e-4, "inch": 25400.0,
}  # fmt: skip


@dataclass(frozen=True)
class Fact(Generic[Value]):
    """Something that a file says, with the place where it says so.

    Attributes
    ----------
    value
        What is said.
    source
        Where: file and the place in it, such as ``"scan.h5:/exchange/data@axes"``.
    unit
        Of the value, empty if it has none.
    doubt
        Why it must not be used unless somebody confirms it; empty if there is no reason.
    """

    value: Value
    source: str
    unit: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class Provenance:
    """What the files of one scan say of it beside its voxels.

    Attributes
    ----------
    format
        TIFF, HDF5, Zarr, npy or array.
    axes
        Order of the axes in the file, such as "z:y:x"; scans are always read as (z, y, x).
    voxel_size
        In µm, (z, y, x) or (y, x); in another unit only with a doubt.
    end
        When the scan ended.
    """

    format: str
    axes: Fact[str]
    voxel_size: Fact[tuple[float, ...]] | None = None
    end: Fact[datetime] | None = None

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why some of it must not be used, each with its source."""
        facts = (self.axes, self.voxel_size, self.end)
        return tuple(f"{f.source}: {f.doubt}" for f in facts if f is not None and f.doubt)

    def to_json(self) -> str:
        """Text that `from_json` reads."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """What `to_json` wrote.

        Examples
        --------
        >>> known = Provenance("npy", Fact("y:x", "a.npy"), Fact((2.0, 1.0), "by hand", "um"))
        >>> Provenance.from_json(known.to_json()) == known
        True
        """
        fields = json.loads(text)
        size, end = fields["voxel_size"], fields["end"]
        return cls(
            fields["format"],
            Fact(**fields["axes"]),
            size and Fact(**size | {"value": tuple(size["value"])}),
            end and Fact(**end | {"value": datetime.fromisoformat(end["value"])}),
        )


def micrometres(unit: str) -> float | None:
    """How many µm a unit of length is; None if it is no unit of length.

    Examples
    --------
    >>> micrometres("nanometer"), micrometres("pixel")
    (0.001, None)
    """
    return _MICROMETRES.get(unit.strip().replace("\\u00B5", "µ").lower())


def voxel_size(
    lengths: Sequence[float], unit: str, source: str, doubt: str = ""
) -> Fact[tuple[float, ...]]:
    """A voxel size in µm; with a doubt where it is not positive or its unit is no length."""
    factor = micrometres(unit)
    sizes = tuple(float(length) * (1.0 if factor is None else factor) for length in lengths)
    if factor is None:
        doubt = doubt or (f"its unit is {unit!r}, no length" if unit else "it has no unit")
    elif not all(0 < size < float("inf") for size in sizes):
        doubt = doubt or "it is not positive and finite"
    return Fact(sizes, source, unit if factor is None else "um", doubt)


def in_micrometres(spacing: _validate.Spacing, unit: str, ndim: int) -> tuple[float, ...]:
    """A voxel size that somebody gives, to be stored; one length for each axis.

    Raises
    ------
    ValueError
        If `spacing` does not fit or `unit` is no length.
    """
    factor = micrometres(unit)
    if factor is None:
        raise ValueError(f"unit must be a length such as um, nm or mm, got {unit!r}")
    return tuple(length * factor for length in _validate.spacing(spacing, ndim))


def in_words(fact: Fact[tuple[float, ...]]) -> str:
    """A voxel size such as ``2 × 1 × 1 um``."""
    return f"{' × '.join(f'{length:.6g}' for length in fact.value)} {fact.unit}".rstrip()
