"""Codes of problems that go together: what may go wrong when a plugin is named, started or called."""

from __future__ import annotations

from typing import Final

NAMING: Final = ("plugin-not-found",)
"""Follow from a word in the path that names a plugin."""

CHANGING: Final = (*NAMING, "host-closed", "config-invalid", "storage-failed")
"""Follow from what is asked of a plugin: there is none, the host stops, or the wish cannot be written down."""

STARTING: Final = (
    *CHANGING,
    "manifest-invalid",
    "interface-invalid",
    "source-refused",
    "dependency-unmet",
    "launch-failed",
    "handshake-failed",
    "plugin-incompatible",
    "plugin-crashed",
    "plugin-misbehaved",
    "plugin-unavailable",
    "plugin-error",
    "extension-failed",
)
"""Follow from the start of a plugin, and of what it requires."""

CALLING: Final = (
    *STARTING,
    "method-not-found",
    "params-invalid",
    "result-invalid",
    "message-too-large",
    "plugin-overloaded",
    "call-timed-out",
    "call-cycle",
    "call-refused",
    "call-failed",
    "call-error",
    "protocol-violated",
)
"""Follow from a call, which may start the plugin."""

LIVE: Final = (
    "topic-not-found",
    "live-id-unknown",
    "live-id-taken",
    "live-too-many",
    "credit-exceeded",
)
"""Are told in messages of the live websocket, beside those of the calls that are made over it."""
