"""Thresholds from a histogram, each with the band within which it may as well have been."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_multiotsu

from crevasse.operando.grey.classes import GreyClass, crossing, fit_gaussians, split_classes
from crevasse.operando.grey.edges import EdgeLevel
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.partial_volume import fit_partial_volume

RULES = (
    "otsu, multi-otsu:N, levels:N, edges, cores, cores:SHARE, gaussians:N, midpoints:N, "
    "partial-volume or given:VALUE,... (N from 2 to 5, SHARE from 0.1 to 0.9)"
)
Numbers = tuple[float, ...]
_BY_VARIANCE = ("otsu", "multi-otsu", "levels")
_FEWEST_BINS = 16  # of floats: in fewer, no threshold is found to some per cent
FEWEST_CORES = 30  # voxels: the median of fewer is no better than what it would mend
_SEPARATED = 0.7  # a normal distribution, cut in the middle, has 0.64
_OTSU_BINS = {3: 1024, 4: 256, 5: 128}  # multi-Otsu takes bins to the power N - 1
_METHODS = {
    "otsu": "Otsu's method",
    "multi-otsu": "multi-Otsu, {n} classes",
    "levels": "half way between the medians of {n} classes by Otsu's method",
    "edges": "mean grey value of the edges, weighted by their steepness",
    "cores": "{share:g} of the way from the median to that of the cores, {n_cores} voxels",
    "gaussians": "crossings of {n} fitted normal distributions",
    "midpoints": "half way between the means of {n} fitted normal distributions",
    "partial-volume": "half way between two fitted levels, mixed voxels taken into account",
    "given": "given",
}


@dataclass(frozen=True)
class Threshold:
    """A grey value that parts two phases, and its sensitivity band: ``low <= value <= high``."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (self.low <= self.value <= self.high and math.isfinite(self.high - self.low)):
            raise ValueError(
                f"threshold must be finite with low <= value <= high, "
                f"got {self.low}, {self.value}, {self.high}"
            )

    @classmethod
    def of(cls, value: Threshold | float) -> Threshold:
        """A number as a threshold whose band is the number itself."""
        return value if isinstance(value, Threshold) else cls(value, value, value)

    @classmethod
    def around(cls, value: float, fraction: float) -> Threshold:
        """A number with a band of this fraction of it to both sides."""
        reach = abs(value) * fraction
        return cls(value, value - reach, value + reach)

    @classmethod
    def around_each(
        cls, bounds: Mapping[str, float | None], fraction: float
    ) -> dict[str, Threshold]:
        """`around` of the bounds that are given, by name."""
        return {n: cls.around(v, fraction) for n, v in bounds.items() if v is not None}


@dataclass(frozen=True)
class Thresholds:
    """What a rule found, dark to bright; indexed and iterated as its `Threshold`.

    Attributes
    ----------
    found
        The thresholds.
    classes
        The grey classes that they part, one more than thresholds: fitted where the rule fits, else
        mean, standard deviation and share of the voxels between the thresholds.
    source
        How the thresholds were found, for a report.
    band
        How their bands were found.
    misfit
        Of the fit, as `GaussianFit.misfit`; NaN where nothing is fitted.
    sensitivity
        As in `ThresholdRule`.
    doubt
        Why they may be wrong, for a person; empty where nothing speaks against them.
    """

    found: tuple[Threshold, ...]
    classes: tuple[GreyClass, ...]
    source: str
    band: str
    misfit: float = math.nan
    sensitivity: float = 0.1
    doubt: str = ""

    def __len__(self) -> int:
        return len(self.found)

    def half_way(self, a: int, b: int) -> Threshold:
        """Half way between the means of two classes, numbered from dark to bright.

        Where phases lie beside each other that are no neighbours in grey value, as a bright
        collector and dark lithium, their face is there.
        """
        return self.half_way_to(self.classes[a].mean, self.classes[b].mean)

    def half_way_to(self, a: float, b: float) -> Threshold:
        """Half way between two grey values, in either order."""
        return _banded((a + b) / 2, min(a, b), max(a, b), self.sensitivity)

    def __iter__(self) -> Iterator[Threshold]:
        return iter(self.found)

    def __getitem__(self, index: int) -> Threshold:
        return self.found[index]

    @property
    def values(self) -> tuple[float, ...]:
        """The grey values alone."""
        return tuple(threshold.value for threshold in self.found)


@dataclass(frozen=True)
class ThresholdRule:
    """How thresholds are found, by name.

    Attributes
    ----------
    name
        - ``otsu``: least variance within two classes [1]_. For phases of which both are common: a
          phase of a few per cent, or less, is not found.
        - ``multi-otsu:N``: the same for N classes, 3 to 5 [2]_, in at most 1024, 256, 128 bins.
        - ``levels:N``: N classes, 2 to 5, by Otsu's method; thresholds are half way between the
          medians of neighbours, which the mixed voxels at faces hardly move. That is where the
          imaging's blur and fringes leave the faces of thick bodies in place. For phases that are
          all common, such as the layers of a cell.
        - ``edges``: the mean grey value of the edges, voxels counting by their gradient where that
          stands out from the noise [3]_; see `edge_level`. That is half way between two phases
          however rare one of them is, and higher or lower for features so thin that the blur keeps
          them from their own grey value. For cracks and pores, in a region of two phases.
        - ``cores`` and ``cores:SHARE``: from the median of the region, which what is around the
          phase must fill in the main, part of the way to the median of the phase's cores, voxels
          whose neighbours along the axes are of it, too; see `find_cores`. Half way by itself, for
          cracks; 0.42 of it for small pores, which are round, so that blur takes more from them.
          Blur, noise and enhanced edges move it less than the one of ``edges``. What is thinner
          than three voxels has no cores.
        - ``gaussians:N``: N normal distributions are fitted, 2 to 4; thresholds are where two
          neighbours cross: the fewest voxels are taken for the wrong phase. Finds rare phases too.
        - ``midpoints:N``: the same fit; thresholds are half way between neighbouring means, where
          the imaging's blur leaves the faces of thick bodies in place.
        - ``partial-volume``: half way between the levels of two phases, fitted together with the
          voxels that hold both; see `fit_partial_volume`. For the volume of thin features such as
          cracks, in a region of two phases; the noise of a rare phase's threshold is cleared by
          hysteresis.
        - ``given:VALUE,...``: numbers; the histogram gives the bands alone.
    sensitivity
        The band reaches this fraction of the distance between the means of the two classes to both
        sides of the threshold, but not past a mean. 0 to 0.5.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. Syst.
       Man Cybern. 9 (1979) 62-66.
    .. [2] P.-S. Liao, T.-S. Chen, P.-C. Chung, "A fast algorithm for multilevel thresholding",
       J. Inf. Sci. Eng. 17 (2001) 713-727.
    .. [3] J. Kittler, J. Illingworth, J. Föglein, "Threshold selection based on a simple image
       statistic", Comput. Vis. Graph. Image Process. 30 (1985) 125-147.

    Examples
    --------
    >>> grey = np.array([[10, 10, 30, 30, 30]], dtype=np.uint8)
    >>> ThresholdRule("otsu").find(Histogram.from_image(grey))[0]
    Threshold(value=20.0, low=18.0, high=22.0)
    """

    name: str
    sensitivity: float = 0.1

    def __post_init__(self) -> None:
        self._parse()
        if not 0 <= self.sensitivity <= 0.5:
            raise ValueError(f"sensitivity must lie in 0..0.5, got {self.sensitivity}")

    def find(
        self,
        histogram: Histogram,
        *,
        edges: EdgeLevel | None = None,
        cores: Histogram | None = None,
    ) -> Thresholds:
        """The thresholds of a histogram, which is best pooled over the frames of a series.

        Parameters
        ----------
        histogram
            Of the region in which the phases lie. The few voxels far from all others are left out
            first; see `Histogram.without_strays`.
        edges
            Of the same region; needed by the rule ``edges`` alone.
        cores
            Of the phase in the same region; needed by the rule ``cores`` alone.

        Raises
        ------
        ValueError
            If the histogram holds too few grey values, or fitted classes cannot be told apart.
        """
        kind, numbers = self._parse()
        n_all, histogram = histogram.n_voxels, histogram.without_strays()
        n_strays = n_all - histogram.n_voxels
        n_values = np.count_nonzero(histogram.counts)
        if n_strays and n_values < _FEWEST_BINS and not histogram.is_integer and kind != "given":
            raise ValueError(
                f"threshold cannot be found: {n_strays} of {n_all} voxels lie so far from the "
                f"others that these fall into {n_values} bins of {histogram.width:g}; clip them, "
                "or give a number"
            )
        if n_values < 2 and kind != "given":
            raise ValueError("threshold cannot be found: all grey values are equal; give a number")
        cuts, classes, misfit = self._cut(kind, numbers, histogram, edges, cores)
        found = tuple(
            _banded(float(cut), below.mean, above.mean, self.sensitivity)
            for cut, (below, above) in zip(cuts, pairwise(classes), strict=True)
        )
        n_cores = 0 if cores is None else cores.n_voxels
        source = _METHODS[kind].format(n=len(classes), share=self.share, n_cores=n_cores)
        if n_strays:
            source += f"; without {n_strays} voxels far from all others"
        band = f"± {self.sensitivity:g} of the distance between the means of the two classes"
        doubt = _doubt(cuts, classes) if kind in _BY_VARIANCE else ""
        return Thresholds(found, classes, source, band, misfit, self.sensitivity, doubt)

    @property
    def needs_edges(self) -> bool:
        """Whether `find` needs the level of the edges."""
        return self._parse()[0] == "edges"

    @property
    def needs_cores(self) -> bool:
        """Whether `find` needs the cores of the phase."""
        return self._parse()[0] == "cores"

    @property
    def share(self) -> float:
        """Of the way from what is around to the cores; half, but for ``cores:SHARE``."""
        kind, numbers = self._parse()
        return numbers[0] if kind == "cores" else 0.5

    @property
    def n_classes(self) -> int:
        """How many classes of grey values the rule tells apart."""
        kind, numbers = self._parse()
        if kind == "cores":
            return 2
        return len(numbers) + 1 if kind == "given" else int(numbers[0])

    def _cut(
        self,
        kind: str,
        numbers: Numbers,
        histogram: Histogram,
        edges: EdgeLevel | None,
        cores: Histogram | None,
    ) -> tuple[NDArray[np.float64], tuple[GreyClass, ...], float]:
        """Where classes part, the classes, and how badly they fit."""
        if kind == "partial-volume":
            fit = fit_partial_volume(histogram)
            return _between_classes(fit.classes, crossings=False), fit.classes, fit.misfit
        if kind in ("gaussians", "midpoints"):
            fit = fit_gaussians(histogram, int(numbers[0]))
            cuts = _between_classes(fit.classes, crossings=kind == "gaussians")
            return cuts, fit.classes, fit.misfit
        if kind == "levels":
            classes = _median_classes(histogram, _otsu(histogram, int(numbers[0])))
            return _between_classes(classes, crossings=False), classes, math.nan
        if kind == "edges":
            if edges is None:
                raise ValueError("edges must be given for the rule edges, got None")
            cuts = np.array([edges.value])
        elif kind == "cores":
            around = histogram.median
            cuts = np.array([around + self.share * (_core_median(cores) - around)])
        else:
            cuts = np.array(numbers) if kind == "given" else _otsu(histogram, int(numbers[0]))
        return cuts, split_classes(histogram, cuts), math.nan

    def _parse(self) -> tuple[str, Numbers]:
        kind, _, tail = self.name.partition(":")
        try:
            numbers = tuple(float(part) for part in tail.split(",")) if tail else ()
        except ValueError:
            numbers = (math.nan,)
        counts = {
            "multi-otsu": (3, 4, 5),
            "levels": (2, 3, 4, 5),
            "gaussians": (2, 3, 4),
            "midpoints": (2, 3, 4),
        }
        if self.name in ("otsu", "edges", "partial-volume"):
            return kind, (2,)
        if kind in counts and len(numbers) == 1 and numbers[0] in counts[kind]:
            return kind, numbers
        if kind == "cores" and (self.name == kind or (len(numbers) == 1 and _is_share(*numbers))):
            return kind, numbers or (0.5,)
        rising = all(map(math.isfinite, numbers)) and list(numbers) == sorted(set(numbers))
        if kind == "given" and numbers and rising:
            return kind, numbers
        raise ValueError(f"threshold rule must be {RULES}, got {self.name!r}")


def _otsu(histogram: Histogram, n: int) -> NDArray[np.float64]:
    """Cuts by least variance within `n` classes, in the middle of the gap between two classes."""
    if n == 2:
        last = np.array([_last_dark(histogram.counts)])
    else:
        if np.count_nonzero(histogram.counts) < n:
            raise ValueError(
                f"histogram must hold at least {n} different grey values for multi-otsu:{n}, "
                f"got {np.count_nonzero(histogram.counts)}"
            )
        histogram = histogram.coarsened(most_bins=_OTSU_BINS[n])
        places = np.arange(histogram.counts.size)
        shares = histogram.counts / histogram.n_voxels
        last = threshold_multiotsu(hist=(shares, places), classes=n)
    taken = np.flatnonzero(histogram.counts)
    # The last value that belongs to the darker class, and the first one that does not.
    before = taken[np.searchsorted(taken, last, side="right") - 1]
    after = taken[np.searchsorted(taken, last, side="right")]
    return (histogram.values[before] + histogram.values[after]) / 2


def _is_share(number: float) -> bool:
    return 0.1 <= number <= 0.9


def _core_median(cores: Histogram | None) -> float:
    if cores is None:
        raise ValueError("cores must be given for the rule cores, got None")
    if cores.n_voxels < FEWEST_CORES:
        raise ValueError(
            f"cores must hold at least {FEWEST_CORES} voxels whose neighbours are of the phase, "
            f"too, got {cores.n_voxels}; give a number, the rule edges, or a region that what is "
            "around the phase fills in the main"
        )
    return cores.median


def _last_dark(counts: NDArray[np.int64]) -> int:
    """The place after which two classes differ most: exact, however many voxels there are."""
    share = counts / counts.sum()
    dark = np.cumsum(share)[:-1]
    moment = np.cumsum(share * np.arange(share.size))
    between = (moment[-1] * dark - moment[:-1]) ** 2
    weight = dark * (1 - dark)
    return int(np.argmax(np.divide(between, weight, out=np.zeros_like(dark), where=weight > 0)))


def _median_classes(histogram: Histogram, cuts: NDArray[np.float64]) -> tuple[GreyClass, ...]:
    """The classes between cuts, with their medians for means."""
    of = np.searchsorted(cuts, histogram.values)
    classes = []
    for i, own in enumerate(split_classes(histogram, cuts)):
        below = np.cumsum(np.where(of == i, histogram.counts, 0))
        median = histogram.values[np.searchsorted(below, below[-1] / 2)]
        classes.append(replace(own, mean=float(median)))
    return tuple(classes)


def _doubt(cuts: NDArray[np.float64], classes: tuple[GreyClass, ...]) -> str:
    """Which cuts do not part two peaks. Otsu's method cuts a single one in the middle."""
    within = [
        f"{cut:.4g}"
        for cut, pair in zip(cuts, pairwise(classes), strict=True)
        if _separation(*pair) < _SEPARATED
    ]
    return f"{', '.join(within)} does not part two peaks of grey values" if within else ""


def _separation(a: GreyClass, b: GreyClass) -> float:
    """Share of the variance of two classes that lies between them."""
    share = a.weight / (a.weight + b.weight)
    between = share * (1 - share) * (a.mean - b.mean) ** 2
    return between / (between + share * a.sigma**2 + (1 - share) * b.sigma**2)


def _between_classes(classes: tuple[GreyClass, ...], *, crossings: bool) -> NDArray[np.float64]:
    cuts = []
    for below, above in pairwise(classes):
        cut = crossing(below, above) if crossings else (below.mean + above.mean) / 2
        if cut is None:
            raise ValueError(
                f"fitted classes must cross between their means, got {below.mean:.4g} and "
                f"{above.mean:.4g}, which do not: too alike or too rare; try midpoints, fewer "
                "classes or a smaller region of interest"
            )
        cuts.append(cut)
    return np.array(cuts)


def _banded(cut: float, below: float, above: float, sensitivity: float) -> Threshold:
    reach = sensitivity * (above - below)
    if math.isnan(reach):
        return Threshold.of(cut)  # a given number with nothing on one side: no band to be had
    return Threshold(cut, min(cut, max(cut - reach, below)), max(cut, min(cut + reach, above)))
