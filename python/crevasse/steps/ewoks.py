"""Tasks for Ewoks workflows. Needs the extras `operando` and `ewoks`."""

from __future__ import annotations

from ewokscore import Task
from ewokscore.model import BaseInputModel, BaseOutputModel
from pydantic import Field

from crevasse.steps.cell import analyze_step


class ExperimentPaths(BaseInputModel):
    """What `AnalyzeExperiment` takes."""

    experiment: str = Field(description="TOML file; crevasse init writes one")
    output: str = Field(description="folder to write the report to")
    scans: str | list[str] | None = Field(
        default=None, description="folder, pattern or files instead of the experiment's"
    )


class ReportPaths(BaseOutputModel):
    """What `AnalyzeExperiment` gives."""

    folder: str = Field(description="folder of the report, with its tables, figures and maps")
    report: str = Field(description="the report's page")
    summary: str = Field(description="JSON file of the key figures")


class AnalyzeExperiment(Task, input_model=ExperimentPaths, output_model=ReportPaths):
    """Do what an experiment (TOML) asks for and write its report."""

    def run(self) -> None:
        """As `crevasse.steps.analyze_step`."""
        wanted = self.inputs
        done = analyze_step(wanted.experiment, wanted.output, wanted.scans)
        for name in ReportPaths.model_fields:
            self.outputs[name] = done[name]
