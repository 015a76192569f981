"""Spans of calls: begun before a call is sent, ended with its outcome, and never the current one in between.

A span that is the current one while a call waits would have to be left by the task that entered it; a streaming call
is left by whoever closes it. So a span is kept beside its call, and what belongs to it is told by the trace context.
"""

from __future__ import annotations

from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

from hostcore.hooks import CallInfo, CallInterceptorBase, outcome_of
from hostcore.manifest import Manifest
from hostcore.transports import read_traceparent

SCOPE: Final = "polyhost"
"""Name of what makes the spans."""


class SpanInterceptor(CallInterceptorBase):
    """Puts a span around each call of one method.

    Args:
        provider: makes the spans.
        version: of Polyhost.
        manifest: the plugin.
        method: full name of the method.
    """

    def __init__(
        self, provider: trace.TracerProvider, *, version: str, manifest: Manifest, method: str
    ) -> None:
        self._tracer = provider.get_tracer(SCOPE, version)
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
            context=_parent(call.traceparent, call.tracestate),
            kind=SpanKind.CLIENT,
            attributes=self._attributes,
        )
        if call.caller is not None:
            span.set_attribute("polyhost.caller", call.caller)
        call.notes[self] = span
        own = span.get_span_context()
        if own.is_valid:
            call.traceparent = f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"
            call.tracestate = own.trace_state.to_header() or None

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


def _parent(traceparent: str | None, tracestate: str | None) -> Context | None:
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
        trace_state=TraceState.from_header([tracestate]) if tracestate else None,
    )
    return trace.set_span_in_context(NonRecordingSpan(caller), Context())


def application_provider() -> trace.TracerProvider | None:
    """Return what the application has set for the whole process, or None."""
    found = trace.get_tracer_provider()
    return None if isinstance(found, trace.ProxyTracerProvider) else found
