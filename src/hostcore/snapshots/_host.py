"""What a host has beside its plugins: extensions, hooks, those who follow its events, and new configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class EventStatistics:
    """Shows how the host's events reach those who follow them.

    Attributes:
        recorded: events since the host was opened.
        kept: how many of them are still there for who comes late.
        followers: subscriptions there are now.
        lag: events that the slowest of them has still to take.
        missed: events that some follower was too slow for, counted for each such follower, since the host was opened.
    """

    recorded: int = 0
    kept: int = 0
    followers: int = 0
    lag: int = 0
    missed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionSnapshot:
    """Shows one extension.

    Attributes:
        name: what `--disable` takes.
        origin: `built-in`, `installed` or `loaded`.
        version: that of the package that brings it; of Polyhost for a built-in one, empty when unknown.
        description: the first line of its docstring; may be empty.
        hooks: the hooks that it implements.
        enabled: whether it takes part; a disabled one implements nothing.
        failures: how often one of its hooks has failed.
        last_error: the latest of them, or None.
    """

    name: str
    origin: str
    version: str = ""
    description: str = ""
    hooks: tuple[str, ...] = ()
    enabled: bool = True
    failures: int = 0
    last_error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HookSnapshot:
    """Shows one hook.

    Attributes:
        name: the hook's name.
        kind: `provide`, `decide` or `on`.
        extensions: names of the extensions that implement it, in calling order.
    """

    name: str
    kind: str
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigChange:
    """Says what a new reading of the host's configuration has changed.

    Attributes:
        loaded: ids of plugins that are new.
        unloaded: ids of plugins that are there no more.
        reloaded: ids of plugins that run with other settings now.
        enabled: ids of plugins that may run now.
        disabled: ids of plugins that may not run any more.
        pending: dotted keys whose change needs a new start of the host.
        failed: plugin id, or folder, to what went wrong with it.
    """

    loaded: tuple[str, ...] = ()
    unloaded: tuple[str, ...] = ()
    reloaded: tuple[str, ...] = ()
    enabled: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
