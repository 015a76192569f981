"""What a manifest's table `[grpc]` says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from hostcore.errors import ManifestError
from hostcore.interfaces import did_you_mean
from hostcore.manifest import Manifest
from hostcore_grpc._handshake import HandshakeMisfitError, TcpAddress, UnixAddress, parse_address
from hostcore_grpc.methods import InterfaceBinding, read_bindings

TABLE: Final = "grpc"

MAX_VERSIONS: Final = 32
"""Versions of a protocol that one manifest may allow; Terraform has had six in ten years."""

DEFAULT_MAX_MESSAGE: Final = 256 * 1024 * 1024
"""Bytes of a plugin's message unless the manifest says otherwise: four times what Terraform takes of a provider, whose
schemas are the largest messages known here. A message is held in memory several times over while it is read."""

SMALLEST_MAX_MESSAGE: Final = 4096
"""What reflection and health need at least, as with `limits.frame`."""

LARGEST_MAX_MESSAGE: Final = 2**31 - 1
"""What protobuf itself can read, and what go-plugin's own host takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """Says that a method takes the broker's id of a service that the host serves.

    Attributes:
        field: of the request; it holds the id.
        interface: whose methods are called for it; the manifest must require it.
        service: what the plugin calls, by its short or its full name; the interface's name unless the manifest says so.
        keep: whether the plugin keeps the service when the call has ended.
    """

    field: str
    interface: str
    service: str
    keep: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reattach:
    """Is a plugin that runs already, as go-plugin's debug mode prints it.

    Attributes:
        pid: its process.
        version: of the application's protocol.
        address: where its server listens.
    """

    pid: int
    version: int
    address: UnixAddress | TcpAddress


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Is what the table says.

    Attributes:
        cookie_key: name of the variable that shows the plugin that a host starts it.
        cookie_value: its value.
        versions: of the application's protocol that will do.
        auto_mtls: whether the connection is encrypted and both sides show certificates.
        plaintext_fallback: whether a plugin may be used that shows none although it was asked to.
        descriptors: a descriptor set or a `.proto` file, relative to the folder; None asks the plugin itself.
        bind: interface name to how a service stands for it.
        callbacks: full name of a method to what it takes of the host.
        reattach: a plugin that runs already, or None.
        max_message: bytes of the largest message that is taken from the plugin, unpacked.
    """

    cookie_key: str | None
    cookie_value: str | None
    versions: tuple[int, ...] = (1,)
    auto_mtls: bool = True
    plaintext_fallback: bool = False
    descriptors: Path | None = None
    bind: Mapping[str, InterfaceBinding] = field(default_factory=dict)
    callbacks: Mapping[str, Callback] = field(default_factory=dict)
    reattach: Reattach | None = None
    max_message: int = DEFAULT_MAX_MESSAGE


def read_settings(manifest: Manifest) -> Settings:
    """Read the table.

    Raises:
        ManifestError: a key is not known, is missing, or has a value that it cannot have.
    """
    return _Reader(manifest).settings()


_KEYS: Final = (
    "cookie_key",
    "cookie_value",
    "versions",
    "auto_mtls",
    "plaintext_fallback",
    "descriptors",
    "max_message",
    "bind",
    "callbacks",
    "reattach",
)


class _Reader:
    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._table = manifest.extra.get(TABLE, {})

    def settings(self) -> Settings:
        for key in self._table:
            if key not in _KEYS:
                hint = did_you_mean(key, _KEYS) or f"there are: {', '.join(_KEYS)}"
                raise self._fail(key, f"the key {key!r} is not known", hint)
        reattach = self._reattach()
        cookie_key, cookie_value = self._text("cookie_key"), self._text("cookie_value")
        if reattach is None and (cookie_key is None or cookie_value is None):
            missing = "cookie_key" if cookie_key is None else "cookie_value"
            raise self._fail(
                missing,
                f"the key {missing!r} is missing",
                "they are the MagicCookieKey and MagicCookieValue of the plugin's HandshakeConfig",
            )
        return Settings(
            cookie_key=cookie_key,
            cookie_value=cookie_value,
            versions=self._versions(),
            auto_mtls=self._flag("auto_mtls", default=True) and reattach is None,
            plaintext_fallback=self._flag("plaintext_fallback", default=False),
            descriptors=self._descriptors(),
            max_message=self._max_message(),
            bind=self._bind(),
            callbacks=self._callbacks(),
            reattach=reattach,
        )

    def _fail(self, key: str, message: str, hint: str | None = None) -> ManifestError:
        return ManifestError(message, location=f"{self._manifest.file}, {TABLE}.{key}", hint=hint)

    def _text(self, key: str) -> str | None:
        value = self._table.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._fail(key, "this must be a text, not empty and without NUL characters")
        if key == "cookie_key" and "=" in value:
            raise self._fail(key, "this must be the name of a variable, without =")
        return value

    def _flag(self, key: str, *, default: bool) -> bool:
        value = self._table.get(key, default)
        if not isinstance(value, bool):
            raise self._fail(key, "this must be true or false")
        return value

    def _versions(self) -> tuple[int, ...]:
        value = self._table.get("versions", [1])
        is_list = isinstance(value, list) and 0 < len(value) <= MAX_VERSIONS
        if not is_list or not all(type(each) is int and each >= 0 for each in value):
            raise self._fail(
                "versions",
                f"this must be a list of 1 to {MAX_VERSIONS} whole numbers",
                "they are the versions of the plugin's protocol that will do, for example [5, 6]",
            )
        return tuple(dict.fromkeys(value))

    def _max_message(self) -> int:
        value = self._table.get("max_message", DEFAULT_MAX_MESSAGE)
        if type(value) is not int or not SMALLEST_MAX_MESSAGE <= value <= LARGEST_MAX_MESSAGE:
            raise self._fail(
                "max_message",
                f"this must be a whole number from {SMALLEST_MAX_MESSAGE} to {LARGEST_MAX_MESSAGE}",
                "it is the number of bytes of the largest message that is taken from the plugin",
            )
        return value

    def _descriptors(self) -> Path | None:
        text = self._text("descriptors")
        if text is None:
            return None
        folder = self._manifest.folder.resolve()
        path = (folder / text).resolve()
        if PurePosixPath(text).is_absolute() or not path.is_relative_to(folder):
            raise self._fail(
                "descriptors", f"{text!r} leads out of the plugin's folder", "name a file inside of it"
            )
        if not path.is_file() and self._manifest.build is None:
            raise self._fail(
                "descriptors", f"there is no file {text!r} in the plugin's folder", "check the name"
            )
        return path

    def _bind(self) -> Mapping[str, InterfaceBinding]:
        bind = read_bindings(self._table.get("bind", {}), source=str(self._manifest.file))
        for interface in bind:
            if interface not in self._manifest.provides:
                raise self._fail(
                    f"bind.{interface}",
                    f"{interface} is not provided",
                    f'add it to the manifest\'s [provides]: {interface} = "1.0"',
                )
        return bind

    def _callbacks(self) -> Mapping[str, Callback]:
        return {name: self._callback(name, table) for name, table in self._tables("callbacks").items()}

    def _callback(self, method: str, table: Mapping[str, Any]) -> Callback:
        key = f"callbacks.{method}"
        names = {"service": table.get("interface"), **table}
        keep = names.pop("keep", False)
        are_texts = all(isinstance(each, str) and each for each in names.values())
        if set(names) != {"field", "interface", "service"} or not are_texts or not isinstance(keep, bool):
            raise self._fail(
                key,
                "a callback has the keys field and interface, and may have service, which are texts, and keep, which is"
                " true or false",
                'for example "Counter.Add" = { field = "helper", interface = "Helper" }',
            )
        callback = Callback(**names, keep=keep)
        if callback.interface not in self._manifest.requires.interfaces:
            raise self._fail(
                key,
                f"{callback.interface} is not required",
                f'add it to the manifest\'s [requires.interfaces]: {callback.interface} = "^1.0"',
            )
        return callback

    def _tables(self, key: str) -> dict[str, Mapping[str, Any]]:
        value = self._table.get(key, {})
        if not isinstance(value, Mapping) or not all(isinstance(each, Mapping) for each in value.values()):
            raise self._fail(key, "this must be a table of tables")
        return dict(value)

    def _reattach(self) -> Reattach | None:
        value = self._table.get("reattach")
        if value is None:
            return None
        if isinstance(value, str):
            value = _printed(value)
        form = '{ Protocol = "grpc", ProtocolVersion = 5, Pid = 123, Test = true, Addr = { Network = "unix", String = "…" } }'
        hint = f"write what the plugin's debug mode has printed: {form}"
        if not isinstance(value, Mapping) or not isinstance(value.get("Addr"), Mapping):
            raise self._fail("reattach", "this must be a table with Addr, Pid and ProtocolVersion", hint)
        if value.get("Protocol", "grpc") != "grpc":
            raise self._fail(
                "reattach.Protocol", f"only grpc can be reattached to, not {value['Protocol']!r}", hint
            )
        pid, version = value.get("Pid"), value.get("ProtocolVersion", 1)
        if type(pid) is not int or type(version) is not int or pid <= 0:
            raise self._fail("reattach", "Pid and ProtocolVersion must be whole numbers", hint)
        address = value["Addr"]
        try:
            parsed = parse_address(str(address.get("Network")), str(address.get("String")))
        except HandshakeMisfitError as error:
            raise self._fail("reattach.Addr", str(error), hint) from None
        return Reattach(pid=pid, version=version, address=parsed)


def _printed(text: str) -> Any:
    """Read the JSON that a plugin in debug mode prints: the plugin itself, or one plugin by its name; None for others."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict) and "Addr" not in value and len(value) == 1:
        return next(iter(value.values()))
    return value
