import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from crevasse.io import open_series, read_tiff, tiff_header, write_tiff
from crevasse.io.scan import natural_key, skipped_number


@pytest.fixture
def folder(tmp_path):
    """Three 2-D frames whose names sort wrongly as text."""
    source = tmp_path / "scans"
    source.mkdir()
    for i in (1, 2, 10):
        tifffile.imwrite(source / f"frame_{i}.tif", np.full((4, 5), i, np.uint8))
    return source


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "u2", "i4", "u4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (1, 4, 5), (2, 1, 3)])
def test_a_written_image_comes_back_equal(tmp_path, dtype, shape, rng):
    image = (rng.random(shape) * 200).astype(dtype)
    write_tiff(tmp_path / "image.tif", image)
    back = read_tiff(tmp_path / "image.tif")
    np.testing.assert_array_equal(back.reshape(shape), image)
    assert back.dtype == (np.uint8 if dtype == "?" else dtype)
    assert tiff_header(tmp_path / "image.tif") == (back.shape, back.dtype)


def test_labels_past_16_bit_survive(tmp_path):
    labels = np.array([[2**31, 2**32 - 1]], dtype=np.uint32)
    write_tiff(tmp_path / "labels.tif", labels)
    np.testing.assert_array_equal(read_tiff(tmp_path / "labels.tif"), labels)


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(KeyError):
        write_tiff(tmp_path / "image.tif", np.zeros((2, 2), dtype=object))
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.integers(0, 999), unique=True, min_size=1))
def test_natural_order_is_that_of_the_numbers(numbers):
    names = [f"scan{n}_a.tif" for n in numbers]
    assert sorted(names, key=natural_key) == [f"scan{n}_a.tif" for n in sorted(numbers)]


@pytest.mark.parametrize(
    ("names", "skipped"),
    [
        (["a_08.tif", "a_09.tif", "a_10.tif", "a_12.tif"], ("a_10.tif", "a_12.tif")),
        (["a_08.tif", "a_09.tif", "a_10.tif", "a_11.tif"], None),
        (["a2_1", "a2_3", "a2_5", "a2_9", "a2_11"], ("a2_5", "a2_9")),
        (["a_1", "a_3"], None),  # which is the usual step?
        (["a_1", "a_4", "a_9"], None),
        (["a_1", "b_2", "c_4"], None),
        (["1_1", "2_2", "3_4"], None),
        (["first", "second", "third"], None),
        ([], None),
    ],
)
def test_a_number_that_is_missing_among_scans_is_seen(names, skipped):
    assert skipped_number(names) == skipped


def test_a_folder_is_read_lazily_in_natural_order(folder):
    series = open_series(folder)
    assert [frame.name for frame in series] == ["frame_1.tif", "frame_2.tif", "frame_10.tif"]
    assert [int(frame.read()[0, 0]) for frame in series] == [1, 2, 10]
    assert series.shape == (4, 5)
    assert (series.spacing, series.unit) == ((1.0, 1.0), "voxel")
    assert series.spacing_source == "not given: voxel units"
    assert series.times.tolist() == [0, 1, 2]
    assert series.time_unit == "frame"


def test_folders_of_slices_are_volumes(tmp_path):
    for t in (2, 10):
        (tmp_path / f"t{t}").mkdir()
        for z in range(12):
            tifffile.imwrite(
                tmp_path / f"t{t}" / f"s_{z}.tiff", np.full((3, 4), 100 * t + z, np.uint16)
            )
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").write_text("no frame")
    series = open_series(tmp_path)
    assert series.shape == (12, 3, 4)
    assert [frame.name for frame in series] == ["t2", "t10"]
    np.testing.assert_array_equal(series[1].read()[:, 0, 0], 1000 + np.arange(12))


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_however_many_threads_decode_scans_are_the_same_and_the_first_bad_slice_is_named(
    tmp_path, monkeypatch, workers, compression
):
    monkeypatch.setattr(tifffile.TIFF, "MAXWORKERS", workers)
    volume = np.random.default_rng(0).integers(0, 999, (40, 30, 20), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", volume, compression=compression)
    np.testing.assert_array_equal(open_series(tmp_path / "stack.tif")[0].read(), volume)
    folder = tmp_path / "scans" / "slices"
    folder.mkdir(parents=True)
    for z, part in enumerate(volume):
        tifffile.imwrite(folder / f"s_{z}.tif", part, compression=compression)
    scan = open_series(tmp_path / "scans")[0]
    np.testing.assert_array_equal(scan.read(), volume)
    tifffile.imwrite(folder / "s_17.tif", volume[0, :5])
    (folder / "s_23.tif").write_bytes(b"II*")
    with pytest.raises(ValueError, match=r"s_17\.tif must be like the first slice.*\(5, 20\)"):
        scan.read()


def test_patterns_lists_files_and_arrays_are_sources(folder):
    assert len(open_series(str(folder / "frame_1*.tif"))) == 2
    assert open_series([folder / "frame_10.tif", folder / "frame_1.tif"])[0].read()[0, 0] == 10
    assert len(open_series(folder / "frame_2.tif")) == 1
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    np.testing.assert_array_equal(open_series(array)[1].read(), array[1])


def test_explicit_spacing_and_times_win(folder):
    series = open_series(folder, spacing=(2.0, 1.5), times=[0, 0.25, 1], unit="mm")
    assert (series.spacing, series.unit, series.spacing_source) == ((2.0, 1.5), "mm", "given")
    assert series.times.tolist() == [0, 0.25, 1]
    assert series.time_unit == "h"


@pytest.mark.parametrize(
    ("text", "times", "unit"),
    [
        ("time\n0\n1\n5\n", [0, 1, 5], "d"),
        ("time_min,load\n0,1\n15,2\n30,3\n", [0, 0.25, 0.5], "h"),
        ("time_s\n0\n1800\n3600\n", [0, 0.5, 1], "h"),
        ("file,time_h\nframe_10,9\nframe_1.tif,3\nframe_2,6\n", [3, 6, 9], "h"),
        ("\ufefffile , time_h\nframe_10,9\nframe_1,3\nframe_2,6\n", [3, 6, 9], "h"),
    ],
)
def test_times_come_from_a_csv(folder, tmp_path, text, times, unit):
    table = tmp_path / "times.csv"
    table.write_text(text, encoding="utf-8")
    series = open_series(folder, times=table, time_unit="d")
    assert series.times.tolist() == pytest.approx(times)
    assert series.time_unit == unit
    assert series.times_source == str(table)


def test_spacing_comes_from_the_csv_unless_given(folder, tmp_path):
    table = tmp_path / "times.csv"
    table.write_text("time_h,spacing\n0,1.8\n1,1.8\n2,1.8\n")
    assert open_series(folder, times=table).spacing == (1.8, 1.8)
    assert open_series(folder, times=table, spacing=3).spacing == (3.0, 3.0)
    table.write_text("time_h,spacing_y,spacing_x\n0,2,1\n1,2,1\n2,2,1\n")
    assert open_series(folder, times=table).spacing == (2.0, 1.0)


def test_rows_of_no_scan_are_told(folder, tmp_path):
    table = tmp_path / "times.csv"
    rows = ["frame_1,0", "frame_2,1", "frame_5,2", "frame_10,3"]
    table.write_text("\n".join(["file,time", *rows, "frame_11,4"]))
    series = open_series(folder, times=table)
    assert series.times.tolist() == [0, 1, 3]
    expected = f"{table}, which has frame_5 and 1 more, too: no such scan is there"
    assert series.times_source == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must hold a header and a row for each frame"),
        ("when\n1\n2\n3\n", "must have a column time, time_h, time_min or time_s, got"),
        ("time\n0\nsoon\n2\n", "must hold numbers in time, got 'soon'"),
        ("time\n0\n1\n", "times must be one a frame, got 2 for 3 frames"),
        ("time\n0\n2\n1\n", "times must be finite and rise from frame to frame"),
        ("file,time\nframe_1,0\nframe_2,1\n", "has no row for frame_10.tif in its column file"),
        ("time,spacing\n0,1\n1,2\n2,1\n", r"must have one spacing in all rows, got \[1.0, 2.0\]"),
        ("time,spacing\n0,0\n1,0\n2,0\n", "spacing must be positive and finite, got 0.0"),
    ],
)
def test_a_bad_csv_is_one_line(folder, tmp_path, text, message):
    table = tmp_path / "times.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        open_series(folder, times=table)
    assert "\n" not in str(caught.value)


def test_a_binary_csv_is_one_line(folder, tmp_path):
    (tmp_path / "times.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(ValueError, match=r"times\.csv is not a CSV text file"):
        open_series(folder, times=tmp_path / "times.csv")


def _mixed(folder):
    (folder / "inner").mkdir()
    tifffile.imwrite(folder / "inner" / "a.tif", np.zeros((2, 2), np.uint8))
    return folder


def _shape(folder):
    tifffile.imwrite(folder / "frame_3.tif", np.zeros((4, 6), np.uint8))
    return folder


def _dtype(folder):
    tifffile.imwrite(folder / "frame_3.tif", np.zeros((4, 5), np.uint16))
    return folder


def _color(folder):
    tifffile.imwrite(folder / "frame_3.tif", np.zeros((4, 5, 3), np.uint8), photometric="rgb")
    return folder


def _text(folder):
    (folder / "frame_3.tif").write_text("not a tiff")
    return folder


def _nothing(folder):
    (folder / "frame_3.tif").write_bytes(b"")
    return folder


def _empty(folder):
    (folder / "new").mkdir()
    return folder / "new"


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda f: f / "missing", FileNotFoundError, "missing does not exist"),
        (lambda f: str(f / "*.png"), FileNotFoundError, r"no file matches .*\*\.png"),
        (_empty, FileNotFoundError, r"new holds no scan \(\*\.tif, \*\.tiff, \*\.h5"),
        (lambda f: [], ValueError, "source must name at least one file"),
        (_mixed, ValueError, r"holds TIFF and folders of TIFFs \(frame_1.tif, inner\)"),
        (_shape, ValueError, r"frame_1.tif is \(4, 5\) uint8 and frame_3.tif is \(4, 6\) uint8"),
        (_dtype, ValueError, r"frame_3.tif is \(4, 5\) uint16"),
        (_color, ValueError, "frame_3.tif must be grey, got 3 samples a pixel"),
        (_text, ValueError, "frame_3.tif is not a readable TIFF"),
        (_nothing, ValueError, "frame_3.tif is not a readable TIFF"),
        (lambda f: np.zeros((2, 2)), ValueError, r"array \(t, y, x\) or"),
    ],
)
def test_a_bad_source_is_one_line(folder, spoil, error, message):
    with pytest.raises(error, match=message) as caught:
        open_series(spoil(folder))
    assert "\n" not in str(caught.value)


def image_or_message(path):
    try:
        return read_tiff(path)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("shape", [(40, 50), (6, 40, 50)])
def test_a_truncated_tiff_is_refused_at_every_length(tmp_path, compression, shape, rng):
    path = tmp_path / "scan.tif"
    image = rng.integers(0, 255, shape, dtype=np.uint8)
    tifffile.imwrite(path, image, compression=compression)
    whole = path.read_bytes()
    for length in sorted({*range(0, 200, 7), *np.linspace(200, len(whole) - 1, 60).astype(int)}):
        path.write_bytes(whole[:length])
        outcome = image_or_message(path)
        if isinstance(outcome, str):
            assert "scan.tif" in outcome
            assert "\n" not in outcome
        else:  # the last bytes of the last page's header, say: then the image is whole
            assert length > 0.99 * len(whole)
            np.testing.assert_array_equal(outcome, image)


def test_a_file_that_changed_since_opening_is_refused(folder):
    series = open_series(folder)
    tifffile.imwrite(folder / "frame_2.tif", np.zeros((7, 7), np.uint8))
    with pytest.raises(ValueError, match=r"frame_2.tif has changed since .* now it is \(7, 7\)"):
        series[1].read()


def test_what_was_read_is_the_reader_s_own(rng):
    frames = rng.integers(0, 9, (2, 3, 4))
    open_series(frames)[0].read()[...] = 99
    assert frames.max() < 9
