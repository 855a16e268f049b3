"""Files as pipelines write them, for tests."""

from itertools import pairwise

import h5py
import numpy as np
import zarr


def volume(shape=(3, 4, 5), dtype=np.float32):
    """Every voxel another value."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def tomocupy(path, image, *, binning=0, pixel=None, end=None, start=None):
    """A reconstruction that carries the raw file's metadata."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("/exchange/data", data=image, chunks=(1, *image.shape[1:]))
        data.attrs["axes"] = "z:y:x"
        data.attrs["command"] = np.bytes_(f"tomocupy recon --binning {binning} --save-format h5")
        data.attrs["units"] = "counts"
        if pixel is not None:
            place = "/measurement/instrument/detection_system/objective/resolution"
            file.create_dataset(place, data=[pixel]).attrs["units"] = np.bytes_("microns\0")
        for name, text in (("end_date", end), ("start_date", start)):
            if text is not None:
                file.create_dataset(f"/process/acquisition/{name}", data=[text.encode()])
    return path


def tomocupy_parts(path, image, n_parts=3):
    """As tomocupy's format h5: a virtual dataset over files of some slices each."""
    parts = path.with_name(f"{path.stem}_parts")
    parts.mkdir()
    layout = h5py.VirtualLayout(image.shape, image.dtype)
    bounds = np.linspace(0, len(image), n_parts + 1).astype(int)
    for k, (begin, end) in enumerate(pairwise(bounds)):
        name = f"{parts.name}/p{k:04d}.h5"
        with h5py.File(path.parent / name, "w") as file:
            file["/exchange/data"] = image[begin:end]
        layout[begin:end] = h5py.VirtualSource(
            name, "/exchange/data", shape=image[begin:end].shape, dtype=image.dtype
        )
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("/exchange/data", layout).attrs["axes"] = "z:y:x"
    return parts


def nabu(path, image, *, voxel_cm=None, end=None, entry="entry0000"):
    """As nabu writes volumes: NXprocess with NXdata, and its configuration beside."""
    with h5py.File(path, "a") as file:
        root = file.create_group(entry)
        root.attrs["NX_class"] = "NXentry"
        process = root.create_group("reconstruction")
        process.attrs["NX_class"] = "NXprocess"
        results = process.create_group("results")
        results.attrs["NX_class"], results.attrs["signal"] = "NXdata", "data"
        results["data"] = image
        options = process.create_group("configuration/processing_options/reconstruction")
        options["position"] = np.zeros((2, 3, 4))  # no volume, though it has three axes
        if voxel_cm is not None:
            options["voxel_size_cm"] = voxel_cm
        if end is not None:
            root["end_time"] = end


def httomo(path, image, detector_rows):
    """As httomo saves: (y, z, x), told by nothing but its detector."""
    with h5py.File(path, "w") as file:
        file["data"] = image.transpose(1, 0, 2)
        file["angles"] = np.linspace(0, np.pi, 7)
        file["data_dims/detector_x_y"] = [image.shape[2], detector_rows]


def ngff(path, image, *, version="0.5", axes="zyx", unit="micrometer", scale=None, whole=None):
    """OME-Zarr; `scale` is the array's transform, `whole` that of the image."""
    group = zarr.open_group(path, mode="w", zarr_format=3 if version == "0.5" else 2)
    array = group.create_array("s0", shape=image.shape, dtype=image.dtype, chunks=image.shape)
    array[...] = image
    kinds = {"t": "time", "c": "channel"}
    described = [
        {"name": a, "type": kinds.get(a, "space")}
        | ({} if a in kinds or not unit else {"unit": unit})
        for a in axes
    ]
    level = {"path": "s0"}
    if scale is not None:
        level["coordinateTransformations"] = [{"type": "scale", "scale": list(scale)}]
    multiscale = {"name": "image", "axes": described, "datasets": [level]}
    if whole is not None:
        multiscale["coordinateTransformations"] = [{"type": "scale", "scale": list(whole)}]
    if version == "0.5":
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    else:
        group.attrs["multiscales"] = [multiscale | {"version": version}]
