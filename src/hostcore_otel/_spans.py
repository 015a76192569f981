"""Spans of calls: begun before a call is sent, ended with its outcome, and never the current one in between.

A span that is the current one while a call waits would have to be left by the task that entered it; a streaming call
is left by whoever closes it. So a span is kept beside its call, and what belongs to it is told by the trace context.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import trio
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from hostcore.errors import ConfigError
from hostcore.hooks import CallInfo, CallInterceptorBase, HostControl, outcome_of
from hostcore.manifest import Manifest
from hostcore.transports import read_traceparent

SCOPE: Final = "polyhost"
"""Name of what makes the spans."""

FLUSH_MILLISECONDS: Final = 4000
"""How long the host's end waits for the last spans: less than a hook may take. What is late is lost."""

_EXPORTERS: Final = "opentelemetry_traces_exporter"
"""The entry-point group of exporters, by the names that `OTEL_TRACES_EXPORTER` takes."""

_OTLP: Final[Mapping[str, str]] = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


class Spans:
    """Makes the spans of one host.

    Args:
        provider: where they come from.
        own: whether the provider is the host's own.
    """

    def __init__(self, provider: trace.TracerProvider, *, own: TracerProvider | None, version: str) -> None:
        self._own = own
        self._tracer = provider.get_tracer(SCOPE, version)

    def __repr__(self) -> str:
        return f"<Spans {'of its own provider' if self._own else 'of the application'}>"

    def of_method(self, manifest: Manifest, method: str) -> SpanInterceptor:
        """Return what makes the spans of one method."""
        return SpanInterceptor(self._tracer, manifest, method)

    async def flush(self) -> None:
        """Send what waits to be sent, as far as that is the host's to do."""
        if self._own is not None:
            await trio.to_thread.run_sync(self._own.force_flush, FLUSH_MILLISECONDS, abandon_on_cancel=True)


class SpanInterceptor(CallInterceptorBase):
    """Puts a span around each call of one method.

    Args:
        tracer: makes the spans.
        manifest: the plugin.
        method: full name of the method.
    """

    def __init__(self, tracer: trace.Tracer, manifest: Manifest, method: str) -> None:
        self._tracer = tracer
        self._method = method
        interface, _, name = method.rpartition(".")
        self._attributes = {
            "rpc.system": "polyhost",
            "rpc.service": interface,
            "rpc.method": name,
            "polyhost.plugin": manifest.id,
            "polyhost.plugin.version": manifest.version,
        }

    def before(self, call: CallInfo) -> None:
        """Begin the span, and have the plugin's part of the trace belong to it."""
        span = self._tracer.start_span(
            self._method,
            context=_parent(call.traceparent),
            kind=SpanKind.CLIENT,
            attributes=self._attributes,
        )
        if call.caller is not None:
            span.set_attribute("polyhost.caller", call.caller)
        call.notes[self] = span
        own = span.get_span_context()
        if own.is_valid:
            call.traceparent = f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"

    def after(self, call: CallInfo, result: Any) -> Any:
        """End the span of a call that has a result."""
        span: Span = call.notes.pop(self)
        span.end()
        return result

    def error(self, call: CallInfo, error: BaseException) -> None:
        """End the span of a call that has failed."""
        span: Span = call.notes.pop(self)
        code, text = outcome_of(error)
        span.set_attribute("error.type", code)
        span.set_status(Status(StatusCode.ERROR, text))
        span.end()


def _parent(traceparent: str | None) -> Context | None:
    """Return what a span belongs to: the caller's trace context, or else what is current in the calling program."""
    known = read_traceparent(traceparent)
    if known is None:
        return None
    _, trace_id, span_id, flags = known.split("-")
    caller = SpanContext(
        trace_id=int(trace_id, 16),
        span_id=int(span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(flags, 16)),
    )
    return trace.set_span_in_context(NonRecordingSpan(caller), Context())


def make_spans(
    provider: trace.TracerProvider | None, host: HostControl, environ: Mapping[str, str] | None
) -> Spans | None:
    """Return what makes spans: of the given provider, of the application's, or of one that the variables describe.

    Args:
        provider: what the extension was given.
        host: for its version and its run.
        environ: variables that ask for spans; None when none does.

    Raises:
        ConfigError: the variables name an exporter that is not there, or one that cannot be made.
    """
    if provider is None:
        found = trace.get_tracer_provider()
        provider = None if isinstance(found, trace.ProxyTracerProvider) else found
    if provider is not None:
        return Spans(provider, own=None, version=host.version)
    if environ is None:
        return None
    own = TracerProvider(resource=_resource(host, environ))
    for exporter in _exporters(environ):
        own.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(own, own=own, version=host.version)


def _resource(host: HostControl, environ: Mapping[str, str]) -> Resource:
    """Say who makes the spans; what the variables say of that wins."""
    said = environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    named = {pair.partition("=")[0].strip() for pair in said.split(",")}
    if environ.get("OTEL_SERVICE_NAME"):
        named.add("service.name")
    own = {
        "service.name": "polyhost",
        "service.version": host.version,
        "service.instance.id": host.run_id,
    }
    return Resource.create({name: value for name, value in own.items() if name not in named})


def _exporters(environ: Mapping[str, str]) -> list[SpanExporter]:
    names = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    return [_exporter(name.strip().lower(), environ) for name in names.split(",")]


def _exporter(name: str, environ: Mapping[str, str]) -> SpanExporter:
    """Make an exporter; it reads the variables that concern it itself."""
    entry = name
    if name == "otlp":
        protocol = (
            environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
            or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
            or "http/protobuf"
        )
        entry = _OTLP.get(protocol.strip().lower(), protocol)
    found: EntryPoint | None = next(iter(entry_points(group=_EXPORTERS, name=entry)), None)
    if found is None:
        known = ", ".join(sorted({each.name for each in entry_points(group=_EXPORTERS)}))
        raise ConfigError(
            f"there is no exporter of spans {entry}",
            location="OTEL_TRACES_EXPORTER",
            hint=f"install the package that has it, or name another; there are: {known or 'none'}",
        )
    try:
        exporter: SpanExporter = found.load()()
    except Exception as error:  # each exporter has errors of its own for what it cannot read
        raise ConfigError(f"the exporter of spans {entry} cannot be made: {error}", location=entry) from error
    return exporter
