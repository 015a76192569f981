"""Traces through real plugins, with the real SDK of OpenTelemetry, and to a real receiver."""

import sys
import threading
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
import trio
from fleet_support import write_link
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from real_support import PATIENCE

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.errors import CallFailedError
from hostcore.events import ExtensionFailed
from hostcore_otel import TracingExtension

MISBEHAVING = Path(__file__).parents[2] / "plugins" / "misbehaving"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture(autouse=True)
def nobody_asks(monkeypatch):
    """Whatever the tests' own environment says, only a test asks for spans."""
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def provider(spans):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    yield provider
    provider.shutdown()


@asynccontextmanager
async def traced(monkeypatch, tmp_path, provider, *plugins):
    """Open a host whose extension has this provider."""
    module = ModuleType("my_tracing")
    module.tracing = TracingExtension(provider)
    monkeypatch.setitem(sys.modules, "my_tracing", module)
    extensions = ExtensionsConfig(load=("my_tracing:tracing",), disable=("directory_discovery", "hot_reload"))
    async with open_host(HostConfig(data=tmp_path / "data", extensions=extensions)) as host:
        for each in plugins:
            await host.load(each)
        yield host


def hexed(span):
    """Return the ids of a finished span as text: trace, span, parent."""
    return (
        f"{span.context.trace_id:032x}",
        f"{span.context.span_id:016x}",
        f"{span.parent.span_id:016x}" if span.parent else None,
    )


async def test_a_trace_goes_through_host_and_plugins(monkeypatch, tmp_path, provider, spans):
    """Each call has a span below that of who made it; plugins are told of the span of the call that they serve."""
    write_link(tmp_path / "b", provides="B")
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"')
    async with traced(monkeypatch, tmp_path, provider, tmp_path / "b", tmp_path / "a") as host:
        answer = await host.call("A.Call", {"method": "B.Who"}, traceparent=CALLER, tracestate="vendor=word")
    inner, outer = spans.get_finished_spans()
    assert (outer.name, inner.name) == ("A.Call", "B.Who")
    assert hexed(outer) == (TRACE, hexed(outer)[1], SPAN)
    assert hexed(inner) == (TRACE, hexed(inner)[1], hexed(outer)[1])
    assert answer["result"]["meta"]["traceparent"] == f"00-{TRACE}-{hexed(inner)[1]}-01"
    assert answer["result"]["meta"]["tracestate"] == "vendor=word"
    assert outer.context.trace_state.to_header() == "vendor=word"
    assert outer.kind is trace.SpanKind.CLIENT
    assert dict(outer.attributes) == {
        "rpc.system": "polyhost",
        "rpc.service": "A",
        "rpc.method": "Call",
        "polyhost.plugin": "a",
        "polyhost.plugin.version": "1.0.0",
    }
    assert inner.attributes["polyhost.caller"] == "a"
    assert outer.start_time <= inner.start_time <= inner.end_time <= outer.end_time


async def test_the_applications_own_span_is_the_parent(monkeypatch, tmp_path, provider, spans):
    """A call without a trace context belongs to the span that is current where it is made."""
    async with traced(monkeypatch, tmp_path, provider, MISBEHAVING) as host:
        with provider.get_tracer("app").start_as_current_span("work"):
            await host.call("Misbehaving.Echo", {"value": 1})
        await host.call("Misbehaving.Echo", {"value": 1}, traceparent="what is this?")
    echo, work, alone = spans.get_finished_spans()
    assert echo.parent.span_id == work.context.span_id
    assert alone.parent is None


async def test_a_failed_call_says_why(monkeypatch, tmp_path, provider, spans):
    """The span has the stable code of the error, and its text."""
    async with traced(monkeypatch, tmp_path, provider, MISBEHAVING) as host:
        with pytest.raises(CallFailedError):
            await host.call("Misbehaving.Fail", {"message": "no"})
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes["error.type"] == "call-failed"
    assert span.status.description


async def test_a_span_lasts_as_long_as_its_stream_and_is_never_current(
    monkeypatch, tmp_path, provider, spans
):
    """It ends with the stream, in whatever task; one that is left early is an error, as nothing says what came of it."""
    async with traced(monkeypatch, tmp_path, provider, MISBEHAVING) as host:
        async with host.stream("Misbehaving.Count", {"to": 3}, traceparent=CALLER) as stream:
            assert not trace.get_current_span().get_span_context().is_valid
            assert len([item async for item in stream]) == 3
            assert spans.get_finished_spans() == ()
        async with host.stream("Misbehaving.Count", {"to": 1000}) as stream:
            await anext(stream)
    whole, left = spans.get_finished_spans()
    assert (whole.status.status_code, left.status.status_code) == (
        trace.StatusCode.UNSET,
        trace.StatusCode.ERROR,
    )
    assert hexed(whole)[::2] == (TRACE, SPAN)


async def test_what_is_not_sampled_still_passes_on_its_ids(monkeypatch, tmp_path, spans):
    """The flag says that nobody records it, and the plugins' calls carry that on."""
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    write_link(tmp_path / "a", provides="A")
    async with traced(monkeypatch, tmp_path, provider, tmp_path / "a") as host:
        seen = (await host.call("A.Who"))["meta"]["traceparent"]
    assert int(seen.rpartition("-")[2], 16) & trace.TraceFlags.SAMPLED == 0
    assert spans.get_finished_spans() == ()


async def test_without_anybody_who_asks_there_are_no_spans(tmp_path):
    """The installed extension costs nothing then; a trace context is passed on as it came."""
    write_link(tmp_path / "a", provides="A")
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        await host.load(tmp_path / "a")
        assert host._route("A.Who", "a").interception is None
        seen = (await host.call("A.Who", traceparent=CALLER))["meta"]["traceparent"]
        assert "traceparent" not in (await host.call("A.Who"))["meta"]
    assert seen == CALLER


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-such-exporter", "there is no exporter of spans no-such-exporter"),
        ("otlp", "opentelemetry.sdk is not installed"),
    ],
)
async def test_what_cannot_be_made_is_told_once(monkeypatch, tmp_path, name, words):
    """An event names the extension and what to do; calls go on without spans."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", name)
    if name == "otlp":
        for module in [each for each in sys.modules if each.startswith(("opentelemetry", "hostcore_otel._"))]:
            if module != "hostcore_otel._extension":
                monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, "opentelemetry", None)
    write_link(tmp_path / "a", provides="A")
    told = []
    async with open_host(HostConfig(data=tmp_path / "data"), on_event=told.append) as host:
        await host.load(tmp_path / "a")
        assert (await host.call("A.Who"))["id"] == "a"
        await host.call("A.Sleep", {"seconds": 0})
    (failed,) = [each.event for each in told if isinstance(each.event, ExtensionFailed)]
    assert failed.extension == "otel"
    assert words in failed.error


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://")),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "install opentelemetry-exporter-otlp-proto-grpc"),
        ),
    ],
)
async def test_what_a_variable_says_wrong_is_told_with_its_name(monkeypatch, tmp_path, variables, words):
    """At the start, whatever plugins there are, and not with each batch of spans that nobody gets."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    told = []
    async with open_host(HostConfig(data=tmp_path / "data"), on_event=told.append):
        pass
    (failed,) = [each.event for each in told if isinstance(each.event, ExtensionFailed)]
    assert [word in failed.error for word in words] == [True, True], failed.error


@pytest.fixture
def receiver():
    """Give the address of a receiver of OTLP over HTTP, and what it has got."""
    got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    serving.join()
    server.server_close()


async def test_spans_are_sent_where_the_variables_say(monkeypatch, tmp_path, receiver):
    """The installed extension sends them over OTLP, with the host as their source, at the latest when the host stops."""
    address, got = receiver
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test,service.version=mine")
    write_link(tmp_path / "a", provides="A")
    with trio.fail_after(PATIENCE):
        async with open_host(HostConfig(data=tmp_path / "data")) as host:
            await host.load(tmp_path / "a")
            await host.call("A.Who", traceparent=CALLER)
    ((path, request),) = got
    assert path == "/v1/traces"
    (resource_spans,) = request.resource_spans
    resource = {each.key: each.value.string_value for each in resource_spans.resource.attributes}
    assert (resource["service.name"], resource["deployment.environment"]) == ("polyhost", "test")
    assert (resource["service.version"], resource["service.instance.id"]) == ("mine", host.run_id)
    (scope_spans,) = resource_spans.scope_spans
    assert (scope_spans.scope.name, scope_spans.scope.version) == ("polyhost", host.version)
    (span,) = scope_spans.spans
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("A.Who", TRACE, SPAN)
