"""Refuses plugins whose files are not those that somebody has vouched for."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import trio

from hostcore.config import HostConfig, VerificationMode
from hostcore.errors import SourceError
from hostcore.events import PluginStateChanged
from hostcore.hooks import CheckedSources, SourceGuard, hookimpl
from hostcore.manifest import Manifest
from hostcore.snapshots import PluginState, VerificationOutcome
from hostcore.sources import Copies, coverage_of, verify_folder

COPIES_FOLDER: Final = "sources"
"""Where in the host's data folder the private copies are, a folder for each plugin."""

_AT_REST: Final = frozenset({PluginState.STOPPED, PluginState.FAILED, PluginState.DISABLED})


class SourceVerification:
    """Compares the files of plugins with the lock file, with signatures, and with what `[verify]` pins.

    The first two are done as `[verification]` of the host's configuration says: in the mode `enforce` a plugin is built
    and runs in a private copy of just the files that were compared, so that nobody can change them in between.
    """

    def __init__(self) -> None:
        self._in_use: dict[str, Counter[Path]] = defaultdict(Counter)

    @hookimpl
    def hostcore_decide_source_guard(self, config: HostConfig) -> SourceGuard | None:
        """Look at the files before anything is built from them."""
        return Guard(config, in_use=self._in_use)

    @hookimpl
    def hostcore_on_plugin_state_changed(self, event: PluginStateChanged) -> None:
        """Note which plugins have no process, so that old copies can go."""
        if event.new in _AT_REST:
            self._in_use.pop(event.plugin, None)

    @hookimpl
    def hostcore_decide_admission(self, manifest: Manifest) -> str | None:
        """Name the first file that differs from what the manifest pins, or cannot be read."""
        for name, expected in manifest.verify.items():
            algorithm, _, digest = expected.partition(":")
            pinned = manifest.folder / name
            if pinned.exists() and not pinned.is_file():  # a pipe would be waited for, a device read for ever
                return f"{name}, which [verify] pins, is no regular file"
            try:
                with pinned.open("rb") as file:
                    found = hashlib.file_digest(file, algorithm).hexdigest()
            except OSError as error:
                return f"{name}, which [verify] pins, cannot be read: {error.strerror}"
            if found != digest.lower():
                return f"{name} is not the file that [verify] pins: its {algorithm} is {found}; restore it, or have whoever trusts it pin it anew"
        return None


class Guard:
    """Looks at a plugin's files as a configuration says.

    Args:
        config: how the host is configured.
        in_use: by plugin id, copies with how many processes may run from each.
    """

    def __init__(self, config: HostConfig, *, in_use: dict[str, Counter[Path]]) -> None:
        self._config = config
        self._in_use = in_use
        self._unsealed: Path | None = None

    async def check(self, manifest: Manifest) -> CheckedSources:
        """Compare the files; in the mode `enforce` also copy what was compared."""
        if self._config.verification.mode is VerificationMode.OFF:  # reads nothing, so it needs no thread
            return CheckedSources(
                verification=verify_folder(manifest, self._config, at=time.time()).verification
            )
        in_use = self._in_use[manifest.id]
        sources = await trio.to_thread.run_sync(self._look, manifest, frozenset(+in_use))
        if sources.folder is None:
            return sources
        in_use[sources.folder] += 1
        # Kept with the counter that it was added to: once the plugin had no process, there is another one.
        return replace(sources, released=partial(in_use.subtract, [sources.folder]))

    async def built(self, manifest: Manifest, sources: CheckedSources) -> None:
        """Seal a new copy, with what was built in it."""
        if self._unsealed is not None and self._unsealed == sources.folder:
            await trio.to_thread.run_sync(self._copies(manifest).seal, self._unsealed)

    def _copies(self, manifest: Manifest) -> Copies:
        return Copies(self._config.data.absolute() / COPIES_FOLDER / manifest.id)

    def _look(self, manifest: Manifest, in_use: frozenset[Path]) -> CheckedSources:
        verified = verify_folder(manifest, self._config, at=time.time())
        verification, contents = verified.verification, verified.contents
        is_enforced = self._config.verification.mode is VerificationMode.ENFORCE
        if not is_enforced or not verified.is_good or contents is None:
            return CheckedSources(verification=verification, refused=verified.refused)
        copies = self._copies(manifest)
        try:
            copies.forget_old(in_use)
            copy, is_sealed = copies.take(manifest.folder, coverage_of(manifest), contents)
        except SourceError as error:
            refused = replace(
                verification, outcome=VerificationOutcome.REFUSED, detail=str(error), signer=None
            )
            return CheckedSources(verification=refused, refused=True)
        self._unsealed = None if is_sealed else copy
        return CheckedSources(verification=verification, folder=copy)
