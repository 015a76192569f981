"""Frozen pictures of the interfaces that the plugins of a host have, and of who needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hostcore.snapshots._plugins import MethodSnapshot, PluginState


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorSnapshot:
    """Describes one error that a plugin may answer with.

    Attributes:
        name: as it goes over the wire.
        code: the gRPC status name of its class, e.g. `NOT_FOUND`.
        description: for people; may be empty.
        retryable: whether the same call may succeed later.
        data: JSON Schema of what comes along, or None when nothing is said about it.
    """

    name: str
    code: str
    description: str = ""
    retryable: bool = False
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceProvider:
    """Shows one plugin that has an interface.

    Attributes:
        plugin: the plugin's id.
        state: its state.
        differs: whether it describes the interface otherwise than the picture shows it, under the same name and
            version.
    """

    plugin: str
    state: PluginState
    differs: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceRequirer:
    """Shows one plugin that an interface would do for.

    Attributes:
        plugin: the plugin's id.
        range: the versions that will do, as its manifest writes them.
        optional: whether it starts without it, too.
        provider: id of the plugin that was picked for it, which may have another version; None when nobody was.
        version: what that plugin has, or None.
    """

    plugin: str
    range: str
    optional: bool = False
    provider: str | None = None
    version: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InterfaceSnapshot:
    """Shows one version of an interface, as the first of its providers describes it: files first, then by id.

    Attributes:
        name: what plugins provide and callers ask for.
        version: `MAJOR.MINOR`.
        description: for people; may be empty.
        aliases: further names that its methods can be called by.
        providers: the plugins that have it, by id, whether they run or not.
        requirers: the plugins whose range has this version in it, by id.
        methods: what can be called; empty where nothing describes it.
        errors: by name.
        document: the interface file as JSON, without what came after this version; None where only a manifest or a
            hello names the interface.
        source: path of the file, `described by the plugin`, or empty.
    """

    name: str
    version: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    providers: tuple[InterfaceProvider, ...] = ()
    requirers: tuple[InterfaceRequirer, ...] = ()
    methods: tuple[MethodSnapshot, ...] = ()
    errors: Mapping[str, ErrorSnapshot] = field(default_factory=dict)
    document: Mapping[str, Any] | None = None
    source: str = ""
