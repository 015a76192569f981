"""The extension that makes a span of each call; its libraries are an extra, and imported only where spans are wanted."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from hostcore.errors import ConfigError
from hostcore.hooks import CallInterceptor, HostControl, hookimpl
from hostcore.manifest import Manifest

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

    from hostcore_otel._spans import Spans

_ASKING: Final = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
"""Variables that ask for spans: each names where to send them."""


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
        self._provider = provider
        self._environ = os.environ if environ is None else environ
        self._spans: Spans | None = None
        self._is_decided = False

    def __repr__(self) -> str:
        return f"<TracingExtension {self._spans or 'without spans'}>"

    @hookimpl(tryfirst=True)
    def hostcore_provide_call_interceptors(
        self, host: HostControl, manifest: Manifest, method: str
    ) -> Iterable[CallInterceptor]:
        """Offer what makes the spans of a method, the outermost of all; nothing when nobody wants them."""
        if not self._is_decided:
            self._is_decided = True
            self._spans = self._make(host)
        return [] if self._spans is None else [self._spans.of_method(manifest, method)]

    @hookimpl
    async def hostcore_on_host_stopping(self) -> None:
        """Send what has not been sent yet; the spans of calls that still run are sent when the process ends."""
        if self._spans is not None:
            await self._spans.flush()

    def _make(self, host: HostControl) -> Spans | None:
        """Find out whether spans are wanted.

        Raises:
            ConfigError: they are, and cannot be made.
        """
        if self._environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            return None
        asked = any(self._environ.get(name, "").strip() for name in _ASKING)
        if self._environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
            asked = False
        try:
            module: Any = importlib.import_module("hostcore_otel._spans")
        except ImportError as error:
            if error.name is None or error.name.partition(".")[0] != "opentelemetry":
                raise
            if not asked and self._provider is None:
                return None
            raise ConfigError(
                f"spans are asked for, and cannot be made: {error.name} is not installed",
                location=next((each for each in _ASKING if self._environ.get(each)), None),
                hint="install it with: pip install 'polyhost[otel]'; or set OTEL_TRACES_EXPORTER=none",
            ) from error
        made: Spans | None = module.make_spans(self._provider, host, self._environ if asked else None)
        return made
