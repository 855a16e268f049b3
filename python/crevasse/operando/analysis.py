"""What comes of analysing a series."""

from __future__ import annotations

from dataclasses import dataclass, field

from crevasse._table import Table
from crevasse.io import Series
from crevasse.operando.electrochemistry import FrameStates
from crevasse.operando.grey.comparison import GreyComparison
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.layers.interface import InterfaceRecord
from crevasse.operando.radial import RadialRecord
from crevasse.operando.sections import SectionRecord
from crevasse.operando.settings import Settings
from crevasse.tracking import Fronts, History


@dataclass(frozen=True)
class Analysis:
    """What a series has shown.

    Attributes
    ----------
    series, settings
        What was analysed, and how; the settings hold the thresholds that were found.
    sample
        What thresholds were found from; None if all were given.
    history
        The tracked cracks.
    measures
        A row a frame: ``frame, name, time, drift_*`` and ``residual`` in voxels, ``agreement_*``
        and ``doubtful_*`` along each axis (see `Aligned`), ``brightness``, how many times
        as bright as the first it was as it was segmented (see `Light`), ``fraction`` of
        the region of interest that is open; with `Settings.thickness` ``thickness_mean,
        thickness_median, thickness_p90`` over the open volume; and the least and greatest with
        thresholds at the ends of their bands, in ``*_low`` and ``*_high``, of these and of
        ``volume, volume_preexisting, volume_new`` and, with `Settings.fronts`, ``depth_max,
        ligament`` (see `Reach`).
    phases
        A row a frame and phase: ``frame, time`` and the columns of `Phases.table`.
    sections
        Small sections of every frame, to look at.
    failure
        Why the analysis ended before the series did; empty if it did not.
    cycling
        The state of the cell at each frame; None without `Settings.cycling`.
    fronts
        How far cracks have gone; None without `Settings.fronts`.
    layers
        The lithium layers, by electrode.
    grey
        Grey values of what was open at first, compared with those of what opened later; None
        without `Settings.grey`, or where one of them is not there.
    radial
        Where cracks are, from the cell's axis to its edge; None in images.
    skipped
        Frames that were left out: name and why.
    copies
        Frames that show the same grey values as an earlier one: name, and that of the other.
    without_greys
        Frames that hold one or two values, where others hold more.
    """

    series: Series
    settings: Settings
    sample: GreySample | None
    history: History
    measures: Table
    phases: Table
    sections: SectionRecord
    failure: str = ""
    cycling: FrameStates | None = None
    fronts: Fronts | None = None
    layers: dict[str, InterfaceRecord] = field(default_factory=dict)
    grey: GreyComparison | None = None
    radial: RadialRecord | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    without_greys: tuple[str, ...] = ()

    def __repr__(self) -> str:
        failure = f", failure {self.failure!r}" if self.failure else ""
        return f"Analysis({self.series!r}, {self.history!r}{failure})"

    @property
    def charge(self) -> Table:
        """The rows of `cycling.table` that are of the frames that were followed."""
        assert self.cycling is not None
        return self.cycling.table.where(self.measures["scan"])

    def greatest_fraction(self, phase: str) -> float:
        """The greatest share of the region that a phase has in any frame."""
        of_phase = self.phases["phase"] == phase
        return float(self.phases["fraction"][of_phase].max())

    def tables(self) -> dict[str, Table]:
        """Every table by name: the history's, the measures of frames, and what else was asked."""
        tables = self.history.tables | {"measures": self.measures, "phases": self.phases}
        if self.cycling is not None:
            tables |= {"cycling": self.cycling.table, "half_cycles": self.cycling.half_cycles}
        if self.fronts is not None:
            tables |= {
                "front_frames": self.fronts.frames,
                "front_cracks": self.fronts.cracks,
                "front_tips": self.fronts.tips,
            }
        if self.radial is not None:
            tables["radial"] = self.radial.table()
        return tables | {f"layer_{name}": record.table() for name, record in self.layers.items()}
