import itertools
import subprocess
import sys

import numpy as np
import pytest
from chunked import Chunked
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import crevasse

from reference import flood_labels, in_raster_order, scipy_labels
from strategies import connectivities, label_images, masks, shapes_2d, threads


@given(masks(), connectivities, threads)
def test_components_of_a_mask_are_those_of_scipy(mask, connectivity, n_threads):
    result = crevasse.label(mask, connectivity=connectivity, n_threads=n_threads)
    expected = scipy_labels(mask, connectivity)
    np.testing.assert_array_equal(result.labels, expected)
    assert result.count == expected.max(initial=0)
    assert result.labels.dtype == np.uint32


@given(label_images(), connectivities)
def test_integer_voxels_join_exactly_where_they_touch_and_are_equal(image, connectivity):
    two_d_equivalent = connectivity if image.ndim == 3 else {6: 4, 18: 8, 26: 8}[connectivity]
    result = crevasse.label(image, connectivity=connectivity)
    np.testing.assert_array_equal(result.labels, flood_labels(image, two_d_equivalent))


@given(label_images(), connectivities, st.integers(0, 7), threads)
def test_along_periodic_axes_opposite_faces_join(image, connectivity, axes, n_threads):
    periodic = tuple(bool(axes >> i & 1) for i in range(image.ndim))
    two_d_equivalent = connectivity if image.ndim == 3 else {6: 4, 18: 8, 26: 8}[connectivity]
    options = {"connectivity": connectivity, "periodic": periodic, "n_threads": n_threads}
    result = crevasse.label(image, **options)
    expected = flood_labels(image, two_d_equivalent, periodic)
    np.testing.assert_array_equal(result.labels, expected)
    binary = crevasse.label(image != 0, **options)
    expected = flood_labels((image != 0).astype(int), two_d_equivalent, periodic)
    np.testing.assert_array_equal(binary.labels, expected)
    del options["connectivity"]
    runs = crevasse.RunVolume.from_mask(image != 0).label(connectivity, **options)
    np.testing.assert_array_equal(runs.to_labels(), binary.labels)


@given(masks(shapes_2d))
def test_two_dimensional_connectivity_4_is_6_and_8_is_26(mask):
    for flat, deep in ((4, 6), (8, 26), (8, 18)):
        np.testing.assert_array_equal(
            crevasse.label(mask, connectivity=flat).labels,
            crevasse.label(mask[None], connectivity=deep).labels[0],
        )


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize(
    ("shape", "density"),
    [
        ((96, 97, 98), 0.1),
        ((96, 97, 98), 0.25),
        ((96, 97, 98), 0.6),
        ((1, 900, 900), 0.4),
        ((900, 1, 900), 0.4),
        ((900, 900, 1), 0.4),
        ((3, 5, 70001), 0.3),
    ],
)
def test_labels_are_the_same_for_every_number_of_threads(shape, density, connectivity, rng):
    mask = rng.random(shape) < density
    expected = scipy_labels(mask, connectivity)
    for n_threads in (1, 2, 3, 7):
        result = crevasse.label(mask, connectivity=connectivity, n_threads=n_threads)
        np.testing.assert_array_equal(result.labels, expected)


def test_many_valued_labels_are_the_same_for_every_number_of_threads(rng):
    image = rng.integers(0, 3, (96, 97, 98), dtype=np.uint16) * 1000
    expected = crevasse.label(image, n_threads=1)
    parts = [in_raster_order(scipy_labels(image == v, 26)) for v in (1000, 2000)]
    assert expected.count == sum(p.max() for p in parts)
    for n_threads in (2, 3, 7):
        np.testing.assert_array_equal(
            crevasse.label(image, n_threads=n_threads).labels, expected.labels
        )


def spiral(n: int) -> np.ndarray:
    """One winding path, a voxel wide: the longest chain a square can hold."""
    mask = np.zeros((n, n), dtype=bool)
    y = x = 0
    dy, dx = 0, 1
    mask[0, 0] = True
    turns = 0
    while turns < 2:
        ahead, beyond = (y + dy, x + dx), (y + 2 * dy, x + 2 * dx)
        inside = 0 <= ahead[0] < n and 0 <= ahead[1] < n
        free = not (0 <= beyond[0] < n and 0 <= beyond[1] < n) or not mask[beyond]
        if inside and free:
            (y, x), turns = ahead, 0
            mask[y, x] = True
        else:
            (dy, dx), turns = (dx, -dy), turns + 1
    return mask


def comb(n: int) -> np.ndarray:
    """Teeth that meet only in the last row."""
    mask = np.zeros((n, n), dtype=bool)
    mask[:, ::2] = True
    mask[-1] = True
    return mask


@pytest.mark.parametrize("image", [spiral(301), comb(700), comb(700).T, comb(700)[::-1]])
@pytest.mark.parametrize("n_threads", [1, 7])
def test_a_winding_path_and_a_comb_are_one_component(image, n_threads):
    assert image.sum() > 1000
    assert crevasse.label(image, connectivity=4, n_threads=n_threads).count == 1


def test_checkerboard_is_apart_by_faces_and_one_by_edges():
    z, y, x = np.indices((40, 41, 66))
    board = (z + y + x) % 2 == 0
    assert crevasse.label(board, connectivity=6).count == board.sum()
    assert crevasse.label(board, connectivity=18).count == 1


@pytest.mark.parametrize("offset", list(itertools.product((-1, 0, 1), repeat=3)))
def test_two_voxels_join_exactly_in_the_connectivities_of_their_offset(offset):
    mask = np.zeros((3, 3, 3), dtype=bool)
    mask[1, 1, 1] = True
    mask[tuple(1 + o for o in offset)] = True
    steps = sum(map(abs, offset))
    for connectivity, reach in ((6, 1), (18, 2), (26, 3)):
        apart = steps > reach
        assert crevasse.label(mask, connectivity=connectivity).count == 1 + apart


@given(masks(), connectivities)
def test_flips_and_transposes_give_the_same_partition(mask, connectivity):
    labels = crevasse.label(mask, connectivity=connectivity).labels
    flipped = crevasse.label(mask[..., ::-1], connectivity=connectivity).labels
    np.testing.assert_array_equal(in_raster_order(flipped[..., ::-1].copy()), labels)
    transposed = crevasse.label(mask.T, connectivity=connectivity).labels
    np.testing.assert_array_equal(in_raster_order(transposed.T.copy()), labels)


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", ">u4", "i8"])
def test_memory_order_strides_and_byte_order_do_not_matter(dtype, rng):
    image = (rng.random((7, 9, 70)) < 0.4).astype(dtype)
    expected = crevasse.label(image).labels
    wide = np.zeros((7, 18, 140), dtype=dtype)
    wide[:, ::2, ::2] = image
    readonly = image.copy()
    readonly.flags.writeable = False
    backwards = image[::-1, ::-1].copy()[::-1, ::-1]
    for same in (np.asfortranarray(image), wide[:, ::2, ::2], readonly, backwards):
        np.testing.assert_array_equal(crevasse.label(same).labels, expected)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8"])
def test_labels_are_written_into_the_callers_array(dtype, rng):
    mask = rng.random((5, 6, 70)) < 0.05
    out = np.full(mask.shape, 77, dtype=dtype)
    result = crevasse.label(mask, out=out)
    assert result.labels is out
    np.testing.assert_array_equal(out, scipy_labels(mask, 26))
    np.testing.assert_array_equal(crevasse.label(mask, dtype=dtype).labels, out)
    assert crevasse.label(mask, dtype=dtype).labels.dtype == dtype


def test_labels_are_written_into_a_memory_map(tmp_path, rng):
    mask = rng.random((20, 30, 40)) < 0.2
    out = np.memmap(tmp_path / "labels", dtype=np.uint16, mode="w+", shape=mask.shape)
    crevasse.label(mask, out=out)
    np.testing.assert_array_equal(out, scipy_labels(mask, 26))


@pytest.mark.parametrize("dtype", ["?", "u1", "i4"])
@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_a_volume_on_disk_is_labelled_slab_by_slab_into_another(chunk, dtype, rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 4 * 20 * 70)
    mask = rng.random((23, 20, 70)) < 0.2
    source = Chunked((mask * 7).astype(dtype), chunk)
    out = Chunked(np.full(mask.shape, 9, np.uint16), chunk)
    result = crevasse.label(source, connectivity=6, periodic=(True, False, False), out=out)
    expected = crevasse.label(mask, connectivity=6, periodic=(True, False, False))
    assert result.labels is out
    assert result.count == expected.count
    np.testing.assert_array_equal(out.values, expected.labels)
    assert max(source.read) <= max(4, chunk)


def test_a_volume_on_disk_with_many_values_is_labelled_as_a_whole(tmp_path, rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 4 * 20 * 70)
    for first, last in ((1, 1), (0, 0), (1, 0)):
        image = rng.integers(0, 3, (9, 20, 70), dtype=np.uint8)
        image[:4] *= first  # several values in both halves, in one, or one in each
        image[4:] = image[4:] * last if last or not first else (image[4:] > 0) * 5
        image.tofile(tmp_path / "image.raw")
        mapped = np.memmap(tmp_path / "image.raw", np.uint8, "r", shape=image.shape)
        np.testing.assert_array_equal(crevasse.label(mapped).labels, crevasse.label(image).labels)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_large_memory_maps_are_read_and_written_slab_by_slab(mode, tmp_path, rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 3 * 64 * 70)
    mask = rng.random((40, 64, 70)) < 0.1
    mask.tofile(tmp_path / "mask.raw")
    mapped = np.memmap(tmp_path / "mask.raw", bool, mode, offset=0, shape=mask.shape)[3:]
    mask = mask[3:]
    if mode == "c":
        mapped[5] = mask[5] = True  # in memory only
    out = np.memmap(tmp_path / "labels", np.uint32, "w+", shape=mask.shape)
    crevasse.label(mapped, out=out)
    np.testing.assert_array_equal(out, scipy_labels(mask, 26))
    np.testing.assert_array_equal(mapped, mask)


def test_labelling_in_place_is_safe(rng):
    image = (rng.random((9, 10, 70)) < 0.2).astype(np.uint32)
    expected = scipy_labels(image != 0, 26)
    crevasse.label(image, out=image)
    np.testing.assert_array_equal(image, expected)


_MANY = np.zeros((40, 40), dtype=bool)
_MANY[::2, ::2] = True


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"image": np.zeros((2, 2))},
            TypeError,
            "image must be bool or integer, got float64; pass",
        ),
        ({"image": np.zeros((2, 2), complex)}, TypeError, "got complex128"),
        ({"image": np.array([["a"]])}, TypeError, "image must be bool or integer"),
        ({"image": np.zeros(4, bool)}, ValueError, r"image must be 2-D .* got shape \(4,\)"),
        ({"image": np.zeros((1, 1, 1, 1), bool)}, ValueError, "image must be 2-D"),
        (
            {"image": np.zeros((2, 2, 2), bool), "connectivity": 8},
            ValueError,
            "6, 18 or 26 .* got 8",
        ),
        ({"connectivity": 5}, ValueError, "connectivity must be 4 or 8 .* got 5"),
        ({"periodic": (True,)}, ValueError, r"periodic must be a bool or \(y, x\) bools, got"),
        ({"periodic": 1}, ValueError, "periodic must be a bool or .* got 1"),
        ({"connectivity": None}, ValueError, "got None"),
        ({"dtype": np.int32}, TypeError, "dtype must be uint8, .* got int32"),
        (
            {"dtype": np.uint8},
            ValueError,
            "dtype must hold 400 labels, got uint8, which ends at 255",
        ),
        ({"out": np.zeros((3, 40), np.uint32)}, ValueError, r"out must have the image's shape"),
        ({"out": np.zeros((40, 40), np.uint8)}, ValueError, "out must hold 400 labels"),
        ({"out": np.zeros((40, 40), np.int32)}, TypeError, "out must be uint8, .*, got int32"),
        ({"out": np.zeros((40, 40), np.float32)}, TypeError, "got float32"),
        ({"out": np.zeros((40, 80), np.uint32)[:, ::2]}, ValueError, "out must be C-contiguous"),
        ({"out": [[0]]}, TypeError, "out must be an array, got list"),
        (
            {"out": np.zeros((40, 40), np.uint32), "dtype": np.uint16},
            ValueError,
            "dtype must be that of out",
        ),
        (
            {"n_threads": 0},
            ValueError,
            "n_threads must be a whole number from 1 to 2147483647 or None, got 0",
        ),
        ({"n_threads": 1.5}, ValueError, "n_threads must be"),
    ],
)
def test_bad_arguments_are_refused_in_one_line_and_out_is_untouched(arguments, error, message):
    arguments = {"image": _MANY, **arguments}
    out = arguments.get("out")
    if isinstance(out, np.ndarray):
        out[...] = 9
    with pytest.raises(error, match=message) as caught:
        crevasse.label(**arguments)
    assert "\n" not in str(caught.value)
    if isinstance(out, np.ndarray):
        assert (out == 9).all()


@pytest.mark.slow
def test_volume_of_more_than_2_to_the_31_voxels():
    shape = (2100, 1024, 1024)
    mask = np.zeros(shape, dtype=np.uint8)  # pages that stay untouched cost no memory
    boundary = np.unravel_index(2**31, shape)
    mask[boundary[0] - 2 : boundary[0] + 3, 5, 7:20] = 1  # crosses voxel 2^31
    mask[-1, -1, -1] = 1
    mask[0, 0, 0] = 1
    out = np.zeros(shape, dtype=np.uint8)
    result = crevasse.label(mask, out=out)
    assert result.count == 3
    assert [int(out[0, 0, 0]), int(out[boundary[0], 5, 7]), int(out[-1, -1, -1])] == [1, 2, 3]
    table = crevasse.region_table(out)
    assert table["n_voxels"].tolist() == [1, 65, 1]
    assert table["first_voxel"][2] == mask.size - 1 > 2**31
    assert crevasse.overlap(out, mask).n_voxels.tolist() == [1, 65, 1]
    assert crevasse.layer_thickness(mask).map.max() == 5


@pytest.mark.slow
def test_labels_beyond_voxel_2_to_the_31_repeat_those_of_the_first_slices(rng):
    """Copies of one busy slab apart by an empty slice: each holds the labels, counted on."""
    slab = np.zeros((64, 1024, 1024), dtype=bool)
    slab[:-1] = ndimage.gaussian_filter(rng.standard_normal((63, 1024, 1024)), 4) > 0.06
    expected = scipy_labels(slab, 26).astype(np.uint16)
    count, copies = int(expected.max()), 33
    assert 1000 < count < 65535 // copies
    image = np.tile(slab, (copies, 1, 1))
    assert image.size > 2**31
    result = crevasse.label(image, dtype=np.uint16)
    assert result.count == copies * count
    for k in range(copies):
        shifted = np.where(expected, expected + np.uint16(k * count), np.uint16(0))
        np.testing.assert_array_equal(result.labels[64 * k : 64 * (k + 1)], shifted)


_LABEL_A_FILE = """
import resource, sys
import numpy as np
import crevasse

folder, *shape = sys.argv[1], *map(int, sys.argv[2:])
image = np.memmap(f"{folder}/image.raw", np.uint8, "r", shape=tuple(shape))
out = np.memmap(f"{folder}/labels.raw", np.uint16, "w+", shape=tuple(shape))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = crevasse.label(image, out=out).count
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_file_of_2_gigavoxels_is_labelled_within_2_gib_all_its_pages_counted(tmp_path, rng):
    slab = ndimage.gaussian_filter(rng.standard_normal((63, 1024, 1024), np.float32), 4) > 0.06
    expected = scipy_labels(slab, 26).astype(np.uint16)
    count, copies = int(expected.max()), 34
    with (tmp_path / "image.raw").open("wb") as file:
        for _ in range(copies):
            file.write(np.concatenate([slab, np.zeros((1, 1024, 1024), bool)]).tobytes())
    shape = (64 * copies, 1024, 1024)
    assert np.prod(shape) > 2**31
    command = [sys.executable, "-c", _LABEL_A_FILE, str(tmp_path), *map(str, shape)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(said[0]) == copies * count
    assert int(said[1]) < 2 * 2**20  # KiB
    out = np.memmap(tmp_path / "labels.raw", np.uint16, "r", shape=shape)
    for k in (0, 1, copies - 1):
        shifted = np.where(expected, expected + np.uint16(k * count), np.uint16(0))
        np.testing.assert_array_equal(out[64 * k : 64 * k + 63], shifted)
