"""Figures of a running host, by name and labels, and the text that monitoring systems read."""

from hostcore.metrics._exposition import OPENMETRICS, PROMETHEUS, expose
from hostcore.metrics._families import Distribution, MetricFamily, MetricKind, Sample

__all__ = [
    "OPENMETRICS",
    "PROMETHEUS",
    "Distribution",
    "MetricFamily",
    "MetricKind",
    "Sample",
    "expose",
]
