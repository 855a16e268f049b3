"""What the writers write, the readers give back: voxels, dtype and voxel size."""

import hashlib
import os
from itertools import product

import h5py
import numpy as np
import ome_zarr_models
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crevasse.io import (
    open_scan,
    open_series,
    read_tiff,
    tiff_header,
    write_hdf5,
    write_npy,
    write_tiff,
    write_volume,
    write_zarr,
)
from crevasse.io.pyramid import pyramid

import scan_files

DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
ENDINGS = [".tif", ".h5", ".zarr", ".npy"]
MICROMETRES = {"nm": 1e-3, "um": 1.0, "mm": 1e3}

lengths = st.floats(0.01, 1000, allow_nan=False)


@st.composite
def images(draw):
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=9))
    image = draw(hnp.arrays(dtype, shape))
    return np.asarray(image, order=draw(st.sampled_from("CF")))


@st.composite
def sized_images(draw):
    image = draw(images())
    sizes = draw(st.one_of(lengths, st.tuples(*[lengths] * image.ndim)))
    return image, sizes, draw(st.sampled_from(sorted(MICROMETRES)))


@pytest.mark.parametrize("ending", ENDINGS)
@given(image=images())
def test_voxels_come_back_as_they_are(tmp_path_factory, ending, image):
    path = tmp_path_factory.mktemp("image") / f"image{ending}"
    write_volume(path, image)
    scan = open_scan(path)
    if ending == ".tif" and 1 in image.shape:  # a TIFF of one page is 2-D
        np.testing.assert_array_equal(scan.read().squeeze(), image.squeeze())
        return
    expected = image.astype(np.uint8) if image.dtype == bool and ending != ".npy" else image
    assert (scan.shape, scan.dtype) == (image.shape, expected.dtype)
    np.testing.assert_array_equal(scan.read(), expected)
    assert scan.provenance.voxel_size is None or scan.provenance.voxel_size.doubt


@pytest.mark.parametrize("ending", [".tif", ".h5", ".zarr"])
@given(sized=sized_images())
def test_voxel_sizes_come_back_in_micrometres(tmp_path_factory, ending, sized):
    image, spacing, unit = sized
    path = tmp_path_factory.mktemp("image") / f"image{ending}"
    write_volume(path, image, spacing=spacing, unit=unit)
    size = open_scan(path).provenance.voxel_size
    if ending == ".tif" and 1 in image.shape:
        return
    if ending == ".tif" and image.dtype.str[1:] in ("i8", "u8"):
        assert size is None
        return
    wanted = np.broadcast_to(np.asarray(spacing) * MICROMETRES[unit], image.ndim)
    assert (size.unit, size.doubt) == ("um", "")
    # ImageJ's are fractions of 32-bit numbers.
    assert size.value == pytest.approx(tuple(wanted), rel=1e-6 if ending == ".tif" else 1e-12)


@settings(max_examples=12)
@given(st.data())
def test_any_division_into_chunks_is_read_alike(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("chunks")
    image = data.draw(images().filter(lambda image: image.ndim == 3))
    chunks = tuple(data.draw(st.integers(1, n)) for n in image.shape)
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("volume", data=image, chunks=chunks)
    np.testing.assert_array_equal(open_scan(folder / "a.h5").read(), image)
    for zarr_format, order in product((2, 3), "CF"):
        array = np.asarray(image, order=order)
        path = folder / f"{zarr_format}{order}.zarr"
        stored = zarr.create_array(
            path, shape=array.shape, dtype=array.dtype, chunks=chunks, zarr_format=zarr_format
        )
        stored[...] = array
        np.testing.assert_array_equal(open_scan(path).read(), image)


@given(sized=sized_images(), version=st.sampled_from(["0.4", "0.5"]), split=st.booleans())
def test_ome_zarr_of_others_is_read(tmp_path_factory, sized, version, split):
    image, spacing, unit = sized
    names = {"nm": "nanometer", "um": "micrometer", "mm": "millimeter"}
    scale = np.broadcast_to(spacing, image.ndim).tolist()
    transforms = {"scale": [1] * image.ndim, "whole": scale} if split else {"scale": scale}
    path = tmp_path_factory.mktemp("ngff") / "a.zarr"
    axes = "zyx"[-image.ndim :]
    scan_files.ngff(path, image, version=version, axes=axes, unit=names[unit], **transforms)
    scan = open_scan(path)
    np.testing.assert_array_equal(scan.read(), image)
    if any(length != 1 for length in scale):
        wanted = tuple(length * MICROMETRES[unit] for length in scale)
        assert scan.provenance.voxel_size.value == pytest.approx(wanted, rel=1e-12)
        assert scan.provenance.voxel_size.doubt == ""


def digest(path):
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", ["u1", "u4", "f4"])
def test_the_same_image_gives_the_same_bytes(tmp_path, ending, dtype, rng):
    image = (rng.random((5, 70, 90)) * 200).astype(dtype)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_volume(tmp_path / name / f"image{ending}", image, spacing=2)
    assert digest(tmp_path / "a" / f"image{ending}") == digest(tmp_path / "b" / f"image{ending}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failed_write_leaves_what_was_there(tmp_path, ending, monkeypatch):
    path = tmp_path / f"image{ending}"
    write_volume(path, np.ones((2, 3), np.uint8))
    before = digest(path)

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr("tifffile.imwrite", fail)
    monkeypatch.setattr("h5py.Group.create_dataset", fail)
    monkeypatch.setattr("zarr.Group.create_array", fail)
    monkeypatch.setattr("numpy.save", fail)
    with pytest.raises(OSError, match="disk full"):
        write_volume(path, np.zeros((2, 3), np.uint8))
    assert digest(path) == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_no_store_is_not_replaced(tmp_path):
    (tmp_path / "notes.zarr").mkdir()
    (tmp_path / "notes.zarr" / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError, match=r"notes\.zarr is there and is no Zarr group"):
        write_zarr(tmp_path / "notes.zarr", np.zeros((2, 3), np.uint8))
    assert (tmp_path / "notes.zarr" / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"unit": "voxel", "spacing": 1},
            "unit must be a length such as um, nm or mm, got 'voxel'",
        ),
        ({"spacing": (1, 2, 3)}, r"spacing must be a number or \(y, x\), got \(1, 2, 3\)"),
        ({"spacing": -1}, "spacing must be positive and finite, got -1"),
    ],
)
@pytest.mark.parametrize("write", [write_tiff, write_hdf5, write_zarr])
def test_a_wrong_voxel_size_is_refused(tmp_path, write, arguments, message):
    with pytest.raises(ValueError, match=message):
        write(tmp_path / "image", np.zeros((2, 3), np.uint8), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_ending_that_nobody_writes_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"output must end in \.tif, .*, got .*labels\.png"):
        write_volume(tmp_path / "labels.png", np.zeros((2, 3), np.uint8))


# --- what other programs see ---------------------------------------------------------------------


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("spacing", [None, (3, 2, 1)])
def test_ome_zarr_is_valid(tmp_path, labels, spacing, rng):
    image = rng.integers(0, 9, (70, 300, 5), np.uint16)
    write_zarr(tmp_path / "a.zarr", image, spacing=spacing, labels=labels)
    group = ome_zarr_models.open_ome_zarr(zarr.open_group(tmp_path / "a.zarr", mode="r"))
    image_of = group.attributes.ome.multiscales[0]
    assert [d.path for d in image_of.datasets] == ["s0", "s1", "s2"]
    assert {axis.unit for axis in image_of.axes} == {"micrometer" if spacing else None}
    assert ("Label" in type(group).__name__) == labels


def test_smaller_versions_of_labels_hold_labels_and_of_grey_values_their_means(rng):
    image = rng.integers(0, 60000, (7, 30, 9), np.uint16)
    (_, _), (grey, factors) = pyramid(image, labels=False, smallest=15)
    assert factors == (2, 2, 2)
    assert grey.shape == (4, 15, 5)
    assert grey[1, 2, 3] == round(image[2:4, 4:6, 6:8].astype(float).mean())
    assert grey[3, 2, 4] == round(image[6:, 4:6, 8:].astype(float).mean())
    (_, _), (labels, _) = pyramid(image, labels=True, smallest=15)
    np.testing.assert_array_equal(labels, image[::2, ::2, ::2])


def test_a_slab_at_a_time_is_the_same_mean(rng):
    image = rng.random((300, 3, 2)).astype(np.float32)
    (_, _), (half, factors) = pyramid(image, labels=False, smallest=200)
    expected = image[:, :2].reshape(150, 2, 1, 2, 1, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(half[:, :1], expected, rtol=1e-6)
    assert factors == (2, 2, 2)


def test_an_axis_of_one_is_not_halved(tmp_path):
    write_zarr(tmp_path / "a.zarr", np.zeros((1, 300, 300), np.uint8), spacing=2)
    levels = zarr.open_group(tmp_path / "a.zarr", mode="r").attrs["ome"]["multiscales"][0][
        "datasets"
    ]
    scales = [level["coordinateTransformations"][0]["scale"] for level in levels]
    assert scales == [[2, 2, 2], [2, 4, 4], [2, 8, 8]]
    shifts = [t["translation"] for level in levels for t in level["coordinateTransformations"][1:]]
    assert shifts == [[0, 1, 1], [0, 3, 3]]


def test_a_lost_chunk_is_told(tmp_path):
    write_zarr(tmp_path / "a.zarr", np.zeros((70, 70, 70), np.uint8))
    scan = open_scan(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "s0" / "c" / "1" / "0" / "1").unlink()
    with pytest.raises(ValueError, match="is not whole: it has 7 of 8 chunks"):
        scan.read()


def test_labels_that_fit_are_16_bit_imagej_and_others_ome(tmp_path):
    small = np.array([[0, 65535]], np.uint32)
    write_tiff(tmp_path / "small.tif", small, labels=True, spacing=2)
    with tifffile.TiffFile(tmp_path / "small.tif") as file:
        assert file.is_imagej
        assert file.imagej_metadata["unit"] == "um"
    assert tiff_header(tmp_path / "small.tif")[1] == np.uint16
    np.testing.assert_array_equal(read_tiff(tmp_path / "small.tif"), small)
    large = np.array([[0, 65536]], np.uint32)
    write_tiff(tmp_path / "large.tif", large, labels=True, spacing=2)
    with tifffile.TiffFile(tmp_path / "large.tif") as file:
        assert file.is_ome
    np.testing.assert_array_equal(read_tiff(tmp_path / "large.tif"), large)


def test_hdf5_is_nexus(tmp_path):
    write_hdf5(tmp_path / "a.h5", np.zeros((2, 3, 4), np.uint8), spacing=(3, 2, 1), unit="nm")
    with h5py.File(tmp_path / "a.h5") as file:
        group = file
        for name, kind in (("entry", "NXentry"), ("crevasse", "NXprocess"), ("results", "NXdata")):
            group = group[name]
            assert group.attrs["NX_class"] == kind.encode()
        assert group.attrs["signal"] == b"data"
        assert list(group.attrs["axes"]) == [b"z", b"y", b"x"]
        assert group["z"][()] == pytest.approx([0, 0.003])
        assert group["z"].attrs["units"] == b"um"
        assert group["data"].fletcher32


def test_half_floats_are_read_as_single_ones(tmp_path):
    write_npy(tmp_path / "a.npy", np.ones((2, 3, 4), np.float16))
    series = open_series(tmp_path)
    assert series.dtype == series[0].read().dtype == np.float32


def test_a_store_that_is_being_replaced_is_not_lost(tmp_path, monkeypatch):
    """Broken off after the old one was moved aside, before the new one is in its place."""
    path = tmp_path / "a.zarr"
    write_zarr(path, np.ones((4, 4, 4), np.uint8))
    replace = os.replace

    def interrupted(source, target):
        replace(source, target)
        if str(target).endswith(".old"):
            raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_zarr(path, np.zeros((4, 4, 4), np.uint8))
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]
    assert open_series(path, spacing=1)[0].read().all()
