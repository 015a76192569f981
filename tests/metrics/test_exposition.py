"""The text formats, held against the parsers of the Python client of Prometheus."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from hostcore.metrics import (
    OPENMETRICS,
    PROMETHEUS,
    Distribution,
    MetricFamily,
    MetricKind,
    Sample,
    expose,
)

CALLS = MetricFamily(
    name="calls",
    kind=MetricKind.COUNTER,
    help='What was called: "all" of it\nand \\ more.',
    labels=("plugin", "outcome"),
    samples=(
        Sample(labels=("kv", "ok"), value=3),
        Sample(labels=('a "b"\\c\nd', "x"), value=0.5),
    ),
)
LOAD = MetricFamily(
    name="load",
    kind=MetricKind.GAUGE,
    help="Load.",
    labels=("at",),
    samples=(
        Sample(labels=("now",), value=-1.5),
        Sample(labels=("never",), value=math.nan),
        Sample(labels=("ever",), value=math.inf),
    ),
)
TOOK = MetricFamily(
    name="took_seconds",
    kind=MetricKind.HISTOGRAM,
    help="Time.",
    labels=("plugin",),
    bounds=(0.5, 1),
    samples=(Sample(labels=("kv",), value=Distribution(counts=(1, 0, 2), sum=7.25)),),
)
NOTHING = MetricFamily(name="nothing", kind=MetricKind.COUNTER, help="Nothing yet.")
PARSERS = {PROMETHEUS: parse_prometheus, OPENMETRICS: parse_openmetrics}


def test_the_format_of_prometheus():
    """A counter's name ends with `_total`; quotes are escaped in labels, and not in the help."""
    assert expose([CALLS, TOOK]) == (
        '# HELP calls_total What was called: "all" of it\\nand \\\\ more.\n'
        "# TYPE calls_total counter\n"
        'calls_total{plugin="kv",outcome="ok"} 3\n'
        'calls_total{plugin="a \\"b\\"\\\\c\\nd",outcome="x"} 0.5\n'
        "# HELP took_seconds Time.\n"
        "# TYPE took_seconds histogram\n"
        'took_seconds_bucket{plugin="kv",le="0.5"} 1\n'
        'took_seconds_bucket{plugin="kv",le="1.0"} 1\n'
        'took_seconds_bucket{plugin="kv",le="+Inf"} 3\n'
        'took_seconds_sum{plugin="kv"} 7.25\n'
        'took_seconds_count{plugin="kv"} 3\n'
    )


def test_the_format_of_openmetrics():
    """The family has the counter's name without `_total`, units are named, and the end is marked."""
    assert expose([NOTHING, TOOK], media_type=OPENMETRICS).splitlines()[:5] == [
        "# HELP nothing Nothing yet.",
        "# TYPE nothing counter",
        "# HELP took_seconds Time.",
        "# TYPE took_seconds histogram",
        "# UNIT took_seconds seconds",
    ]
    assert expose([], media_type=OPENMETRICS) == "# EOF\n"


@pytest.mark.parametrize("media_type", PARSERS)
def test_others_read_what_was_meant(media_type):
    """Both formats give the figures and labels back, by parsers that others have written."""
    text = expose([CALLS, LOAD, NOTHING, TOOK], media_type=media_type)
    found = {each.name: each for each in PARSERS[media_type](text)}
    assert list(found) == ["calls", "load", "nothing", "took_seconds"]
    assert found["calls"].documentation == CALLS.help
    assert found["calls"].type == "counter"
    assert [(each.labels, each.value) for each in found["calls"].samples] == [
        ({"plugin": "kv", "outcome": "ok"}, 3.0),
        ({"plugin": 'a "b"\\c\nd', "outcome": "x"}, 0.5),
    ]
    assert [str(each.value) for each in found["load"].samples] == ["-1.5", "nan", "inf"]
    took = [(each.name, each.labels.get("le"), each.value) for each in found["took_seconds"].samples]
    assert took == [
        ("took_seconds_bucket", "0.5", 1.0),
        ("took_seconds_bucket", "1.0", 1.0),
        ("took_seconds_bucket", "+Inf", 3.0),
        ("took_seconds_sum", None, 7.25),
        ("took_seconds_count", None, 3.0),
    ]


@settings(deadline=None)
@given(value=st.text(max_size=20), number=st.floats(allow_nan=False))
@pytest.mark.parametrize("media_type", PARSERS)
def test_any_text_is_a_label(media_type, value, number):
    """Whatever a plugin is called, the text can be read, and has it as it is; half characters are replaced."""
    family = MetricFamily(
        name="a",
        kind=MetricKind.GAUGE,
        help=value,
        labels=("b",),
        samples=(Sample(labels=(value,), value=number),),
    )
    (found,) = PARSERS[media_type](expose([family], media_type=media_type))
    (sample,) = found.samples
    assert sample.labels == {"b": value.encode("utf-8", "replace").decode()}
    assert sample.value == number
