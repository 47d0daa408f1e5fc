"""The report of a study: one HTML file, readable offline."""

from workflows.report.page import write_report
from workflows.report.provenance import JobSummary

__all__ = ["JobSummary", "write_report"]
