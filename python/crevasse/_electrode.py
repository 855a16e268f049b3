"""Electrodes: masks, or faces of the volume, beyond which they lie."""

from __future__ import annotations

from numpy.typing import ArrayLike

from crevasse import _validate
from crevasse._runs import RunVolume, as_run_volume
from crevasse._shape import Box

Electrode = RunVolume | ArrayLike | str


FACES = tuple(f"{axis}{end}" for axis in _validate.AXES for end in ("min", "max"))


def check_electrodes(working: object, counter: object) -> None:
    """Refuse a face that no volume has, and twice the same; which axes there are comes later."""
    for name, electrode in (("working", working), ("counter", counter)):
        if isinstance(electrode, str) and electrode not in FACES:
            faces = ", ".join(FACES)
            raise ValueError(f"{name} must be a mask or one of {faces}, got {electrode!r}")
    if isinstance(working, str) and isinstance(counter, str) and working == counter:
        raise ValueError(f"counter must be another face than working, got {counter!r} for both")


def held_electrode(electrode: Electrode, name: str, threads: int) -> RunVolume | str:
    """An electrode that stays what it is, whatever becomes of the array that was given."""
    return electrode if isinstance(electrode, str) else as_run_volume(electrode, threads, name)


def electrode_zone(
    electrode: Electrode, shape: tuple[int, ...], name: str, threads: int, of: str = "frames"
) -> RunVolume:
    """The voxels that are at an electrode: in it or a 26-neighbour of it, or those of a face."""
    if isinstance(electrode, str):
        return RunVolume.from_box(shape, _face(electrode, shape, name))
    return electrode_mask(electrode, shape, name, threads, of).dilate(n_threads=threads)


def electrode_mask(
    electrode: ArrayLike | RunVolume, shape: tuple[int, ...], name: str, threads: int, of: str
) -> RunVolume:
    """The voxels of an electrode that is no face."""
    volume = as_run_volume(electrode, threads, name)
    _validate.same_shape(volume.shape, shape, f"{name} and {of}")
    return volume


def electrode_in_margin(
    electrode: Electrode, shape: tuple[int, ...], name: str, threads: int, of: str
) -> RunVolume:
    """An electrode in the volume with a margin: where it is a face, the voxels next to that."""
    if not isinstance(electrode, str):
        return with_margin(electrode_mask(electrode, shape, name, threads, of))
    inner = (slice(1, -1),) * len(shape)
    wide = tuple(n + 2 for n in shape)
    outer = _face(electrode, wide, name)
    box = tuple(i if o == slice(None) else o for i, o in zip(inner, outer, strict=True))
    return RunVolume.from_box(wide, box)


def with_margin(runs: RunVolume) -> RunVolume:
    """The volume with one more layer of empty voxels all round."""
    return runs._window((-1,) * len(runs.shape), tuple(n + 2 for n in runs.shape))


def _face(name: str, shape: tuple[int, ...], parameter: str) -> Box:
    axes = _validate.AXES[-len(shape) :]
    faces = [face for face in FACES if face[0] in axes]
    if name not in faces:
        raise ValueError(f"{parameter} must be a mask or one of {', '.join(faces)}, got {name!r}")
    layer = slice(0, 1) if name.endswith("min") else slice(-1, None)
    return tuple(layer if axis == name[0] else slice(None) for axis in axes)
