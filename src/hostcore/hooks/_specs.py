"""The hooks: every place where an extension can take part in what the host does.

Two kinds so far, told by the name. `hostcore_provide_*`: all answers are collected, in calling order.
`hostcore_decide_*`: pure; the first answer that is not None wins. Both are plain functions that must not wait: an
awaitable as an answer is refused. An implementation that raises is named in an `extension-failed` event and passed
over; the host goes on with the next one, and in the end with its default.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pluggy

from hostcore.config import HostConfig
from hostcore.manifest import Manifest
from hostcore.supervision import RestartContext, RestartDecision

PROJECT = "hostcore"

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks an implementation: `@hookimpl` on a function or method named like the hook; `tryfirst` and `trylast` order it."""

_spec = pluggy.HookspecMarker(PROJECT)


class Purpose(enum.StrEnum):
    """Says what an environment is for."""

    RUN = "run"
    BUILD = "build"


class HostHooks:
    """Declares the hooks; extensions implement any of them and take only the arguments they need."""

    @_spec
    def hostcore_provide_manifests(self, config: HostConfig) -> Iterable[Path]:  # type: ignore[empty-body] # a spec has no body
        """Name folders with a `plugin.toml` that the host shall load when it opens.

        Args:
            config: how the host is configured.

        Returns:
            Absolute paths of folders. One named twice is loaded once. Default: none.
        """

    @_spec
    def hostcore_decide_admission(self, manifest: Manifest) -> str | None:
        """Say why a plugin may not be started; called before each build and start.

        Args:
            manifest: the plugin.

        Returns:
            A sentence that says what is wrong: the plugin is `failed` with it. None to leave it to the next one.
            Default: it may be started.
        """

    @_spec
    def hostcore_decide_command(self, manifest: Manifest) -> Sequence[str] | None:
        """Say what program with which arguments runs a plugin; called before each start.

        Args:
            manifest: the plugin.

        Returns:
            The program (a path, or a name for PATH) and its arguments; None to leave it to the next one. Raise
            `LaunchError` for a runtime that is not there: the plugin is not started then. Default: the manifest's
            `command` as it stands.
        """

    @_spec
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

    @_spec
    def hostcore_decide_restart(self, context: RestartContext) -> RestartDecision | None:
        """Say what follows the end of a plugin's process that nobody asked for.

        Args:
            context: how it ended, and what went before.

        Returns:
            When to start again, or that it is over; None to leave it to the next one. Default: `failed`.
        """
