"""Figures, tables and the report page of an analysis.

Needs the extra `operando`: pip install 'crevasse[operando]'.
"""

from crevasse.report.html import LivePart, write_html, write_report
from crevasse.report.lineage import lineage_figure
from crevasse.report.summary import summary

__all__ = ["LivePart", "lineage_figure", "summary", "write_html", "write_report"]
