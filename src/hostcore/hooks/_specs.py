"""The hooks: every place where an extension can take part in what the host does.

Three kinds, told by the name. `hostcore_provide_*`: all answers are collected, in calling order. `hostcore_decide_*`:
pure; the first answer that is not None wins. Both are plain functions that must not wait: an awaitable as an answer
is refused. `hostcore_on_*`: told of what has happened, one implementation after the other; these may be async, and
then have a time limit. An implementation that raises is named in an `extension-failed` event and passed over; the
host goes on with the next one, and in the end with its default.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pluggy

from hostcore.config import HostConfig
from hostcore.dependencies import DependencyNode, StartOrder
from hostcore.events import PluginExited, PluginReloaded, PluginStateChanged, Recorded
from hostcore.hooks._control import HostControl
from hostcore.hooks._facts import (
    BackgroundTask,
    CallInterceptor,
    CallObserver,
    ReloadContext,
    RouteCandidate,
    SourceGuard,
    TransportContext,
    TransportOffer,
)
from hostcore.manifest import Manifest
from hostcore.metrics import MetricFamily
from hostcore.snapshots import MethodSnapshot, Reason
from hostcore.supervision import HealthContext, HealthDecision, RestartContext, RestartDecision

PROJECT = "hostcore"

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks an implementation: `@hookimpl` on a function or method named like the hook; `tryfirst` and `trylast` order it."""

hookspec = pluggy.HookspecMarker(PROJECT)
"""Marks a declaration of a hook, in a class of a package that calls hooks of its own; `open_host` takes such classes."""


class Purpose(enum.StrEnum):
    """Says what an environment is for."""

    RUN = "run"
    BUILD = "build"


class HostHooks:
    """Declares the hooks; extensions implement any of them and take only the arguments they need."""

    # -- provide: all answers are collected

    @hookspec
    def hostcore_provide_manifests(self, config: HostConfig) -> Iterable[Path]:  # type: ignore[empty-body] # a spec has no body
        """Name folders with a `plugin.toml` that the host shall load when it opens, and when it reads its configuration anew.

        Args:
            config: how the host is configured.

        Returns:
            Absolute paths of folders. One named twice is loaded once. Default: none.
        """

    @hookspec
    def hostcore_provide_transports(self, context: TransportContext) -> Iterable[TransportOffer]:  # type: ignore[empty-body] # as above
        """Offer ways to talk to plugins; called once, when the host opens.

        Args:
            context: what a transport may build on.

        Returns:
            Launchers with the names that manifests call them by. A name that is taken is refused. Default: none;
            the host itself has `stdio`.
        """

    @hookspec
    def hostcore_provide_background_tasks(self, host: HostControl) -> Iterable[BackgroundTask]:  # type: ignore[empty-body] # as above
        """Offer work to do while the host runs; called once, before the first plugin starts.

        Args:
            host: the running host.

        Returns:
            Async functions without arguments. Each runs in a task of its own until it returns; all are cancelled
            before the plugins are stopped. One that raises is named in an event and ended. Default: none.
        """

    @hookspec
    def hostcore_provide_call_interceptors(  # type: ignore[empty-body] # as above
        self, host: HostControl, manifest: Manifest, method: str
    ) -> Iterable[CallInterceptor]:
        """Offer interceptors for a method's calls; called when its route is made: at a load, a reload or a first call.

        Args:
            host: the running host.
            manifest: the plugin.
            method: full name of the method.

        Returns:
            Interceptors, the outermost first. A method without any costs nothing. Default: none.
        """

    @hookspec
    def hostcore_provide_call_observers(  # type: ignore[empty-body] # as above
        self, host: HostControl, manifest: Manifest
    ) -> Iterable[CallObserver]:
        """Offer observers of a plugin's calls and messages; called at a load, a reload and each `observe_again`.

        Args:
            host: the running host.
            manifest: the plugin.

        Returns:
            Observers; those that were offered before are not told any more. What nobody observes costs nothing.
            Default: none.
        """

    @hookspec
    def hostcore_provide_metrics(self, host: HostControl) -> Iterable[MetricFamily]:  # type: ignore[empty-body] # as above
        """Offer figures for monitoring systems; called each time that one asks, so it reads and does not measure.

        Args:
            host: the running host.

        Returns:
            Families of metrics. A name that is taken is refused. Default: none.
        """

    @hookspec
    def hostcore_provide_facilities(self, host: HostControl) -> Iterable[object]:  # type: ignore[empty-body] # as above
        """Offer objects that others find by their class with `host.facility`; called once, before the first plugin starts.

        Args:
            host: the running host.

        Returns:
            Objects of classes that those who ask for them know; of two of one class the first is found. Default: none.
        """

    # -- decide: the first answer wins

    @hookspec
    def hostcore_decide_source_guard(self, manifest: Manifest, config: HostConfig) -> SourceGuard | None:
        """Say who looks at a plugin's files; called before each build and start, before all other questions about it.

        The answer is an object whose methods may wait: reading many files takes time, which no hook has. If the call
        of a method fails, the plugin is not started.

        Args:
            manifest: the plugin.
            config: how the host is configured, as of the latest reading.

        Returns:
            Who looks; None to leave it to the next one. Default: nobody, and the plugin runs in its own folder.
        """

    @hookspec
    def hostcore_decide_admission(self, manifest: Manifest) -> str | None:
        """Say why a plugin may not be started; called before each build and start.

        Args:
            manifest: the plugin; its `folder` is the one that it is built in and runs from.

        Returns:
            A sentence that says what is wrong: the plugin is `failed` with it. None to leave it to the next one.
            Default: it may be started.
        """

    @hookspec
    def hostcore_decide_command(self, manifest: Manifest) -> Sequence[str] | None:
        """Say what program with which arguments runs a plugin; called before each start.

        Args:
            manifest: the plugin.

        Returns:
            The program (a path, or a name for PATH) and its arguments; None to leave it to the next one. Raise
            `LaunchError` for a runtime that is not there: the plugin is not started then. Default: the manifest's
            `command` as it stands.
        """

    @hookspec
    def hostcore_decide_environment(
        self, manifest: Manifest, purpose: Purpose, environ: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        """Say which environment a plugin, or its build, gets; called before each start and build.

        Args:
            manifest: the plugin.
            purpose: a run or a build.
            environ: the host's own environment.

        Returns:
            All variables; the host adds those of the protocol. None to leave it to the next one. Default: PATH and
            what the manifest sets.
        """

    @hookspec
    def hostcore_decide_start_order(self, nodes: Sequence[DependencyNode]) -> StartOrder | None:
        """Say who requires whom, who is picked for it, and what cannot start; called when the set of plugins changes.

        Args:
            nodes: all plugins that the host knows, sorted by id.

        Returns:
            The order; None to leave it to the next one. Default: one wave of all, without dependencies.
        """

    @hookspec
    def hostcore_decide_restart(self, context: RestartContext) -> RestartDecision | None:
        """Say what follows the end of a plugin's process that nobody asked for.

        Args:
            context: how it ended, and what went before.

        Returns:
            When to start again, or that it is over; None to leave it to the next one. Default: `failed`.
        """

    @hookspec
    def hostcore_decide_health(self, context: HealthContext) -> HealthDecision | None:
        """Judge a running instance after each look at it: every `health.interval` seconds, or when a ping was missed.

        Args:
            context: what was seen.

        Returns:
            The verdict; None to leave it to the next one. Default: healthy.
        """

    @hookspec
    def hostcore_decide_deadline(self, manifest: Manifest, method: MethodSnapshot | None) -> float | None:
        """Say how long calls of a method have whose callers do not say; called when its route is made.

        Args:
            manifest: the plugin.
            method: the method; None where no interface file describes it.

        Returns:
            Seconds; None to leave it to the next one. Default: `limits.call_timeout` of the manifest.
        """

    @hookspec
    def hostcore_decide_route(self, interface: str, candidates: Sequence[RouteCandidate]) -> str | None:
        """Say who gets the calls of an interface that name no plugin; asked anew when the candidates change.

        Args:
            interface: its name.
            candidates: all that provide it, at least two, sorted by id.

        Returns:
            The id of one of them; None to leave it to the next one. Default: the first that is callable.
        """

    @hookspec
    def hostcore_decide_reload(self, context: ReloadContext) -> str | None:
        """Say why a new version may not take over; called before anything of it is started, unless the reload is forced.

        It is called once more when the new version has said hello and provides what its files do not say; both
        versions are then shown with what they have said, too.

        Args:
            context: both versions, and who depends on the plugin.

        Returns:
            A sentence that says what would break; None to leave it to the next one. Default: it may.
        """

    # -- on: told of what has happened

    @hookspec
    def hostcore_on_host_started(self, host: HostControl) -> None:
        """Learn that the host is open: all plugins that start with it are ready, or their first start has failed.

        Args:
            host: the running host.
        """

    @hookspec
    def hostcore_on_host_stopping(self, host: HostControl, reason: Reason) -> None:
        """Learn that the host stops; plugins can still be called, and are stopped when all implementations are done.

        Args:
            host: the host.
            reason: why.
        """

    @hookspec
    def hostcore_on_host_stopped(self, host: HostControl) -> None:
        """Learn that the host has stopped: no plugin runs any more, and all calls have their outcome.

        A host that is cancelled does not wait: what an async implementation does before its first wait is done then.

        Args:
            host: the host; nothing can be asked of it any more but facts.
        """

    @hookspec
    def hostcore_on_plugin_state_changed(self, host: HostControl, event: PluginStateChanged) -> None:
        """Learn that a plugin as a whole went from one state to another; told in order, a moment later.

        Args:
            host: the running host.
            event: what has changed.
        """

    @hookspec
    def hostcore_on_plugin_exited(self, host: HostControl, event: PluginExited) -> None:
        """Learn that a process of a plugin has ended, wanted or not.

        Args:
            host: the running host.
            event: with the exit report.
        """

    @hookspec
    def hostcore_on_plugin_reloaded(self, host: HostControl, event: PluginReloaded) -> None:
        """Learn that a new version of a plugin, or the same one anew, has taken over.

        Args:
            host: the running host.
            event: with both versions.
        """

    @hookspec
    def hostcore_on_event(self, host: HostControl, recorded: Recorded) -> None:
        """Learn of every event, in order; an extension that is too slow for the host's ring of events misses some.

        Args:
            host: the running host.
            recorded: the event with its place in the sequence.
        """
