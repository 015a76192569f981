"""`/metrics` and the calls of a plugin, over a real socket; with real plugins where they matter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from live_support import open_live
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus
from scripted_host import ScriptedHost
from web_support import Server, run_server

from hostcore import HostConfig, open_host
from hostcore.metrics import MetricFamily, MetricKind, Sample
from hostcore.snapshots import LATENCY_BOUNDS, CallStatistics
from hostweb_api.serving._meter import NO_ANSWER, NO_OPERATION

KV = Path(__file__).parents[2] / "plugins" / "kv-python"
LINK = Path(__file__).parents[1] / "real" / "programs" / "link"
LINK_MANIFEST = f"""
id = "a"
version = "1.0.0"
command = ["python3", "{LINK / "main.py"}"]
[provides]
A = "1.0"
[env.set]
LINK_ID = "a"
LINK_JOURNAL = "/dev/null"
LINK_INTERFACES = '{{"A": "1.0"}}'
"""
THINGS = MetricFamily(name="things", kind=MetricKind.GAUGE, help="Things.", samples=(Sample(value=7),))
# What Prometheus 3 says that it understands.
PROMETHEUS_ACCEPTS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


async def figures(client: httpx.AsyncClient) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the samples: name to the values of labels to the figure."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    for family in parse_prometheus(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        (None, "0.0.4"),
        ("*/*", "0.0.4"),
        ("text/plain", "0.0.4"),
        ("application/openmetrics-text", "1.0.0"),
        (PROMETHEUS_ACCEPTS, "1.0.0"),
        ("text/plain, application/openmetrics-text;q=0.5", "0.0.4"),
        ("application/json", "0.0.4"),
    ],
)
async def test_the_format_is_what_the_client_prefers(
    client: httpx.AsyncClient, scripted: ScriptedHost, accept: str | None, version: str
) -> None:
    """OpenMetrics for who asks for it, the format of Prometheus for everybody else; both can be parsed."""
    scripted.families = (THINGS,)
    client.headers.pop("Accept")
    answer = await client.get("/metrics", headers={} if accept is None else {"Accept": accept})
    kind = "application/openmetrics-text" if version == "1.0.0" else "text/plain"
    assert answer.headers["content-type"] == f"{kind}; version={version}; charset=utf-8"
    families = list((parse_openmetrics if version == "1.0.0" else parse_prometheus)(answer.text))
    names = [each.name for each in families]
    assert "things" in names
    assert names == sorted(names)


async def test_requests_are_counted_by_operation_and_status(
    client: httpx.AsyncClient, scripted: ScriptedHost
) -> None:
    """What is asked for and is not there, and what is refused, is counted under no operation: paths are no labels."""

    async def echo(params: Mapping[str, Any], seconds: float | None) -> Any:
        await trio.lowlevel.checkpoint()
        return params

    scripted.handlers["Demo.Echo"] = echo
    for method in ("Demo.Echo", "Demo.Echo", "Demo.Nothing"):
        await client.post("/api/plugins/demo/call", json={"method": method, "params": {}})
    await client.get("/api/nothing/here")
    await client.get("/api/plugins", headers={"Host": "evil.example"})
    await client.get("/metrics")
    found = await figures(client)
    assert found["polyhost_http_requests_total"] == {
        ("callPlugin", "200"): 2,
        ("callPlugin", "404"): 1,
        (NO_OPERATION, "404"): 1,
        (NO_OPERATION, "421"): 1,
        ("showMetrics", "200"): 1,
    }
    assert found["polyhost_http_request_duration_seconds_count"]["callPlugin",] == 3
    assert found["polyhost_http_requests_in_flight"][()] == 1  # the one that asks


async def test_streams_are_in_flight_and_have_answered(server: Server, client: httpx.AsyncClient) -> None:
    """An event stream has its answer at once, and is in flight until its client leaves."""
    async with server.live("/api/events") as events:
        await events.line()
        found = await figures(client)
        assert found["polyhost_http_requests_total"]["showEvents", "200"] == 1
        assert found["polyhost_http_requests_in_flight"][()] == 2
    with trio.fail_after(30):
        while (await figures(client))["polyhost_http_requests_in_flight"][()] > 1:  # noqa: ASYNC110 - a figure rings no bell
            await trio.sleep(0.05)


async def test_clients_that_leave_before_the_answer_are_counted(
    server: Server, client: httpx.AsyncClient, scripted: ScriptedHost
) -> None:
    """Their requests have no status."""
    begun = trio.Event()

    async def wait(params: Mapping[str, Any], seconds: float | None) -> Any:
        begun.set()
        await trio.sleep_forever()

    scripted.handlers["Demo.Wait"] = wait
    stream = await server.connect()
    body = b'{"method": "Demo.Wait"}'
    call = "POST /api/plugins/demo/call HTTP/1.1"
    await stream.send_all(
        server.head(call, "Content-Type: application/json", f"Content-Length: {len(body)}") + body
    )
    with trio.fail_after(30):
        await begun.wait()
        await stream.aclose()
        while ("callPlugin", NO_ANSWER) not in (await figures(client))["polyhost_http_requests_total"]:  # noqa: ASYNC110 - as above
            await trio.sleep(0.05)


async def test_the_calls_of_a_plugin_by_method(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Each method has its counts and estimates; all together have them, too."""
    latencies = (0, 98, 0, 0, 2, *(0,) * (len(LATENCY_BOUNDS) - 4))
    counted = CallStatistics(
        calls=100, errors=2, total_seconds=0.1, failures={"call-timed-out": 2}, latencies=latencies
    )
    scripted.statistics = {"Demo.Echo": counted}
    answer = (await client.get("/api/plugins/demo/metrics")).json()
    assert answer["bounds"] == list(LATENCY_BOUNDS)
    assert answer["total"] == answer["methods"]["Demo.Echo"]
    assert answer["total"]["failures"] == {"call-timed-out": 2}
    assert answer["total"]["p50"] <= LATENCY_BOUNDS[1] < LATENCY_BOUNDS[3] <= answer["total"]["p99"]
    assert (await client.get("/api/plugins/nobody/metrics")).json()["code"] == "plugin-not-found"


async def test_a_real_host_shows_its_plugins(tmp_path: Path) -> None:
    """Calls over REST are in the figures of the plugin; every figure has a help, a type and a name of its own."""
    async with open_host(HostConfig(data=tmp_path)) as host:
        await host.load(KV)
        async with run_server(host) as server, httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            for _ in range(3):
                put = {"method": "KeyValue.Put", "params": {"key": "a", "value": "b"}}
                assert (await client.post("/api/plugins/kv-python/call", json=put)).status_code == 200
            text = (await client.get("/metrics", headers={"Accept": PROMETHEUS_ACCEPTS})).text
    families = list(parse_openmetrics(text))
    assert all(each.documentation and each.type != "unknown" for each in families)
    assert len({each.name for each in families}) == len(families)
    (calls,) = [each for each in families if each.name == "polyhost_plugin_calls"]
    assert [each.value for each in calls.samples if each.labels["method"] == "KeyValue.Put"] == [3.0]


async def test_a_trace_comes_in_with_a_call(tmp_path: Path) -> None:
    """The header of a REST call reaches the plugin, and what the plugin calls; one that is none is left out."""
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "plugin.toml").write_text(LINK_MANIFEST)
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    body = {"method": "A.Who"}
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        await host.load(folder)
        async with run_server(host) as server, httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            for sent, seen in (
                (trace, trace),
                (f"cc-{trace[3:]}-more", trace),
                ("00-0-0-0", None),
                (None, None),
            ):
                headers = {} if sent is None else {"traceparent": sent}
                answer = await client.post("/api/plugins/a/call", json=body, headers=headers)
                assert answer.json()["result"]["meta"].get("traceparent") == seen
            both = [("traceparent", trace), ("tracestate", "a=1,b=2"), ("tracestate", "c=3")]
            answer = await client.post("/api/plugins/a/call", json=body, headers=both)
            assert answer.json()["result"]["meta"]["tracestate"] == "a=1,b=2,c=3"


async def test_a_trace_comes_in_over_the_websocket(tmp_path: Path) -> None:
    """A call that is opened there has its trace context in two members."""
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "plugin.toml").write_text(LINK_MANIFEST)
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        await host.load(folder)
        async with run_server(host) as server, open_live(server) as live:
            for number, (told, seen) in enumerate(
                (
                    ({"traceparent": trace, "tracestate": "a=1"}, (trace, "a=1")),
                    ({"traceparent": "none", "tracestate": "a=1"}, (None, None)),
                    ({}, (None, None)),
                )
            ):
                await live.say("call.open", id=str(number), plugin="a", method="A.Who", **told)
                meta = (await live.hear_until("call.result", id=str(number)))["result"]["meta"]
                assert (meta.get("traceparent"), meta.get("tracestate")) == seen
