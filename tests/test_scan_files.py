"""Scans as beamlines write them: the right voxels, and no fact that is not so."""

import json
import shutil
import warnings

import h5py
import hdf5plugin
import numpy as np
import pytest
import tifffile
import zarr

from crevasse.io import DoubtfulVoxelSizeWarning, open_scan, open_series, write_zarr

import scan_files


def facts(path, dataset=None):
    return open_scan(path, dataset).provenance


def same(scan, image):
    np.testing.assert_array_equal(scan.read(), image)
    assert (scan.shape, scan.dtype) == (image.shape, image.dtype.newbyteorder("="))
    assert scan.read().flags.c_contiguous
    assert scan.read().flags.writeable


# --- HDF5 ----------------------------------------------------------------------------------------


def test_tomocupy_says_axes_and_the_detectors_pixel(tmp_path):
    image = scan_files.volume()
    path = scan_files.tomocupy(tmp_path / "a_rec.h5", image, pixel=0.69)
    same(open_scan(path), image)
    known = facts(path)
    assert known.axes.value == "z:y:x"
    assert known.axes.source == "a_rec.h5:/exchange/data@axes"
    assert known.voxel_size.value == pytest.approx((0.69,) * 3)
    assert known.voxel_size.source.endswith(
        ":/measurement/instrument/detection_system/objective/resolution"
    )
    assert open_series(path).unit == "um"


def test_the_detectors_pixel_is_not_the_voxel_of_a_binned_volume(tmp_path):
    path = scan_files.tomocupy(tmp_path / "a_rec.h5", scan_files.volume(), pixel=0.69, binning=1)
    with pytest.warns(DoubtfulVoxelSizeWarning, match="before --binning 1; lengths are in voxels"):
        series = open_series(path)
    assert series.unit == "voxel"
    assert "before --binning 1" in series.doubt
    assert "before --binning 1" in series.spacing_source


def test_an_explicit_voxel_size_wins_without_a_warning(tmp_path):
    path = scan_files.tomocupy(tmp_path / "a_rec.h5", scan_files.volume(), pixel=0.69, binning=1)
    series = open_series(path, spacing=1.38)
    assert (series.spacing, series.spacing_source, series.doubt) == ((1.38,) * 3, "given", "")


def test_a_virtual_dataset_is_read_over_its_parts(tmp_path):
    image = scan_files.volume((7, 4, 5))
    parts = scan_files.tomocupy_parts(tmp_path / "a_rec.h5", image)
    same(open_scan(tmp_path / "a_rec.h5"), image)
    assert len(open_series(tmp_path)) == 1  # the folder of parts is no scan
    assert len(list(parts.iterdir())) == 3
    before = open_scan(tmp_path / "a_rec.h5").stamp
    with h5py.File(parts / "p0001.h5", "a") as file:
        file["/more"] = np.zeros(99)
    assert open_scan(tmp_path / "a_rec.h5").stamp != before


def test_a_part_that_is_missing_is_named_and_not_read_as_zeros(tmp_path):
    parts = scan_files.tomocupy_parts(tmp_path / "a_rec.h5", scan_files.volume((7, 4, 5)))
    scan = open_scan(tmp_path / "a_rec.h5")
    (parts / "p0001.h5").rename(parts / "elsewhere.h5")
    for read in (scan.read, lambda: open_scan(tmp_path / "a_rec.h5")):
        with pytest.raises(ValueError, match=r"its part a_rec_parts/p0001\.h5 does not exist"):
            read()


def test_a_part_that_does_not_fit_or_is_empty_is_named(tmp_path):
    parts = scan_files.tomocupy_parts(tmp_path / "a_rec.h5", scan_files.volume((7, 4, 5)))
    with h5py.File(parts / "p0002.h5", "w") as file:
        file["/exchange/data"] = np.zeros((1, 4, 5), np.float32)
    with pytest.raises(ValueError, match=r"p0002\.h5 is a part that does not fit"):
        open_scan(tmp_path / "a_rec.h5")
    with h5py.File(parts / "p0002.h5", "w") as file:
        file["/other"] = 1
    with pytest.raises(ValueError, match=r"p0002\.h5 is a part without a dataset /exchange/data"):
        open_scan(tmp_path / "a_rec.h5")


def test_a_virtual_dataset_with_a_gap_is_refused(tmp_path):
    image = scan_files.volume()
    with h5py.File(tmp_path / "part.h5", "w") as file:
        file["data"] = image
    layout = h5py.VirtualLayout((4, 4, 5), image.dtype)
    layout[:3] = h5py.VirtualSource("part.h5", "data", image.shape, image.dtype)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_virtual_dataset("data", layout)
    with pytest.raises(ValueError, match="the parts of /data cover 60 of 80 voxels"):
        open_scan(tmp_path / "a.h5")


@pytest.mark.parametrize("chunks", [None, (1, 4, 5)])
def test_a_file_that_is_still_being_written_is_refused(tmp_path, chunks):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("/exchange/data", (3, 4, 5), np.float32, chunks=chunks)
        if chunks:
            data[:2] = 1
    with pytest.raises(ValueError, match=r"a\.h5 is not finished"):
        open_scan(tmp_path / "a.h5")


def test_projections_are_no_volume(tmp_path):
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        file["/exchange/data"] = np.zeros((9, 4, 5), np.uint16)
        file["/exchange/theta"] = np.arange(9.0)
    with pytest.raises(ValueError, match=r"raw\.h5 holds projections .*; reconstruct them first"):
        open_scan(tmp_path / "raw.h5")
    with h5py.File(tmp_path / "raw.h5", "a") as file:
        file["/exchange/data"].attrs["axes"] = "theta:y:x"
    with pytest.raises(ValueError, match="must have one theta, got 9 in axes theta:y:x"):
        open_scan(tmp_path / "raw.h5")


def test_tomopy_clis_dataset_is_found(tmp_path):
    image = scan_files.volume()
    with h5py.File(tmp_path / "a.hdf", "w") as file:
        file["volume"] = image
    same(open_scan(tmp_path / "a.hdf"), image)
    assert facts(tmp_path / "a.hdf").axes.source == "assumed: a.hdf does not say"


@pytest.mark.parametrize(
    ("said", "wanted"), [(6.5e-5, (0.65,) * 3), ([4e-4, 2e-4, 1e-4], (4, 2, 1))]
)
def test_nabus_centimetres_are_micrometres_here(tmp_path, said, wanted):
    image = scan_files.volume()
    scan_files.nabu(tmp_path / "a.hdf5", image, voxel_cm=said)
    same(open_scan(tmp_path / "a.hdf5"), image)
    size = facts(tmp_path / "a.hdf5").voxel_size
    assert (size.unit, size.doubt) == ("um", "")
    assert size.value == pytest.approx(wanted)
    assert size.source.endswith("processing_options/reconstruction/voxel_size_cm")


def test_where_several_datasets_can_be_meant_they_are_listed(tmp_path):
    for entry, value in (("entry0000", 1), ("entry0001", 2)):
        scan_files.nabu(tmp_path / "a.hdf5", np.full((2, 3, 4), value), entry=entry)
    names = [f"/entry000{i}/reconstruction/results/data" for i in (0, 1)]
    with pytest.raises(ValueError, match=f"dataset must be given for .*: {', '.join(names)}$"):
        open_series(tmp_path)
    assert open_series([tmp_path / "a.hdf5"], dataset=names[1])[0].read().max() == 2
    with pytest.raises(
        ValueError, match=r"dataset must be one of .*, got 'other'; it has /entry0000"
    ):
        open_scan(tmp_path / "a.hdf5", "other")


def test_httomos_order_is_turned_to_z_y_x(tmp_path):
    image = scan_files.volume()
    scan_files.httomo(tmp_path / "a.h5", image, detector_rows=3)
    same(open_scan(tmp_path / "a.h5"), image)
    assert (facts(tmp_path / "a.h5").axes.value, facts(tmp_path / "a.h5").doubts) == ("y:z:x", ())
    scan_files.httomo(tmp_path / "b.h5", image, detector_rows=8)
    assert "axis z has 3 of 8 detector rows" in facts(tmp_path / "b.h5").doubts[0]


@pytest.mark.parametrize("order", ["y:z:x", "x:y:z", "z:x:y"])
def test_any_order_that_a_file_gives_is_turned_with_its_voxel_size(tmp_path, order):
    image = scan_files.volume()
    axes = order.split(":")
    sizes = {"z": 3.0, "y": 2.0, "x": 1.0}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("data", data=image.transpose(["zyx".index(a) for a in axes]))
        data.attrs["axes"] = order
        data.attrs["element_size_um"] = [sizes[a] for a in axes]
    same(open_scan(tmp_path / "a.h5"), image)
    assert facts(tmp_path / "a.h5").voxel_size.value == (3, 2, 1)


def test_positions_along_axes_give_the_voxel_size(tmp_path):
    with h5py.File(tmp_path / "a.nxs", "w") as file:
        group = file.create_group("entry/data")
        group.attrs.update(NX_class="NXdata", signal="data", axes=["z", "y", "x"])
        group["data"] = scan_files.volume()
        for axis, n, step in (("z", 3, 0.002), ("y", 4, 0.001), ("x", 5, 0.001)):
            group[axis] = np.arange(n) * step
            group[axis].attrs["units"] = "mm"
    assert facts(tmp_path / "a.nxs").voxel_size.value == pytest.approx((2, 1, 1))
    with h5py.File(tmp_path / "a.nxs", "a") as file:
        file["entry/data/z"][...] = [0, 1, 7]
    assert "not evenly spaced" in facts(tmp_path / "a.nxs").voxel_size.doubt


def test_axes_by_other_names_are_known_or_doubtful(tmp_path):
    image = scan_files.volume()
    for name, axes in (("a", ["voxel_y", "voxel_z", "voxel_x"]), ("b", ["u", "v", "w"])):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["data"] = image.transpose(1, 0, 2) if name == "a" else image
            file["/"].attrs["axes"] = axes
    same(open_scan(tmp_path / "a.h5"), image)
    assert facts(tmp_path / "a.h5").doubts == ()
    same(open_scan(tmp_path / "b.h5"), image)
    assert "its axes are called u, v, w" in facts(tmp_path / "b.h5").doubts[0]


def test_a_voxel_size_without_a_doubt_goes_before_one_with(tmp_path):
    path = scan_files.tomocupy(tmp_path / "a.h5", scan_files.volume(), pixel=0.69)
    with h5py.File(path, "a") as file:
        file["/exchange/data"].attrs["element_size_um"] = [0.0, 0.0, 0.0]
    assert facts(path).voxel_size.value == pytest.approx((0.69,) * 3)


def test_blosc_is_read(tmp_path):
    image = scan_files.volume()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("volume", data=image, chunks=(1, 4, 5), **hdf5plugin.Blosc())
    same(open_scan(tmp_path / "a.h5"), image)


# --- Zarr ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_metres_split_over_two_levels_are_composed(tmp_path, version):
    image = scan_files.volume()
    scan_files.ngff(
        tmp_path / "a.zarr", image, version=version, unit="meter", scale=[1, 1, 1],
        whole=[2e-6, 6.5e-7, 6.5e-7],
    )  # fmt: skip
    same(open_scan(tmp_path / "a.zarr"), image)
    size = facts(tmp_path / "a.zarr").voxel_size
    assert size.value == pytest.approx((2, 0.65, 0.65))
    assert (size.unit, size.doubt) == ("um", "")


@pytest.mark.parametrize(
    ("told", "doubt"),
    [
        (
            {"scale": [1, 1, 1]},
            "it is 1 along each axis, as writers put it that know no voxel size",
        ),
        ({"scale": [-2, 2, 2]}, "it is not positive and finite"),
        ({"scale": [2, 2, 2], "unit": ""}, "it has no unit"),
        ({"scale": [2, 2, 2], "unit": "pixel"}, "its unit is 'pixel', no length"),
    ],
)
def test_a_doubtful_voxel_size_is_told_and_not_used(tmp_path, told, doubt):
    scan_files.ngff(tmp_path / "a.zarr", scan_files.volume(), version="0.4", **told)
    with pytest.warns(DoubtfulVoxelSizeWarning, match=doubt) as caught:
        series = open_series(tmp_path / "a.zarr")
    assert "\n" not in str(caught[0].message)
    assert (series.spacing, series.unit) == ((1, 1, 1), "voxel")


def test_axes_of_length_one_are_dropped_and_longer_ones_refused(tmp_path):
    image = scan_files.volume()
    scan_files.ngff(tmp_path / "a.zarr", image[None], axes="czyx", scale=[1, 2, 2, 2])
    same(open_scan(tmp_path / "a.zarr"), image)
    assert facts(tmp_path / "a.zarr").voxel_size.value == (2, 2, 2)
    scan_files.ngff(tmp_path / "b.zarr", np.stack([image, image]), axes="czyx")
    with pytest.raises(ValueError, match=r"b\.zarr must have one c, got 2 in axes c:z:y:x"):
        open_scan(tmp_path / "b.zarr")


def test_an_image_within_a_store_is_found_or_named(tmp_path):
    """As Bio-Formats writes it, and as labels lie in an image."""
    image = scan_files.volume()
    root = zarr.open_group(tmp_path / "a.zarr", mode="w")
    root.attrs["bioformats2raw.layout"] = 3
    scan_files.ngff(tmp_path / "a.zarr" / "0", image, scale=[3, 2, 2])
    zarr.open_group(tmp_path / "a.zarr" / "0" / "labels", mode="w")
    (tmp_path / "a.zarr" / "notes").mkdir()  # no part of the store
    scan_files.ngff(tmp_path / "a.zarr" / "0" / "labels" / "cells", image + 1, scale=[3, 2, 2])
    same(open_scan(tmp_path / "a.zarr"), image)
    for dataset, wanted in (("0/s0", image), ("/0", image), ("0/labels/cells", image + 1)):
        scan = open_scan(tmp_path / "a.zarr", dataset)
        same(scan, wanted)
        assert scan.provenance.voxel_size.value == (3, 2, 2)
    scan_files.ngff(tmp_path / "a.zarr" / "1", image, scale=[3, 2, 2])
    with pytest.raises(ValueError, match=r"has several: 0/labels/cells/s0, 0/s0, 1/s0"):
        open_scan(tmp_path / "a.zarr")


def test_a_smaller_version_has_its_own_voxel_size(tmp_path):
    write_zarr(tmp_path / "a.zarr", np.zeros((2, 200, 200), np.uint8), spacing=(3, 2, 2))
    scan = open_scan(tmp_path / "a.zarr", "s1")
    assert scan.shape == (1, 100, 100)
    assert scan.provenance.voxel_size.value == (6, 4, 4)


def test_a_store_with_several_arrays_wants_a_name(tmp_path):
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    for i, name in enumerate(("one", "two")):
        group.create_array(name, data=np.full((2, 3, 4), i, np.uint8))
    with pytest.raises(ValueError, match=r"dataset must be given for .*a\.zarr, .*: one, two"):
        open_scan(tmp_path / "a.zarr")
    assert open_scan(tmp_path / "a.zarr", "two").read().max() == 1
    with pytest.raises(ValueError, match=r"got 'three'; it has one, two"):
        open_scan(tmp_path / "a.zarr", "three")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_plain_array_is_a_scan(tmp_path, zarr_format):
    image = scan_files.volume()
    zarr.create_array(tmp_path / "a.zarr", data=image, zarr_format=zarr_format)
    same(open_scan(tmp_path / "a.zarr"), image)
    assert facts(tmp_path / "a.zarr").axes.source == "assumed: a.zarr does not say"


def test_names_of_dimensions_are_axes(tmp_path):
    image = scan_files.volume()
    zarr.create_array(
        tmp_path / "a.zarr", data=image.transpose(1, 0, 2), dimension_names=("y", "z", "x")
    )
    same(open_scan(tmp_path / "a.zarr"), image)


# --- npy and TIFF --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [">u2", "<f4", "?", "f2"])
def test_npy_and_npz_are_scans(tmp_path, dtype):
    image = scan_files.volume(dtype=dtype)
    np.save(tmp_path / "a.npy", np.asfortranarray(image))
    np.savez_compressed(tmp_path / "b.npz", image=image)
    same(open_scan(tmp_path / "a.npy"), image)
    same(open_scan(tmp_path / "b.npz"), image)


def test_an_npz_with_several_arrays_wants_a_name(tmp_path):
    np.savez(tmp_path / "a.npz", one=np.zeros((2, 3)), two=np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"dataset must be given for .*: one, two"):
        open_scan(tmp_path / "a.npz")
    assert open_scan(tmp_path / "a.npz", "two").read().min() == 1


def slices(folder, image, name):
    folder.mkdir(parents=True)
    for z, plane in enumerate(image):
        tifffile.imwrite(folder / name.format(z), plane)
    (folder / "rec_line.txt").write_text("tomocupy recon")


@pytest.mark.parametrize("name", ["recon_{:05d}.tiff", "b_rec_{:06d}.tiff"])
def test_slices_named_as_pipelines_do_are_one_volume(tmp_path, name):
    image = scan_files.volume()
    slices(tmp_path / "all" / "b_rec", image, name)
    assert open_series(tmp_path / "all" / "b_rec").shape == image.shape
    same(open_series(tmp_path / "all")[0], image)


@pytest.mark.parametrize("said", ["6.5e-05", "0.0001, 6.5e-05, 6.5e-05", "[1e-4 6.5e-5 6.5e-5]"])
def test_nabus_text_beside_its_slices_is_in_centimetres(tmp_path, said):
    slices(tmp_path / "a", scan_files.volume(), "a_{:06d}.tiff")
    (tmp_path / "a" / "a_infos.txt").write_text(
        f"[processing_options]\n\n[processing_options.reconstruction]\nvoxel_size_cm = {said}\n"
    )
    series = open_series(tmp_path / "a")
    z = 0.65 if said == "6.5e-05" else 1
    assert series.spacing == pytest.approx((z, 0.65, 0.65))
    assert series.unit == "um"
    assert series.spacing_source.startswith("a_infos.txt:voxel_size_cm = ")


def imagej(path, image, resolution=(0.5, 0.5), **metadata):
    tifffile.imwrite(path, image, imagej=True, resolution=resolution, metadata=metadata)


def test_fijis_voxel_size_is_used_where_it_is_whole(tmp_path):
    image = scan_files.volume(dtype=np.uint16)
    imagej(tmp_path / "a.tif", image, unit="micron", spacing=3.0)
    same(open_scan(tmp_path / "a.tif"), image)
    assert facts(tmp_path / "a.tif").voxel_size.value == (3, 2, 2)
    assert open_series(tmp_path / "a.tif").unit == "um"


@pytest.mark.parametrize(
    ("metadata", "doubt"),
    [
        ({"unit": "um"}, "it has no distance of slices"),
        ({"unit": "um", "spacing": 1.0}, "its slices are 1 apart, as ImageJ puts where nobody"),
        ({"unit": "pixel", "spacing": 2.0}, "its unit is 'pixel', no length"),
    ],
)
def test_fijis_defaults_are_no_voxel_size(tmp_path, metadata, doubt):
    imagej(tmp_path / "a.tif", scan_files.volume(dtype=np.uint16), **metadata)
    assert doubt in facts(tmp_path / "a.tif").voxel_size.doubt


def test_resolution_tags_are_doubtful(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        scan_files.volume(),
        photometric="minisblack",
        resolution=(72, 72),
        resolutionunit="INCH",
    )
    size = facts(tmp_path / "a.tif").voxel_size
    assert size.doubt == "resolution tags are meant for printing"
    assert size.value[2] == pytest.approx(25400 / 72)
    with pytest.warns(DoubtfulVoxelSizeWarning, match="meant for printing"):
        assert open_series(tmp_path / "a.tif").unit == "voxel"


def test_ome_sizes_come_with_units(tmp_path):
    image = scan_files.volume()
    tifffile.imwrite(
        tmp_path / "a.ome.tif", image,
        metadata={
            "axes": "ZYX", "PhysicalSizeX": 650.0, "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 650.0, "PhysicalSizeYUnit": "nm",
            "PhysicalSizeZ": 2000.0, "PhysicalSizeZUnit": "nm",
        },
    )  # fmt: skip
    same(open_scan(tmp_path / "a.ome.tif"), image)
    assert facts(tmp_path / "a.ome.tif").voxel_size.value == pytest.approx((2, 0.65, 0.65))


# --- series --------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_a_hyperstack_is_a_series(tmp_path, compression, kind):
    frames = scan_files.volume((2, 3, 4, 5), np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", frames, photometric="minisblack", compression=compression,
        metadata={"axes": "TZYX"}, **{kind: True},
    )  # fmt: skip
    series = open_series(tmp_path / "a.tif")
    assert [frame.name for frame in series] == ["a.tif[0]", "a.tif[1]"]
    for frame, image in zip(series, frames, strict=True):
        np.testing.assert_array_equal(frame.read(), image)
    assert series[0].provenance.axes.source == f"a.tif:{kind} axes"


def test_fijis_hyperstack_of_one_page_is_read(tmp_path):
    frames = scan_files.volume((2, 3, 4, 5), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "TZYX"})
    content = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        at = file.pages[0].offset  # behind its entries is where the next page is
        n_entries = int.from_bytes(
            content[at : at + 2], "little" if file.byteorder == "<" else "big"
        )
    at_next = at + 2 + 12 * n_entries
    content[at_next : at_next + 4] = bytes(4)
    (tmp_path / "a.tif").write_bytes(content)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 1
    np.testing.assert_array_equal(open_series(tmp_path / "a.tif")[1].read(), frames[1])


def test_pages_that_are_times_to_imagej_are_slices_with_a_doubt(tmp_path):
    image = scan_files.volume(dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": "TYX"})
    same(open_scan(tmp_path / "a.tif"), image)
    assert "its pages are times to imagej" in facts(tmp_path / "a.tif").doubts[0]


@pytest.mark.parametrize("kind", ["npy", "h5", "zarr"])
def test_four_axes_in_one_file_are_a_series(tmp_path, kind):
    frames = scan_files.volume((2, 3, 4, 5))
    path = tmp_path / f"all.{kind}"
    if kind == "npy":
        np.save(path, frames)
    elif kind == "h5":
        with h5py.File(path, "w") as file:
            file["data"] = frames
    else:
        scan_files.ngff(path, frames, axes="tzyx", scale=[1, 2, 2, 2])
    series = open_series(path)
    assert [frame.name for frame in series] == [f"all.{kind}[0]", f"all.{kind}[1]"]
    for frame, image in zip(series, frames, strict=True):
        np.testing.assert_array_equal(frame.read(), image)
    with pytest.raises(ValueError, match="must hold one scan, got 2; open_series reads them"):
        open_scan(path)


class Recorded:
    """Stands for an array elsewhere, and notes what is read of it."""

    def __init__(self, values):
        self.values, self.read = values, []
        self.shape, self.dtype = values.shape, values.dtype

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        self.read.append(index)
        return self.values[index]

    def __array__(self, *args, **kwargs):
        raise AssertionError("read as a whole")


def test_an_array_elsewhere_is_read_frame_by_frame():
    frames = Recorded(scan_files.volume((3, 2, 4, 5)))
    series = open_series(frames)
    assert frames.read == []
    np.testing.assert_array_equal(series[1].read(), frames.values[1])
    assert frames.read == [1]
    assert series[0].provenance.format == series.source == "array"


def test_arrays_of_h5py_and_zarr_are_series(tmp_path):
    frames = scan_files.volume((3, 2, 4, 5))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        series = open_series(file.create_dataset("data", data=frames))
        np.testing.assert_array_equal(series[2].read(), frames[2])
    stored = zarr.create_array(tmp_path / "a.zarr", data=frames)
    np.testing.assert_array_equal(open_series(stored)[2].read(), frames[2])


def test_dask_arrays_are_series():
    dask = pytest.importorskip("dask.array")
    frames = scan_files.volume((3, 2, 4, 5))
    np.testing.assert_array_equal(
        open_series(dask.from_array(frames, chunks=1))[2].read(), frames[2]
    )


def test_what_a_file_begins_with_goes_before_its_name(tmp_path):
    image = scan_files.volume()
    scan_files.tomocupy(tmp_path / "wrong.tif", image)
    same(open_scan(tmp_path / "wrong.tif"), image)
    (tmp_path / "notes.txt").write_text("no scan")
    with pytest.raises(ValueError, match="must be one of TIFF, HDF5, npy, Zarr, got a file that"):
        open_scan(tmp_path / "notes.txt")


def test_a_folder_with_several_formats_is_refused(tmp_path):
    scan_files.tomocupy(tmp_path / "a.h5", scan_files.volume())
    np.save(tmp_path / "b.npy", scan_files.volume())
    with pytest.raises(ValueError, match=r"holds HDF5 and npy \(a\.h5, b\.npy\); name the scans"):
        open_series(tmp_path)


def test_scans_that_differ_in_voxel_size_have_none(tmp_path):
    for name, pixel in (("a", 0.69), ("b", 1.2)):
        scan_files.tomocupy(tmp_path / f"{name}.h5", scan_files.volume(), pixel=pixel)
    with pytest.warns(DoubtfulVoxelSizeWarning, match=r"a\.h5 says 0\.69 .* and b\.h5 1\.2"):
        assert open_series(tmp_path).unit == "voxel"


# --- times ---------------------------------------------------------------------------------------


def series_of(folder, *ends, starts=(None, None, None)):
    for name, end, start in zip("abc", ends, starts, strict=False):
        scan_files.tomocupy(folder / f"{name}.h5", scan_files.volume(), end=end, start=start)
    return folder


def test_scans_are_in_order_of_their_ends_in_hours(tmp_path):
    folder = series_of(
        tmp_path, "2026-08-20T12:30:00-0500", "2026-08-20T12:00:00-0500", "2026-08-20T18:00:00+0000"
    )
    series = open_series(folder)
    assert [frame.name for frame in series] == ["b.h5", "a.h5", "c.h5"]
    assert series.times.tolist() == [0, 0.5, 1]
    assert series.time_unit == "h"
    assert series.times_source == "end of each scan, as in b.h5:/process/acquisition/end_date"
    assert open_series(folder, times=[0, 1, 2])[0].name == "a.h5"


def test_the_start_date_of_aps_files_is_never_a_time(tmp_path):
    starts = ("2026-08-01T10:00:00", "2026-08-01T11:00:00", "2026-08-01T12:00:00")
    series = open_series(series_of(tmp_path, None, None, None, starts=starts))
    assert (series.time_unit, series.times.tolist()) == ("frame", [0, 1, 2])
    assert series[0].provenance.end is None


def test_nxtomos_end_time_is_taken(tmp_path):
    for name, hour in (("a", 10), ("b", 12)):
        scan_files.nabu(tmp_path / f"{name}.hdf5", scan_files.volume(), end=f"2026-03-01 {hour}:00")
    assert open_series(tmp_path).times.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        (("2026-08-20T12:00", "2026-08-20T12:00", "2026-08-20T13:00"), "do not rise"),
        (("2026-08-20T12:00", "2026-08-20T13:00Z", "2026-08-20T14:00"), "some have none"),
        (("2026-08-20T12:00", None, "2026-08-20T14:00"), "frame numbers"),
        (("yesterday", "today", "tomorrow"), "frame numbers"),
    ],
)
def test_ends_that_give_no_times_are_not_used(tmp_path, ends, why):
    series = open_series(series_of(tmp_path, *ends))
    assert [frame.name for frame in series] == ["a.h5", "b.h5", "c.h5"]
    assert series.time_unit == "frame"
    assert why in series.times_source


def test_a_list_keeps_its_order_whatever_the_ends_are(tmp_path):
    folder = series_of(tmp_path, "2026-08-20T13:00", "2026-08-20T12:00")
    series = open_series([folder / "a.h5", folder / "b.h5"])
    assert [frame.name for frame in series] == ["a.h5", "b.h5"]
    assert "do not rise" in series.times_source


def test_reading_leaves_no_file_open(tmp_path):
    path = scan_files.tomocupy(tmp_path / "a.h5", scan_files.volume())
    scan = open_scan(path)
    scan.read()
    with h5py.File(path, "a") as file:  # HDF5 refuses while it is open for reading
        file["more"] = 1
    assert json.dumps(list(scan.shape)) == "[3, 4, 5]"
    shutil.rmtree(tmp_path)
    with warnings.catch_warnings(), pytest.raises(FileNotFoundError, match=r"a\.h5 does not exist"):
        scan.read()
