"""The text that monitoring systems scrape: Prometheus' own format 0.0.4, and OpenMetrics 1.0."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
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
    for sample in family.samples:
        labels = list(zip(family.labels, sample.labels, strict=True))
        if isinstance(sample.value, Distribution):
            yield from _buckets(family, labels, sample.value)
        else:
            yield f"{counted}{_braced(labels)} {_number(sample.value)}"


def _buckets(family: MetricFamily, labels: Sequence[tuple[str, str]], value: Distribution) -> Iterator[str]:
    for bound, reached in zip((*family.bounds, math.inf), accumulate(value.counts), strict=True):
        yield f"{family.name}_bucket{_braced([*labels, ('le', _number(float(bound)))])} {reached}"
    yield f"{family.name}_sum{_braced(labels)} {_number(value.sum)}"
    yield f"{family.name}_count{_braced(labels)} {sum(value.counts)}"


def _braced(labels: Sequence[tuple[str, str]]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels) + "}"


def _escaped(text: str, *, quotes: bool) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    text = text.replace('"', '\\"') if quotes else text
    return text.encode("utf-8", "replace").decode()  # a lone surrogate, as in a folder's name, has no UTF-8


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)
