"""Electrodes: masks, or faces of the volume."""

from __future__ import annotations

from numpy.typing import ArrayLike

from crevasse import _validate
from crevasse._runs import RunVolume, as_run_volume

Electrode = str | ArrayLike | RunVolume


def is_face(electrode: Electrode) -> bool:
    """Whether an electrode is given by the name of a face."""
    return isinstance(electrode, str)


def layer(
    electrode: Electrode,
    shape: tuple[int, ...],
    name: str,
    *,
    n_threads: int,
    outside: bool = False,
) -> RunVolume:
    """The voxels of a mask, or the volume's outermost layer at a face.

    With `outside`, in the volume with one more layer of voxels all round: a face is then the layer
    outside of it.
    """
    if isinstance(electrode, str):
        grown = tuple(n + 2 for n in shape) if outside else shape
        return RunVolume.from_box(grown, _face(electrode, grown, name, outside))
    runs = as_run_volume(electrode, n_threads, name)
    _validate.same_shape(shape, runs.shape, f"the volume and {name}")
    return pad(runs) if outside else runs


def at_electrode(open_: RunVolume, electrode: Electrode, name: str, *, n_threads: int) -> RunVolume:
    """The open voxels that lie in an electrode, or touch it by a corner; or lie at a face."""
    voxels = layer(electrode, open_.shape, name, n_threads=n_threads)
    if not is_face(electrode):
        voxels = voxels.dilate(26 if len(open_.shape) == 3 else 8, n_threads=n_threads)
    return open_ & voxels


def pad(runs: RunVolume) -> RunVolume:
    """With one more layer of empty voxels all round."""
    return runs._window((-1,) * len(runs.shape), tuple(n + 2 for n in runs.shape))


def _face(face: str, shape: tuple[int, ...], name: str, outside: bool) -> tuple[slice, ...]:
    axes = _validate.AXES[-len(shape) :]
    faces = [f"{axis}{end}" for axis in axes for end in ("min", "max")]
    if face not in faces:
        allowed = f"{', '.join(faces[:-1])} or {faces[-1]}"
        raise ValueError(f"{name} must be a mask, a RunVolume, or {allowed}, got {face!r}")
    axis = axes.index(face[0])
    inner = slice(1, -1) if outside else slice(None)
    box = [inner] * len(shape)
    box[axis] = slice(0, 1) if face.endswith("min") else slice(shape[axis] - 1, shape[axis])
    return tuple(box)
