"""The text that monitoring systems scrape: Prometheus' own format 0.0.4, and OpenMetrics 1.0."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from hostcore.metrics._families import Distribution, MetricFamily, MetricKind

PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""Media types of the two formats."""

_UNITS: Final = ("seconds", "bytes")


def expose(families: Iterable[MetricFamily], *, media_type: str = PROMETHEUS) -> str:
    """Write families as text.

    Args:
        families: each name at most once.
        media_type: `PROMETHEUS` or `OPENMETRICS`.
    """
    is_open = media_type == OPENMETRICS
    lines = [line for family in families for line in _lines(family, is_open=is_open)]
    if is_open:
        lines.append("# EOF")
    return "\n".join([*lines, ""])


def _lines(family: MetricFamily, *, is_open: bool) -> Iterator[str]:
    counted = f"{family.name}_total" if family.kind is MetricKind.COUNTER else family.name
    # Prometheus' own format names the series, OpenMetrics the family.
    name = family.name if is_open else counted
    yield f"# HELP {name} {_escaped(family.help, quotes=is_open)}"
    yield f"# TYPE {name} {family.kind}"
    unit = family.name.rpartition("_")[2]
    if is_open and unit in _UNITS:
        yield f"# UNIT {name} {unit}"
    bounds = [_number(float(bound)) for bound in (*family.bounds, math.inf)]
    for sample in family.samples:
        labels = ",".join(
            f'{name}="{_escaped(value, quotes=True)}"'
            for name, value in zip(family.labels, sample.labels, strict=True)
        )
        braced = f"{{{labels}}}" if labels else ""
        value = sample.value
        if isinstance(value, Distribution):
            start = f"{family.name}_bucket{{{labels}{',' if labels else ''}le="
            for bound, reached in zip(bounds, accumulate(value.counts), strict=True):
                yield f'{start}"{bound}"}} {reached}'
            yield f"{family.name}_sum{braced} {_number(value.sum)}"
            yield f"{family.name}_count{braced} {sum(value.counts)}"
        else:
            yield f"{counted}{braced} {_number(value)}"


def _escaped(text: str, *, quotes: bool) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    text = text.replace('"', '\\"') if quotes else text
    # A lone surrogate, as in the name of a folder, has no UTF-8.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)
