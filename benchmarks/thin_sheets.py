"""What each thickness reads on thin sheets: python benchmarks/thin_sheets.py [--figure thin.png].

Question: how far is each from the truth on sheets 0.5 to 8 voxels wide, at any tilt, flat and
warped, after partial volume, blur, noise and a threshold at half contrast; and how wide must a
sheet be for the mask to find it? Prints the tables of docs/thin_sheets.md and draws its figure.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

import crevasse

EDGE = 56  # voxels
MARGIN = 12  # of what is looked at to the volume's border: no border matters
BLUR = 0.85  # of the scan, the deviation of a Gaussian in voxels
NOISE = 0.1  # deviation, as a share of the contrast of solid and void
PARTS = 4  # along each axis, of which a voxel is the mean
WIDTHS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0)
SOFT, FAINT = 1.0, 0.15  # the second mask: blur again by SOFT, and take what is above FAINT
RIDGE = "2 × distance, ridge"
BALLS = "local_thickness"
GREY = "aperture"
GREY_SOFT = "aperture, soft mask"
# Okabe & Ito's palette: told apart with every common colour vision. Dashes and markers, too.
STYLES = {
    RIDGE: ("#e69f00", "o", "-"),
    BALLS: ("#cc79a7", "s", "--"),
    GREY: ("#0072b2", "^", "-"),
    GREY_SOFT: ("#009e73", "D", ":"),
}

Volume = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """One method on one sheet."""

    width: float
    method: str
    mean: float  # NaN where the mask found nothing to measure
    spread: float  # deviation of single voxels
    found: float  # share of the sheet's area that the mask holds


def sheet(width: float, normal: Volume, bent: bool, offset: float) -> Volume:
    """The open part of every voxel."""
    along = np.cross(normal, [1.0, 0, 0] if abs(normal[0]) < 0.9 else [0, 1.0, 0])
    along /= np.linalg.norm(along)
    fine = (np.arange(EDGE * PARTS) + 0.5) / PARTS - EDGE / 2
    z, y, x = (fine.reshape(np.roll((-1, 1, 1), i)) for i in range(3))
    height = normal[0] * z + normal[1] * y + normal[2] * x - offset
    if bent:
        height = from_wave(height, along[0] * z + along[1] * y + along[2] * x)
    inside = np.clip(PARTS * (width / 2 - np.abs(height)) + 0.5, 0, 1)
    return inside.reshape(EDGE, PARTS, EDGE, PARTS, EDGE, PARTS).mean(axis=(1, 3, 5))


def from_wave(height: Volume, along: Volume, rise: float = 4.0, length: float = 44.0) -> Volume:
    """Signed distance from rise × sin(2 π along / length), by Newton's steps to its foot."""
    k = 2 * np.pi / length
    foot = np.broadcast_to(along, height.shape).astype(np.float32)
    height = height.astype(np.float32)
    for _ in range(4):
        sine, cosine = rise * np.sin(k * foot), rise * k * np.cos(k * foot)
        up = sine - height
        # The floor matters far from the sheet only, where any large distance will do.
        bend = np.maximum(1 + cosine**2 - up * k**2 * sine, 0.3)
        foot = foot - (foot - along + up * cosine) / bend
    side = np.sign(height - rise * np.sin(k * along))
    return side * np.hypot(height - rise * np.sin(k * foot), foot - along)


def tilts(rng: np.random.Generator, n: int) -> Iterator[Volume]:
    """The axis, the diagonals, and random directions."""
    for normal in ([1.0, 0, 0], [1.0, 1, 0], [1.0, 1, 1]):
        yield np.array(normal) / np.linalg.norm(normal)
    for _ in range(n - 3):
        normal = rng.normal(size=3)
        yield normal / np.linalg.norm(normal)


def read(
    width: float, open_part: Volume, normal: Volume, rng: np.random.Generator
) -> list[Reading]:
    """Scan, segment and measure one sheet by every method."""
    scan = ndimage.gaussian_filter(open_part, BLUR) + rng.normal(0, NOISE, open_part.shape)
    hard = cleaned(scan > 0.5)
    soft = cleaned(ndimage.gaussian_filter(scan, SOFT) > FAINT)
    across = int(np.argmax(np.abs(normal)))
    crossed = inner((open_part > 0).any(axis=across))
    readings = []
    for method, mask in ((RIDGE, hard), (BALLS, hard), (GREY, hard), (GREY_SOFT, soft)):
        values = measure(method, scan, mask, across)
        found = inner(mask.any(axis=across))[crossed].mean()
        known = values.size > 0
        readings.append(
            Reading(
                width,
                method,
                float(values.mean()) if known else np.nan,
                float(values.std()) if known else np.nan,
                float(found),
            )
        )
    return readings


def measure(method: str, scan: Volume, mask: Mask, across: int) -> NDArray[np.float32]:
    """Values of the voxels that lie well inside the volume.

    The ridge of distances is the largest of each column along the axis `across` the sheet.
    """
    if method in (GREY, GREY_SOFT):
        values = crevasse.aperture(scan, mask, solid=0.0, void=1.0).map
        chosen = mask & np.isfinite(values)
    elif method == BALLS:
        values = crevasse.local_thickness(mask)
        chosen = mask
    else:
        values = 2 * crevasse.distance(mask)
        chosen = mask & (values == values.max(axis=across, keepdims=True))
    return inner(values)[inner(chosen)]


def cleaned(mask: Mask) -> Mask:
    """As one would: without specks and holes of noise."""
    runs = crevasse.RunVolume.from_mask(mask)
    return crevasse.fill_cavities(crevasse.remove_small(runs, 60)).to_mask()


def inner(volume: NDArray) -> NDArray:
    return volume[tuple(slice(MARGIN, -MARGIN) for _ in range(volume.ndim))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, help="PNG to draw")
    parser.add_argument("--tilts", type=int, default=12)
    options = parser.parse_args()
    rng = np.random.default_rng(20250812)
    readings = [
        reading
        for width in WIDTHS
        for normal in tilts(rng, options.tilts)
        for bent in (False, True)
        for reading in read(width, sheet(width, normal, bent, rng.uniform(-0.5, 0.5)), normal, rng)
    ]
    print(table(readings))
    if options.figure:
        figure(readings).savefig(options.figure, dpi=140)


def of(readings: list[Reading], method: str, width: float) -> list[Reading]:
    return [r for r in readings if r.method == method and r.width == width]


def biases(readings: list[Reading], method: str, width: float) -> NDArray[np.float64]:
    """Of the sheets of which the mask holds at least half; empty where those are the fewer."""
    sheets = of(readings, method, width)
    errors = np.array([r.mean - r.width for r in sheets if r.found >= 0.5])
    return errors if 2 * errors.size >= len(sheets) else np.empty(0)


def table(readings: list[Reading]) -> str:
    lines = ["| width | " + " | ".join(STYLES) + " | found | found, soft mask |"]
    lines.append("|--:|" + "--:|" * (len(STYLES) + 2))
    for width in WIDTHS:
        cells = [f"{width:g}"]
        for method in STYLES:
            errors = biases(readings, method, width)
            cells.append(f"{errors.mean():+.2f} ± {errors.std():.2f}" if errors.size else "–")
        cells += [
            f"{np.mean([r.found for r in of(readings, method, width)]):.0%}"
            for method in (GREY, GREY_SOFT)
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("\nDeviation of single voxels within a sheet, widths of 2 to 8:\n")
    for method in STYLES:
        spread = np.mean([r.spread for r in readings if r.method == method and r.width >= 2])
        lines.append(f"- {method}: {spread:.2f}")
    return "\n".join(lines)


def figure(readings: list[Reading]) -> Figure:
    drawing = Figure(figsize=(9, 7.4), layout="constrained")
    top, bottom = drawing.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    draw_biases(top, readings)
    draw_found(bottom, readings)
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    return drawing


def draw_biases(axes: Axes, readings: list[Reading]) -> None:
    axes.axhline(0, color="black", linewidth=1)
    for method, (color, marker, dashes) in STYLES.items():
        errors = {w: e for w in WIDTHS if (e := biases(readings, method, w)).size}
        widths = list(errors)
        low, mean, high = ([f(e) for e in errors.values()] for f in (np.min, np.mean, np.max))
        axes.fill_between(widths, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(widths, mean, dashes, color=color, marker=marker, markersize=5, label=method)
    axes.set_ylabel("reading − true width (voxels)")
    axes.set_ylim(-0.6, 1.3)
    axes.set_xticks(range(9))
    axes.legend(frameon=False, loc="upper right", ncols=4)
    axes.set_title("Bias: mean over tilts and shapes, and the range of single sheets", loc="left")


def limit_of(readings: list[Reading], method: str) -> float:
    """The least width of which the mask holds nine tenths, on average."""
    return next(w for w in WIDTHS if np.mean([r.found for r in of(readings, method, w)]) >= 0.9)


def draw_found(axes: Axes, readings: list[Reading]) -> None:
    for method, label in ((GREY, "mask at half contrast"), (GREY_SOFT, "soft mask")):
        color, marker, dashes = STYLES[method]
        found = [[r.found for r in of(readings, method, w)] for w in WIDTHS]
        low, mean, high = ([100 * f(v) for v in found] for f in (np.min, np.mean, np.max))
        axes.fill_between(WIDTHS, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(WIDTHS, mean, dashes, color=color, marker=marker, markersize=5, label=label)
        limit = limit_of(readings, method)
        axes.annotate(
            f"{limit:g}",
            (limit, 100),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            color=color,
        )
    axes.set_ylim(-5, 125)
    axes.set_yticks(range(0, 101, 25))
    axes.set_xlim(0.3, 8.2)
    axes.set_xlabel("true width (voxels)")
    axes.set_ylabel("area found by the mask (%)")
    axes.legend(frameon=False, loc="lower right")
    axes.set_title("What is found at all, and the width from which nine tenths are", loc="left")


if __name__ == "__main__":
    main()
