"""Families of metrics: what they refuse."""

import pytest

from hostcore.metrics import Distribution, MetricFamily, MetricKind, Sample

COUNTER, GAUGE, HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM
TWO = Distribution(counts=(1, 1), sum=3.0)


def family(**changes):
    given = {"name": "a_things", "kind": GAUGE, "help": "Things.", **changes}
    return MetricFamily(**given)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "a-things"}, "'a-things' is no name of a metric"),
        ({"name": "things_total"}, "ends with one of _total"),
        ({"name": "x" * 300}, "is no name of a metric"),
        ({"labels": ("1st",)}, "'1st' is no name of a label"),
        ({"labels": ("le",)}, "'le' is no name of a label"),
        ({"labels": ("__own",)}, "'__own' is no name of a label"),
        ({"kind": HISTOGRAM}, "has bounds"),
        ({"bounds": (1.0,)}, "has bounds"),
        ({"kind": HISTOGRAM, "bounds": (2.0, 1.0)}, "do not rise"),
        ({"kind": HISTOGRAM, "bounds": (1.0,), "samples": (Sample(value=1),)}, "no distribution"),
        ({"kind": HISTOGRAM, "bounds": (1.0, 2.0), "samples": (Sample(value=TWO),)}, "2 counts for 2 bounds"),
        ({"kind": COUNTER, "samples": (Sample(value=-1),)}, "is a counter, and a sample is -1"),
        ({"kind": COUNTER, "samples": (Sample(value=float("nan")),)}, "is a counter, and a sample is nan"),
        ({"samples": (Sample(value=1), Sample(value=2))}, "two samples with the same labels"),
        ({"samples": (Sample(value=1, labels=("x",)),)}, "a sample"),
        ({"labels": ("n",), "samples": tuple(Sample(value=1, labels=(str(n),)) for n in range(10_001))}, "fewer"),
    ],
)  # fmt: skip
def test_what_no_monitoring_system_could_read_is_refused(changes, words):
    """An error names the family, and what is wrong with it."""
    with pytest.raises(ValueError, match=words):
        family(**changes)
