"""Every error that Polyhost raises, and the one stable code of each.

The type says whose fault it is; the instance says what, where and what to do. The code is the same in Python,
on the wire, in HTTP problem bodies, in events and in the docs.
"""

from __future__ import annotations

from typing import Any, ClassVar


class HostError(Exception):
    """Is the root of what the host raises on purpose.

    Attributes:
        code: the stable, kebab-case code of the class.
        message: one sentence for a person: what happened and to whom.
        location: where: a file with its line, key or JSON pointer; None when there is no place.
        hint: what to do about it, in the imperative; None when nothing useful is known.
        details: further facts for programs, JSON-compatible.
    """

    code: ClassVar[str] = "internal"

    def __init__(
        self,
        message: str,
        *,
        location: str | None = None,
        hint: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint
        self.details = details or {}

    def __str__(self) -> str:
        text = f"{self.location}: {self.message}" if self.location else self.message
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(HostError):
    """Says that `polyhost.toml`, the environment or a flag is wrong."""

    code = "config-invalid"


class StorageError(ConfigError):
    """Says that a file in the data folder cannot be read or written now: its disk is full, or another program holds it."""

    code = "storage-failed"


class ManifestError(HostError):
    """Says that a `plugin.toml` cannot be used."""

    code = "manifest-invalid"


class SourceError(HostError):
    """Says that the files of a plugin, an archive of them, a key, a signature or the lock file cannot be used."""

    code = "source-refused"


class InterfaceError(HostError):
    """Says that an interface file cannot be used, or is not there."""

    code = "interface-invalid"


class InterfaceNotFoundError(HostError):
    """Says that no plugin of the host has this interface, or none in this version."""

    code = "interface-not-found"


class ExtensionError(HostError):
    """Says that an extension broke the rules of a hook, or could not be loaded."""

    code = "extension-failed"


class HostClosedError(HostError):
    """Says that the host is stopping or has stopped."""

    code = "host-closed"


class TrafficError(HostError):
    """Says that the communication log is off, or cannot be read."""

    code = "traffic-unavailable"


class RecordNotFoundError(HostError):
    """Says that the communication log has no record of this id, or none any more."""

    code = "record-not-found"


class PluginError(HostError):
    """Is the root of what goes wrong with a plugin as a whole."""

    code = "plugin-error"


class PluginNotFoundError(PluginError):
    """Says that no plugin of this id is known."""

    code = "plugin-not-found"


class PluginAlreadyLoadedError(PluginError):
    """Says that a plugin of this id is loaded already."""

    code = "plugin-already-loaded"


class PluginRequiredError(PluginError):
    """Says that other plugins require what was to be unloaded."""

    code = "plugin-required"


class DependencyError(PluginError):
    """Says that what a plugin requires is not there, does not fit, or leads back to the plugin itself."""

    code = "dependency-unmet"


class ReloadError(PluginError):
    """Says that the new version of a plugin may not, or cannot, take over; the old one serves on."""

    code = "reload-failed"


class LaunchError(PluginError):
    """Says that the program could not be started at all."""

    code = "launch-failed"


class HandshakeError(PluginError):
    """Says that the program started and sent no valid hello in time.

    Attributes:
        launch: what is known of the process, as its transport tells it; None when it does not.
    """

    code = "handshake-failed"
    launch: Any = None


class IncompatibleError(PluginError):
    """Says that host and plugin have no common protocol, or that the hello contradicts the manifest."""

    code = "plugin-incompatible"


class CrashedError(PluginError):
    """Says that the plugin's process ended while the call was in flight."""

    code = "plugin-crashed"


class MisbehavedError(PluginError):
    """Says that the plugin broke the protocol, or was killed because it hung."""

    code = "plugin-misbehaved"


class UnavailableError(PluginError):
    """Says that the plugin is not running now; it may be later."""

    code = "plugin-unavailable"


class CallError(HostError):
    """Is the root of what goes wrong with a single call, while the plugin lives on."""

    code = "call-error"


class MethodNotFoundError(CallError):
    """Says that no running plugin has this method."""

    code = "method-not-found"


class InvalidParamsError(CallError):
    """Says that the params do not fit the method's schema, found by the host or by the plugin."""

    code = "params-invalid"


class InvalidResultError(CallError):
    """Says that the plugin's answer does not fit the method's schema: the plugin's fault."""

    code = "result-invalid"


class TooLargeError(CallError):
    """Says that a message exceeds the frame limit of its receiver; larger data is streamed."""

    code = "message-too-large"


class OverloadedError(CallError):
    """Says that the plugin's queue of waiting calls is full."""

    code = "plugin-overloaded"


class CallTimedOutError(CallError):
    """Says that the deadline passed before the plugin answered."""

    code = "call-timed-out"


class CallCycleError(CallError):
    """Says that plugins wait for each other in a circle, or call each other too deep."""

    code = "call-cycle"


class CallRefusedError(CallError):
    """Says that an extension refused the call."""

    code = "call-refused"


class CallCancelledError(CallError):
    """Says that somebody other than its caller has cancelled the call."""

    code = "call-cancelled"


class CallNotFoundError(CallError):
    """Says that no call of this id is in flight, or none any more."""

    code = "call-not-found"


class ReplayError(CallError):
    """Says that a recorded call cannot be made again: what was sent is not known exactly."""

    code = "call-not-replayable"


class CallFailedError(CallError):
    """Carries the error that the plugin itself answered with.

    Attributes:
        status: the number on the wire: a gRPC code 1 to 16, or one of the protocol's own.
        name: the application error's name as the interface file declares it, or None.
        data: what the plugin sent along.
        retryable: what the plugin said; None when it said nothing.
    """

    code = "call-failed"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        name: str | None = None,
        data: Any = None,
        retryable: bool | None = None,
        location: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, location=location, hint=hint)
        self.status = status
        self.name = name
        self.data = data
        self.retryable = retryable


class ProtocolError(Exception):
    """Is the root of violations of the plugin protocol; stands apart from `HostError`."""

    code: ClassVar[str] = "protocol-violated"


class LocalProtocolError(ProtocolError):
    """Says that our own side tried to send what the protocol forbids now: a bug here, nothing was sent."""

    code = "protocol-violated-locally"


class RemoteProtocolError(ProtocolError):
    """Says that the peer sent what the protocol forbids; the connection cannot be used any more."""

    code = "protocol-violated"
