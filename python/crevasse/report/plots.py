"""Every plot of an analysis, as files."""

from __future__ import annotations

from matplotlib.figure import Figure

from crevasse.operando import Analysis, Threshold
from crevasse.report import figures
from crevasse.report.cell_figures import cell_figures
from crevasse.report.encoding import png, render
from crevasse.report.galleries import eventful_frames
from crevasse.report.grey_figures import comparison_figure, histogram_figure
from crevasse.report.lineage import lineage_figure
from crevasse.report.radial_figure import radial_figure
from crevasse.report.rendering import rendering
from crevasse.report.section_figure import section_figure


def plots(analysis: Analysis) -> dict[str, bytes]:
    """By file name; pictures as PNG, curves as SVG too."""
    made = {name: render(figure, "png", dpi=200) for name, figure in _pictures(analysis).items()}
    picture = rendering(analysis)
    if picture is not None:
        made["rendering.png"] = png(picture)
    for name, figure in _curves(analysis).items():
        made |= {f"{name}.{suffix}": render(figure, suffix) for suffix in ("png", "svg")}
    return made


def _pictures(analysis: Analysis) -> dict[str, Figure]:
    frames = eventful_frames(analysis)
    times = [figures.time_label(analysis, frame) for frame in frames]
    unit = figures.length_unit(analysis)
    made = {"first_open.png": figures.first_open_figure(analysis)}
    for view in analysis.sections.views():
        name = "upright" if view.upright else "slices"
        made[f"{name}.png"] = section_figure(view, frames, times, unit)
    return made


def _curves(analysis: Analysis) -> dict[str, Figure]:
    curves = {"volume": figures.volume_figure(analysis)}
    if len(analysis.history.intervals):
        curves["events"] = figures.events_figure(analysis)
    curves |= cell_figures(analysis)
    if analysis.sample is not None:
        curves["grey"] = histogram_figure(analysis.sample, _thresholds(analysis))
    if analysis.grey is not None:
        curves["comparison"] = comparison_figure(analysis.grey)
    if analysis.radial is not None and analysis.history.frames["n_voxels"].any():
        curves["radial"] = radial_figure(analysis)
    return curves | {"lineage": lineage_figure(analysis.history)}


def _thresholds(analysis: Analysis) -> dict[str, list[Threshold]]:
    """Those that were found, by phase."""
    found = {}
    for rule in analysis.settings.rules:
        if rule.name in analysis.settings.find:
            found[rule.name] = [b for b in (rule.low, rule.high) if isinstance(b, Threshold)]
            if isinstance(rule.later, Threshold):
                found[f"{rule.name}, opened later"] = [rule.later]
    return found
