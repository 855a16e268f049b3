"""Damaged files: one line that names the file, never a crash, never other voxels unnoticed.

Where a format has no checksum over some bytes, other voxels cannot be told; the test knows which.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from crevasse.io import hdf5_file, open_scan, write_hdf5, write_npy, write_tiff, write_zarr

from fuzz_reader import NEWLINE, outcome

READER = Path(__file__).with_name("fuzz_reader.py")
SHAPE = (5, 20, 30)


def image():
    """Smooth, so that it is compressed into more than a few bytes and less than all."""
    z, y, x = np.indices(SHAPE)
    return ((z * 7 + y * x // 3) % 251).astype(np.uint16)


def raw_tiff(path):
    tifffile.imwrite(path, image(), photometric="minisblack")


def plain_hdf5(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("volume", data=image(), chunks=(1, 20, 30), compression="gzip")


def text_hdf5(path):
    """What h5py writes of itself: texts of any length, which lie in a heap without checksum."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("/exchange/data", data=image(), chunks=(1, 20, 30))
        data.attrs.update({"axes": "z:y:x", "units": "counts", "command": "tomocupy recon"})
        file["/process/acquisition/end_date"] = ["2026-08-20T12:00:00"]
        file["/process/acquisition/start_date"] = ["2026-08-20T11:00:00"]
        file["/measurement/instrument/detection_system/objective/resolution"] = [1.0]


def virtual_hdf5(path):
    """A dataset of two parts, which are listed in such a heap."""
    half = len(image()) // 2
    layout = h5py.VirtualLayout(image().shape, np.uint16)
    with h5py.File(path, "w") as file:
        for name, part in (("a", slice(half)), ("b", slice(half, None))):
            file[f"parts/{name}"] = image()[part]
            layout[part] = h5py.VirtualSource(".", f"parts/{name}", shape=image()[part].shape)
        file.create_virtual_dataset("/exchange/data", layout).attrs["axes"] = "z:y:x"


def npz(path):
    np.savez_compressed(path, image=image())


def zarr_2(path):
    zarr.create_array(path, data=image(), chunks=(2, 20, 30), zarr_format=2)


# How it is written; whether every flip of a bit in it is told.
KINDS = {
    "raw.tif": (raw_tiff, False),  # no checksum anywhere
    "ours.tif": (lambda path: write_tiff(path, image()), False),  # none over the tags
    "plain.h5": (plain_hdf5, False),  # none over HDF5's own structures before version 1.10
    "text.h5": (text_hdf5, False),
    "virtual.h5": (virtual_hdf5, False),
    "ours.h5": (lambda path: write_hdf5(path, image(), spacing=2), True),
    "image.npy": (lambda path: write_npy(path, image()), False),
    "image.npz": (npz, True),
    "two.zarr": (zarr_2, False),
    "ours.zarr": (lambda path: write_zarr(path, image(), spacing=2), True),  # chunks; not zarr.json
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A whole file of each kind, and the image in them."""
    folder = tmp_path_factory.mktemp("whole")
    for name, (write, _) in KINDS.items():
        write(folder / name)
    np.save(folder / "expected.npy", image())
    return folder


def outcomes(folder, paths, timeout):
    """What comes of reading each, in a process that may crash or hang without ending the tests."""
    if not paths:
        return []
    command = [sys.executable, READER, folder / "expected.npy", *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    lines = done.stdout.splitlines()
    fault = f"{paths[min(len(lines), len(paths) - 1)]}: {done.stderr[-2000:]}"
    assert done.returncode == 0, fault
    assert len(lines) == len(paths)
    for path, line in zip(paths, lines, strict=True):
        if line.startswith("refused"):
            assert path.name in line, line
            assert NEWLINE not in line, line
            assert len(line) < len(str(path)) + 300, line
    return lines


def victim(path, rng):
    """A file to damage: of a store, a chunk or a header."""
    if path.is_file():
        return path
    files = sorted(p for p in path.rglob("*") if p.is_file())
    return files[rng.integers(len(files))]


def copies(whole, target, name, n, damage, rng):
    """Copies of a file or store, each damaged in another way."""
    made = []
    for i in range(n):
        folder = target / f"{i}"
        folder.mkdir()
        copy = folder / name
        (shutil.copytree if (whole / name).is_dir() else shutil.copyfile)(whole / name, copy)
        file = victim(copy, rng)
        file.write_bytes(damage(file.read_bytes(), rng))
        made.append((copy, file))
    return made


def flipped(content, rng):
    at = rng.integers(len(content))
    return content[:at] + bytes([content[at] ^ (1 << rng.integers(8))]) + content[at + 1 :]


def truncated(content, rng):
    return content[: rng.integers(len(content))]


def garbled(content, rng):
    """A run of other bytes."""
    at, n = rng.integers(len(content)), rng.integers(1, 65)
    return content[:at] + rng.bytes(min(n, len(content) - at)) + content[at + n :]


def told(name, file):
    """Whether other voxels must not come of a damaged `file` of this kind."""
    return KINDS[name][1] and file.name != "zarr.json"


def check(whole, tmp_path, name, n, damage, rng, timeout):
    made = copies(whole, tmp_path, name, n, damage, rng)
    lines = outcomes(whole, [copy for copy, _ in made], timeout)
    for (copy, file), line in zip(made, lines, strict=True):
        assert line != "other" or not told(name, file), f"{copy} ({file.name}) gave other voxels"
    return lines


@pytest.mark.parametrize("damage", [flipped, truncated, garbled], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_is_refused_in_one_line_or_whole(whole, tmp_path, name, damage):
    rng = np.random.default_rng(sum(map(ord, name + damage.__name__)))
    lines = check(whole, tmp_path, name, 25, damage, rng, timeout=60)
    assert any(line.startswith("refused") for line in lines) or damage is not truncated


@pytest.mark.parametrize("name", ["text.h5", "virtual.h5"])
def test_a_damaged_heap_is_told_and_neither_hangs_nor_crashes(whole, tmp_path, name):
    content = (whole / name).read_bytes()
    heap = content.index(b"GCOL")
    made = []
    for at in range(heap + 8, content.index(bytes(64), heap) + 24):
        made.append(tmp_path / f"{at - heap}.h5")
        made[-1].write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
    lines = outcomes(whole, made, timeout=60)
    assert sum("its heap at byte" in line for line in lines) > 20
    assert "other" not in lines


def test_a_text_that_is_damaged_into_a_list_is_told(whole, tmp_path):
    content = (whole / "text.h5").read_bytes()
    at = content.index(b"axes\0") + 8  # its type: class and version, then what kind of a list
    assert content[at : at + 2] == b"\x19\1"
    path = tmp_path / "a.h5"
    path.write_bytes(content[: at + 1] + b"\3" + content[at + 2 :])
    [line] = outcomes(whole, [path], timeout=60)
    assert "@axes is a list of any length, neither text nor numbers" in line


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_heap_is_looked_through_wherever_a_reading_begins_or_ends(whole, tmp_path, is_sound):
    content = bytearray((whole / "text.h5").read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 25] ^= 0 if is_sound else 4  # the first object's length
    (tmp_path / "a.h5").write_bytes(content)
    with hdf5_file._Checked(tmp_path / "a.h5", 8, 8, 0) as file:
        for begin, n_bytes in ((heap, 64), (heap - 9, 10), (heap + 1, 3), (heap + 4, 99)):
            file.seek(begin)
            if is_sound:
                assert file.read(n_bytes) == content[begin : begin + n_bytes]
            else:
                with pytest.raises(ValueError, match=r"a\.h5 is damaged: its heap .* has no end"):
                    file.read(n_bytes)
        file.seek(heap + 100)
        assert file.read(50) == content[heap + 100 : heap + 150]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("damage", [flipped, truncated, garbled], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", KINDS)
def test_many_damaged_files_are_refused_in_one_line_or_whole(whole, tmp_path, name, damage, seed):
    rng = np.random.default_rng([seed, *map(ord, name + damage.__name__)])
    check(whole, tmp_path, name, 500, damage, rng, timeout=600)


@pytest.mark.parametrize("ending", [".tif", ".h5", ".npy", ".npz"])
@pytest.mark.parametrize("name", [name for name in KINDS if not name.endswith("zarr")])
def test_a_file_with_another_ending_is_read_for_what_it_is(whole, tmp_path, name, ending):
    shutil.copyfile(whole / name, tmp_path / f"a{ending}")
    np.testing.assert_array_equal(open_scan(tmp_path / f"a{ending}").read(), image())


@pytest.mark.parametrize("ending", [".tif", ".h5", ".npy", ".npz", ".zarr"])
@pytest.mark.parametrize("content", [b"", b"\0" * 999, b"no scan at all\n" * 99])
def test_what_is_no_scan_is_refused_in_one_line(tmp_path, ending, content):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\{ending} ") as caught:
        open_scan(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("save", [np.save, np.savez])
def test_a_header_that_asks_for_less_than_there_is_is_told(tmp_path, save):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, np.zeros((50, 60, 70), np.uint16))
    content = path.read_bytes()
    assert content.count(b"(50, 60, 70)") == 1
    path.write_bytes(content.replace(b"(50, 60, 70)", b"(30, 60, 70)"))
    line = outcome(path, np.zeros((50, 60, 70), np.uint16))
    assert line.startswith("refused"), line


def test_flips_in_raw_data_cannot_be_told(whole, tmp_path):
    """So this is not promised anywhere: the last byte of each is a voxel's."""
    for name in ("raw.tif", "image.npy"):
        content = (whole / name).read_bytes()
        at = content.rindex(image()[-1].tobytes())
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        (tmp_path / name).write_bytes(changed)
        assert (open_scan(tmp_path / name).read() != image()).sum() == 1
