"""Where spans go when the variables `OTEL_…` say so, and no application has said it in code."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import trio
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from hostcore.errors import ConfigError

_EXPORTERS: Final = "opentelemetry_traces_exporter"
"""The entry-point group of exporters, by the names that `OTEL_TRACES_EXPORTER` takes."""

_HTTP: Final = "http/protobuf"
_OTLP: Final[Mapping[str, str]] = {_HTTP: "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PACKAGES: Final[Mapping[str, str]] = {"otlp_proto_grpc": "opentelemetry-exporter-otlp-proto-grpc"}


async def close(provider: TracerProvider) -> None:
    """Send what waits to be sent, and end; whoever does not wait for it leaves the rest to a thread."""
    await trio.to_thread.run_sync(provider.shutdown, abandon_on_cancel=True)


def make_provider(
    exporters: list[SpanExporter], own: Mapping[str, str], environ: Mapping[str, str]
) -> TracerProvider:
    """Make what makes spans.

    Args:
        exporters: where they are sent.
        own: attributes of the host as their source; what the variables say of these wins.
        environ: the variables.
    """
    said = environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    named = {pair.partition("=")[0].strip() for pair in said.split(",")}
    if environ.get("OTEL_SERVICE_NAME"):
        named.add("service.name")
    resource = Resource.create({name: value for name, value in own.items() if name not in named})
    provider = TracerProvider(resource=resource)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def make_exporters(environ: Mapping[str, str]) -> list[SpanExporter]:
    """Make the exporters that the variables name; each reads those that concern it itself.

    Raises:
        ConfigError: one is not there, or cannot be made.
    """
    names = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    return [_exporter(name.strip().lower(), environ) for name in names.split(",")]


def _exporter(name: str, environ: Mapping[str, str]) -> SpanExporter:
    """Make one exporter by its name."""
    entry, asked_by = name, "OTEL_TRACES_EXPORTER"
    if name == "otlp":
        asked_by = next((each for each in _PROTOCOLS if environ.get(each)), asked_by)
        protocol = environ.get(asked_by) if asked_by in _PROTOCOLS else None
        entry = _OTLP.get((protocol or _HTTP).strip().lower(), protocol or _HTTP)
    if entry == _OTLP[_HTTP]:
        _check_endpoint(environ)
    found: EntryPoint | None = next(iter(entry_points(group=_EXPORTERS, name=entry)), None)
    if found is None:
        known = ", ".join(sorted({each.name for each in entry_points(group=_EXPORTERS)}))
        raise ConfigError(
            f"there is no exporter of spans {entry}",
            location=asked_by,
            hint=f"install {_PACKAGES.get(entry, 'the package that has it')}, or name another; there are: {known or 'none'}",
        )
    try:
        exporter: SpanExporter = found.load()()
    except Exception as error:  # each exporter has errors of its own for what it cannot read
        raise ConfigError(f"the exporter of spans {entry} cannot be made: {error}", location=entry) from error
    return exporter


def _check_endpoint(environ: Mapping[str, str]) -> None:
    """Refuse an address that the exporter would find to be none with each batch of spans, long after the start."""
    name = next((each for each in _ENDPOINTS if environ.get(each)), None)
    if name is not None and not environ[name].strip().lower().startswith(("http://", "https://")):
        raise ConfigError(
            f"{environ[name].strip()!r} is no address to send spans to by HTTP",
            location=name,
            hint="begin it with http:// or https://; collectors listen for HTTP at port 4318, for gRPC at 4317",
        )
