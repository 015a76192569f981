"""The metrics, their reference and the alarms of the guide say the same."""

import re
import shutil
import subprocess
from pathlib import Path

import promql_parser
import pytest
import yaml

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.metrics import MetricKind
from hostweb_api.serving._meter import HttpMeter

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "metrics.md").read_text()
MONITORING = DOCS / "examples" / "monitoring"
ALERTS = (MONITORING / "polyhost-alerts.yml").read_text()
SCRAPING = (MONITORING / "prometheus.yml").read_text()
GUIDE = (DOCS / "guides" / "monitor.md").read_text()


async def nothing(scope, receive, send):
    """Serve nothing."""


async def families(tmp_path):
    """Return all families that the product has, by the name that they are queried by."""
    config = HostConfig(data=tmp_path, extensions=ExtensionsConfig(disable=("directory_discovery",)))
    async with open_host(config) as host:
        found = (*host.metrics(), *HttpMeter(nothing).metrics())
    return {f"{each.name}_total" if each.kind is MetricKind.COUNTER else each.name: each for each in found}


async def test_each_metric_has_a_row(tmp_path):
    """Name, kind and labels are in the reference, and nothing else is."""
    rows = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|", REFERENCE, re.MULTILINE)
    }
    there = {name: (each.kind.value, each.labels) for name, each in (await families(tmp_path)).items()}
    assert there == rows


def queries():
    """Return the expressions of the alarms and the queries of the guide."""
    rules = yaml.safe_load(ALERTS)["groups"][0]["rules"]
    found = [each["expr"] for each in rules] + re.findall(r"^\| [^|`]+ \| `(.+)` \|$", GUIDE, re.MULTILINE)
    assert len(found) > len(rules) > 5
    return found


@pytest.mark.parametrize("query", queries())
def test_alarms_and_queries_are_expressions(query):
    """Prometheus's own grammar takes each of them, and each gives a series or a number for each series."""
    assert promql_parser.parse(query) is not None


def test_a_query_that_is_none_is_found():
    """The grammar is more than a look at brackets."""
    for wrong in ("rate(polyhost_events_total)", "sum by plugin (up)", "up{job=polyhost}", "up > > 1"):
        with pytest.raises(ValueError, match=r"."):
            promql_parser.parse(wrong)


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool, of the package prometheus, is not there"
)
@pytest.mark.parametrize(
    ("words", "file"),
    [(("rules",), "polyhost-alerts.yml"), (("config", "--syntax-only"), "prometheus.yml")],
)
def test_prometheus_itself_takes_the_files(words, file):
    """Its own tool finds nothing wrong with them, the templates of their texts among it."""
    done = subprocess.run(
        ["promtool", "check", *words, MONITORING / file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr


async def test_alarms_and_queries_ask_for_what_there_is(tmp_path):
    """Each series that they name is one of a family, and each label that they choose by is one of its labels."""
    known = await families(tmp_path)
    for query in queries():
        series = re.findall(r"\b((?:polyhost|process)_\w+)(?:\{([^}]*)\})?", query)
        assert series or "up{" in query, query
        for name, chosen in series:
            family = known[re.sub(r"_(bucket|sum|count)$", "", name)]
            assert set(re.findall(r"(\w+)(?:=|!)", chosen)) <= set(family.labels), query


def test_the_scrape_configuration_can_be_read():
    """It is YAML, and names the file of alarms."""
    config = yaml.safe_load(SCRAPING)
    assert config["rule_files"] == ["polyhost-alerts.yml"]
    assert all(
        each["alert"] and each["annotations"]["summary"]
        for each in yaml.safe_load(ALERTS)["groups"][0]["rules"]
    )
