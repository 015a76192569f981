"""The extension that makes a span of each call; its libraries are an extra, and imported only where spans are wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from hostcore.errors import ConfigError
from hostcore.hooks import CallInterceptor, HostControl, hookimpl
from hostcore.manifest import Manifest

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider as OwnProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import TracerProvider

_ASKING: Final = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
"""Variables that ask for spans: each says where to send them."""


class TracingExtension:
    """Makes a span of each call to a plugin, and has the plugin's own calls and spans belong to it.

    Without the extra `otel`, or without anybody who asks for spans, it does nothing: a trace context that comes with a
    call is passed on all the same.

    Args:
        provider: makes the spans, and is the application's to close. None takes the one that the application has set
            for the whole process, or else makes one when the variables `OTEL_…` ask for it.
        environ: the variables; None for the process's own.
    """

    def __init__(
        self, provider: TracerProvider | None = None, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._provider = provider
        self._own: OwnProvider | None = None
        self._exporters: list[SpanExporter] = []
        self._trouble: ConfigError | None = None
        # Here, as the libraries take tenths of a second, in which a host that is open would do nothing else.
        try:
            self._find_provider()
        except ConfigError as error:
            self._trouble = error

    def __repr__(self) -> str:
        return f"<TracingExtension {self._provider or self._exporters or 'without spans'}>"

    def _find_provider(self) -> None:
        is_off = self._environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        if self._provider is not None or is_off:
            return
        if "opentelemetry.trace" in sys.modules:  # else nobody can have set one
            from hostcore_otel._spans import application_provider  # noqa: PLC0415 - the extra may be missing

            self._provider = application_provider()
        if self._provider is None and self._is_asked:
            try:
                from hostcore_otel._own_provider import make_exporters  # noqa: PLC0415 - as above
            except ImportError as error:
                if error.name is None or error.name.partition(".")[0] != "opentelemetry":
                    raise
                raise ConfigError(
                    f"spans are asked for, and cannot be made: {error.name} is not installed",
                    location=next(each for each in _ASKING if self._environ.get(each)),
                    hint="install it with: pip install 'polyhost[otel]'; or set OTEL_TRACES_EXPORTER=none",
                ) from error
            self._exporters = make_exporters(self._environ)

    @property
    def _is_asked(self) -> bool:
        if self._environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
            return False
        return any(self._environ.get(name, "").strip() for name in _ASKING)

    @hookimpl
    def hostcore_on_host_started(self) -> None:
        """Say what is wrong, where no plugin has described a method until now."""
        self._tell_trouble()

    def _tell_trouble(self) -> None:
        """Raise what kept the exporters from being made, once."""
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    @hookimpl(tryfirst=True)
    def hostcore_provide_call_interceptors(
        self, host: HostControl, manifest: Manifest, method: str
    ) -> Iterable[CallInterceptor]:
        """Offer what makes the spans of a method, the outermost of all; nothing when nobody wants them."""
        self._tell_trouble()
        if self._exporters and self._own is None:
            from hostcore_otel._own_provider import make_provider  # noqa: PLC0415 - imported above already

            source = {
                "service.name": "polyhost",
                "service.version": host.version,
                "service.instance.id": host.run_id,
            }
            self._own = make_provider(self._exporters, source, self._environ)
        provider = self._provider or self._own
        if provider is None:
            return []
        from hostcore_otel._spans import SpanInterceptor  # noqa: PLC0415 - as above

        return [SpanInterceptor(provider, version=host.version, manifest=manifest, method=method)]

    @hookimpl
    async def hostcore_on_host_stopped(self) -> None:
        """Send what has not been sent yet: all calls have their outcome."""
        if self._own is not None:
            from hostcore_otel._own_provider import close  # noqa: PLC0415 - as above

            await close(self._own)
