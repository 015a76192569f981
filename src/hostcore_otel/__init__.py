"""Reports calls of plugins to OpenTelemetry, as spans: an extension on public hooks."""

from hostcore_otel._extension import TracingExtension

__all__ = ["TracingExtension"]
