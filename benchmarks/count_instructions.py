"""Instructions a voxel of every core kernel, counted by callgrind: the same on any noisy machine.

python benchmarks/count_instructions.py [--edge 128] [--volumes crack]. Needs valgrind and CMake.
One thread. A change is judged by the difference between two tables.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

from volumes import VOLUMES

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "kernels"
KERNELS = (
    "encode_mask",
    "encode_values",
    "encode_threshold",
    "label",
    "label_values",
    "write_values",
    "regions",
    "surface",
    "contacts",
    "intensity",
    "quantiles",
    "overlap",
    "dilate",
    "window",
    "distance",
    "nearest_background",
    "label_distance",
    "local_thickness",
    "union",
)


def build() -> Path:
    # What valgrind can run: the clone for AVX2 at most.
    subprocess.run(
        ["cmake", "-S", ROOT, "-B", BUILD, "-DCREVASSE_BENCHMARKS=ON", "-DCREVASSE_OPENMP=OFF"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["cmake", "--build", BUILD, "-j2"], check=True, stdout=subprocess.DEVNULL)
    return BUILD / "kernels"


def count(program: Path, kernel: str, volume: Path, edge: int) -> tuple[int, int]:
    """Instructions, and the number of runs in the volume."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += ["--toggle-collect=measured", str(program), kernel, str(volume), str(edge)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if collected is None:
        raise SystemExit(f"callgrind did not say what it collected: {done.stderr}")
    return int(collected.group(1)), int(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", type=int, default=128)
    parser.add_argument("--volumes", nargs="+", choices=list(VOLUMES), default=list(VOLUMES))
    parser.add_argument("--kernels", nargs="+", choices=KERNELS, default=KERNELS)
    options = parser.parse_args()
    program = build()
    print("| volume | kernel | instructions/voxel | instructions/run |")
    print("|---|---|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.volumes:
            path = Path(folder) / f"{name}.raw"
            VOLUMES[name](options.edge).tofile(path)
            for kernel in options.kernels:
                instructions, runs = count(program, kernel, path, options.edge)
                voxels = options.edge**3
                print(
                    f"| {name} {options.edge}³ | {kernel} | {instructions / voxels:.3f} | "
                    f"{instructions / max(runs, 1):.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
