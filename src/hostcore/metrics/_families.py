"""Families of metrics: what is measured, and the figures of this moment."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

MOST_SAMPLES: Final = 10_000
"""Samples in a family, and so combinations of its labels: beyond, monitoring systems suffer (Prometheus advises less)."""

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,199}")
_RESERVED: Final = ("_total", "_bucket", "_count", "_sum", "_created")
"""Endings that the text formats give a meaning, or add themselves."""


class MetricKind(enum.StrEnum):
    """Says what may be done with the figures."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """Is how many values fell where.

    Attributes:
        counts: a number for each bound of the family, of the values up to it and above the bound before; and one
            for those above the last.
        sum: of all values.
    """

    counts: tuple[int, ...]
    sum: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Is one figure of a family.

    Attributes:
        labels: a value for each of the family's labels, in their order.
        value: the figure; a `Distribution` in a histogram.
    """

    labels: tuple[str, ...] = ()
    value: float | Distribution


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricFamily:
    """Is one thing that is measured.

    Attributes:
        name: letters, digits and `_`, with its unit at the end (`_seconds`, `_bytes`); without `_total`, which the
            text adds to a counter's.
        kind: counters only ever grow, until the host is started again.
        help: one sentence for people.
        labels: names of the labels. Each of their values stays with a monitoring system for good, so what comes from
            callers, such as the text of an error, is no label.
        samples: the figures, at most one for each combination of labels.
        bounds: of a histogram, rising.

    Raises:
        ValueError: a name cannot be used, or samples do not fit labels and bounds.
    """

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    bounds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None or self.name.endswith(_RESERVED):
            raise ValueError(
                f"{self.name!r} is no name of a metric, or ends with one of {', '.join(_RESERVED)}"
            )
        for label in self.labels:
            if _NAME.fullmatch(label) is None or label.startswith("__") or label in {"le", "quantile"}:
                raise ValueError(f"{self.name}: {label!r} is no name of a label")
        if len(self.samples) > MOST_SAMPLES:
            raise ValueError(
                f"{self.name} has {len(self.samples)} samples, more than {MOST_SAMPLES}: use fewer values of labels"
            )
        if (self.kind is MetricKind.HISTOGRAM) is not bool(self.bounds):
            raise ValueError(f"{self.name}: a histogram, and nothing else, has bounds")
        if list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError(f"{self.name}: its bounds do not rise")
        if len({each.labels for each in self.samples}) < len(self.samples):
            raise ValueError(f"{self.name} has two samples with the same labels")
        for sample in self.samples:
            self._check(sample)

    def _check(self, sample: Sample) -> None:
        if len(sample.labels) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, and a sample {sample.labels}")
        value = sample.value
        if isinstance(value, Distribution):
            if len(value.counts) != len(self.bounds) + 1:
                raise ValueError(
                    f"{self.name}: a sample has {len(value.counts)} counts for {len(self.bounds)} bounds"
                )
        elif self.kind is MetricKind.HISTOGRAM:
            raise ValueError(f"{self.name} is a histogram, and a sample is no distribution")
        elif self.kind is MetricKind.COUNTER and not value >= 0:
            raise ValueError(f"{self.name} is a counter, and a sample is {value}")
