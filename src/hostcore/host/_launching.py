"""Says how a plugin is started: asks the hooks, builds it if needed, and puts the answers together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from hostcore._version import VERSION
from hostcore.config import HostConfig
from hostcore.errors import LaunchError
from hostcore.hooks import Extensions, Purpose
from hostcore.host._edition import Edition
from hostcore.host._loaded_plugin import LoadedPlugin
from hostcore.host._source_check import SourceCheck
from hostcore.manifest import Manifest
from hostcore.snapshots import LogSource
from hostcore.supervision import build_if_needed
from hostcore.transports import LaunchSpec, Spawner


class Preparation:
    """Prepares the starts of a host's plugins.

    Args:
        extensions: decide on admission, command and environment.
        spawner: starts builds.
        data: the host's data folder, absolute.
        config: gives the host's configuration as of its latest reading.
    """

    def __init__(
        self, extensions: Extensions, spawner: Spawner, data: Path, *, config: Callable[[], HostConfig]
    ) -> None:
        self._config = config
        self._extensions = extensions
        self._spawner = spawner
        self._data = data

    async def prepare(self, plugin: LoadedPlugin, edition: Edition, instance: int) -> LaunchSpec:
        """Build a plugin if needed and say how to start it.

        Raises:
            LaunchError: it may not be started, cannot be built, or nothing knows how to run it.
        """
        check = SourceCheck(edition, extensions=self._extensions, config=self._config(), record=plugin.record)
        try:
            async with plugin.building:
                manifest = await self._build(plugin, check, instance)
            return self._spec(plugin, edition, instance, manifest, released=check.release)
        except LaunchError:
            check.release()
            raise

    def _spec(
        self,
        plugin: LoadedPlugin,
        edition: Edition,
        instance: int,
        manifest: Manifest,
        *,
        released: Callable[[], None],
    ) -> LaunchSpec:
        data = self._own_folder(manifest)
        environment = {
            **self._environment(manifest, Purpose.RUN),
            "POLYHOST_PLUGIN": "1",
            "POLYHOST_PROTOCOL": "1",
            "POLYHOST_DATA_DIR": str(data),
            "POLYHOST_INSTANCE": str(instance),
        }
        limits = manifest.limits
        return LaunchSpec(
            plugin=manifest.id,
            manifest=manifest,
            interfaces=edition.interfaces,
            command=self._command(manifest),
            folder=manifest.folder,
            environment=environment,
            start_timeout=limits.start_timeout,
            frame_limit=limits.frame,
            max_inflight=limits.max_inflight,
            queue_limit=limits.queue,
            cancel_grace=limits.cancel_grace,
            greet=edition.greeter(host_version=VERSION, data_dir=str(data)),
            instance=instance,
            observing=plugin.observing,
            released=released,
        )

    async def _build(self, plugin: LoadedPlugin, check: SourceCheck, instance: int) -> Manifest:
        """Look at the files and build them if needed; returns the manifest, with the folder in which that was done."""
        try:
            await check.look()
        finally:
            plugin.verification = check.verification
        manifest = check.manifest
        self._refuse_if_not_admitted(manifest)
        await build_if_needed(
            manifest,
            environment=self._environment(manifest, Purpose.BUILD),
            spawner=self._spawner,
            heard=partial(plugin.log, instance, LogSource.HOST, "info"),
        )
        await check.built()
        return manifest

    def _refuse_if_not_admitted(self, manifest: Manifest) -> None:
        refusal = self._extensions.decide("hostcore_decide_admission", str, manifest=manifest)
        if refusal is not None:
            raise LaunchError(
                f"{manifest.id} may not be started: {refusal}",
                location=str(manifest.file),
                details={"reason": "not-admitted"},
            )

    def _command(self, manifest: Manifest) -> Sequence[str]:
        command: Sequence[str] | None = self._extensions.decide(
            "hostcore_decide_command",
            Sequence,  # type: ignore[type-abstract] # isinstance takes abstract classes
            manifest=manifest,
        )
        if command is not None:
            return command
        if manifest.command is not None:
            return manifest.command
        raise LaunchError(
            f"no extension knows the runtime {manifest.runtime}",
            location=str(manifest.file),
            hint="give a `command` instead of `runtime` and `entry`, or enable runtime_commands",
        )

    def _own_folder(self, manifest: Manifest) -> Path:
        data = self._data / "plugins" / manifest.id
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LaunchError(
                f"the data folder of {manifest.id} cannot be made: {error.strerror}",
                location=str(data),
                hint="the host must be able to write into its data folder",
            ) from error
        return data

    def _environment(self, manifest: Manifest, purpose: Purpose) -> Mapping[str, str]:
        decided = self._extensions.decide(
            "hostcore_decide_environment",
            Mapping,  # type: ignore[type-abstract] # isinstance takes abstract classes
            manifest=manifest,
            purpose=purpose,
            environ=dict(os.environ),
        )
        if decided is not None:
            return decided
        return {"PATH": os.environ.get("PATH", os.defpath), **manifest.environment.values}
