"""The extension that brings the transport `grpc`; its libraries are an extra, and imported for the first plugin only."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from hostcore.errors import ManifestError
from hostcore.hooks import TransportContext, TransportOffer, hookimpl

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from hostcore.manifest import Manifest
    from hostcore.transports import Launcher, LaunchSpec, Transport, TransportListener

TRANSPORT: Final = "grpc"

OWN_PACKAGES: Final = frozenset({"hostcore", "hostcore_grpc"})
"""What must be there; that it is not is a fault of the installation, or of this code."""


class GrpcTransportExtension:
    """Runs plugins that were built with go-plugin: the transport `grpc`."""

    @hookimpl
    def hostcore_provide_transports(self, context: TransportContext) -> Iterable[TransportOffer]:
        """Offer the transport."""
        return [TransportOffer(name=TRANSPORT, launcher=LateLauncher(context))]


class LateLauncher:
    """Stands for the launcher until the first plugin needs it: its libraries take a tenth of a second to import.

    Args:
        context: what the host lends to a transport.
    """

    def __init__(self, context: TransportContext) -> None:
        self._context = context
        self._launcher: Launcher | None = None

    def __repr__(self) -> str:
        return f"<LateLauncher {self._launcher or 'not needed yet'}>"

    def check(self, manifest: Manifest) -> None:
        """Refuse a plugin whose table `[grpc]` cannot be used, or all of them where the extra is missing."""
        if self._launcher is None:
            try:
                module = importlib.import_module("hostcore_grpc._launcher")
            except ImportError as error:
                if error.name is None or error.name.partition(".")[0] in OWN_PACKAGES:
                    raise
                raise ManifestError(
                    f"the transport grpc is not installed: {error.name} is missing or too old",
                    location=str(manifest.file),
                    hint="install it with: pip install 'polyhost[grpc]'",
                ) from error
            made: Launcher = module.GrpcLauncher(self._context)
            self._launcher = made
        self._launcher.check(manifest)

    def launch(self, spec: LaunchSpec, listener: TransportListener) -> AbstractAsyncContextManager[Transport]:
        """Start a plugin; see `Launcher.launch`. It was checked before."""
        self.check(spec.manifest)
        assert self._launcher is not None  # noqa: S101 - the line above has made it, or raised
        return self._launcher.launch(spec, listener)
