"""Has the files of a plugin looked at before it is built and started, and keeps to the copy that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import trio

from hostcore.config import HostConfig, VerificationMode
from hostcore.errors import HostError, LaunchError
from hostcore.events import Event, PluginUnverified
from hostcore.hooks import FAILURES, CheckedSources, Extensions, SourceGuard
from hostcore.host._edition import Edition
from hostcore.interfaces import Interface
from hostcore.manifest import load_interfaces_of
from hostcore.snapshots import Verification, VerificationOutcome

HOOK: Final = "hostcore_decide_source_guard"

_GOOD: Final = frozenset({VerificationOutcome.OFF, VerificationOutcome.VERIFIED})


class SourceCheck:
    """Is the look at the files of one start of a plugin.

    Args:
        extensions: say who looks.
        config: how the host is configured.
        record: publishes an event when somebody should know.

    Attributes:
        manifest: the plugin's; once it was looked at, its folder is the one that it is built in and runs from.
        verification: what came of the look; None before it, and where nobody looks.
    """

    def __init__(
        self, edition: Edition, *, extensions: Extensions, config: HostConfig, record: Callable[[Event], None]
    ) -> None:
        self.manifest = edition.manifest
        self.verification: Verification | None = None
        self._interfaces = edition.interfaces
        self._extensions = extensions
        self._config = config
        self._record = record
        self._guard: SourceGuard | None = None
        self._sources: CheckedSources | None = None

    async def look(self) -> None:
        """Look at the files that are there now.

        Raises:
            LaunchError: they may not be used.
        """
        manifest = self.manifest
        self._guard = self._extensions.decide(
            HOOK,
            SourceGuard,  # type: ignore[type-abstract] # isinstance takes protocols
            manifest=manifest,
            config=self._config,
        )
        if self._guard is None:
            if self._config.verification.mode is VerificationMode.ENFORCE:
                raise self._refused(
                    "its files must be verified, and no extension does that; do not disable source_verification"
                )
            return
        try:
            sources = await self._guard.check(manifest)
            if not isinstance(sources, CheckedSources):
                raise TypeError(f"a guard answers with CheckedSources, not with {sources!r:.80}")
        except HostError as error:
            raise self._refused(str(error)) from error
        except (
            FAILURES
        ) as error:  # unlike elsewhere nobody may be passed over: nothing runs that was not looked at
            self._extensions.failed(type(self._guard).__name__, HOOK, error)
            raise self._refused(f"its files could not be looked at: {error!r}") from error
        self._sources, self.verification = sources, sources.verification
        if sources.refused or sources.verification.outcome not in _GOOD:
            self._record(
                PluginUnverified(
                    plugin=manifest.id,
                    version=manifest.version,
                    refused=sources.refused,
                    verification=sources.verification,
                )
            )
        if sources.refused:
            raise self._refused(sources.verification.detail)
        if sources.folder is not None:
            await self._move_to(sources.folder)

    async def _move_to(self, folder: Path) -> None:
        manifest = self.manifest
        self.manifest = replace(manifest, folder=folder, file=folder / manifest.file.name)
        there = await trio.to_thread.run_sync(load_interfaces_of, self.manifest)
        known = {
            name: each.document for name, each in self._interfaces.items() if _is_below(each, manifest.folder)
        }
        if known != _documents(there):
            raise self._refused(
                "its interface files are not those that the host has read; have them read again:"
                f" `polyhost reload {manifest.id}`"
            )

    async def built(self) -> None:
        """Tell that what was looked at is built.

        Raises:
            LaunchError: it may not be started.
        """
        if self._guard is None or self._sources is None:
            return
        try:
            await self._guard.built(self.manifest, self._sources)
        except HostError as error:
            raise self._refused(str(error)) from error
        except FAILURES as error:
            self._extensions.failed(type(self._guard).__name__, HOOK, error)
            raise self._refused(f"what was built could not be kept: {error!r}") from error

    def release(self) -> None:
        """Tell that nothing runs any more from what was looked at; a second call does nothing."""
        sources, self._sources = self._sources, None
        if sources is None or sources.released is None:
            return
        try:
            sources.released()
        except FAILURES as error:  # the boundary to an extension
            self._extensions.failed(type(self._guard).__name__, HOOK, error)

    def _refused(self, why: str) -> LaunchError:
        return LaunchError(
            f"{self.manifest.id} may not be started: {why}",
            location=str(self.manifest.file),
            details={"reason": "not-admitted"},
        )


def _is_below(interface: Interface, folder: Path) -> bool:
    return Path(interface.source).is_relative_to(folder)


def _documents(interfaces: Mapping[str, Interface]) -> dict[str, Mapping[str, object]]:
    return {name: each.document for name, each in interfaces.items()}
