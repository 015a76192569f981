"""Refuses plugins whose files are not those that somebody has vouched for."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import trio

from hostcore.config import HostConfig, VerificationConfig, VerificationMode
from hostcore.errors import SourceError
from hostcore.events import PluginStateChanged
from hostcore.hooks import CheckedSources, SourceGuard, hookimpl
from hostcore.interfaces import read_bounded
from hostcore.manifest import Manifest
from hostcore.snapshots import PluginState, Verification, VerificationOutcome
from hostcore.sources import (
    SIGNATURE_NAME,
    Contents,
    Copies,
    KeyFolder,
    Lock,
    coverage_of,
    hash_of_file,
    judge,
    read_folder,
)

COPIES_FOLDER: Final = "sources"
"""Where in the host's data folder the private copies are, a folder for each plugin."""

LARGEST_SIGNATURE: Final = 16 * 1024
"""Bytes of a signature file; minisign's comments are at most 9 KiB."""

_AT_REST: Final = frozenset({PluginState.STOPPED, PluginState.FAILED, PluginState.DISABLED})


class SourceVerification:
    """Compares the files of plugins with the lock file, with signatures, and with what `[verify]` pins.

    The first two are done as `[verification]` of the host's configuration says: in the mode `enforce` a plugin is built
    and runs in a private copy of just the files that were compared, so that nobody can change them in between.
    """

    def __init__(self) -> None:
        self._running: set[str] = set()

    @hookimpl
    def hostcore_decide_source_guard(self, config: HostConfig) -> SourceGuard | None:
        """Look at the files before anything is built from them."""
        return Guard(config, running=self._running)

    @hookimpl
    def hostcore_on_plugin_state_changed(self, event: PluginStateChanged) -> None:
        """Note which plugins have no process, so that old copies can go."""
        if event.new in _AT_REST:
            self._running.discard(event.plugin)

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


@dataclass(frozen=True, slots=True)
class _Look:
    """Is what one look has shown: the result, and what a copy is made from."""

    sources: CheckedSources
    is_sealed: bool = True


class Guard:
    """Looks at a plugin's files as a configuration says.

    Args:
        config: how the host is configured.
        running: ids of plugins that may have processes that run from copies.
    """

    def __init__(self, config: HostConfig, *, running: set[str]) -> None:
        self._config = config
        self._running = running
        self._unsealed: Path | None = None

    async def check(self, manifest: Manifest) -> CheckedSources:
        """Compare the files; in the mode `enforce` also copy what was compared."""
        settings = self._config.verification
        if settings.mode is VerificationMode.OFF:
            return CheckedSources(verification=_off(settings))
        may_forget = manifest.id not in self._running
        self._running.add(manifest.id)
        look = await trio.to_thread.run_sync(self._look, manifest, may_forget)
        self._unsealed = None if look.is_sealed else look.sources.folder
        return look.sources

    async def built(self, manifest: Manifest, sources: CheckedSources) -> None:
        """Seal a new copy, with what was built in it."""
        if self._unsealed is not None and self._unsealed == sources.folder:
            await trio.to_thread.run_sync(self._copies(manifest).seal, self._unsealed)

    def _copies(self, manifest: Manifest) -> Copies:
        return Copies(self._config.data.absolute() / COPIES_FOLDER / manifest.id)

    def _look(self, manifest: Manifest, may_forget: bool) -> _Look:  # noqa: FBT001 - trio hands positions on
        settings = self._config.verification
        enforced = settings.mode is VerificationMode.ENFORCE
        try:
            contents = read_folder(manifest.folder, coverage_of(manifest))
            verification = self._judge(manifest, contents)
            if not enforced or verification.outcome is not VerificationOutcome.VERIFIED:
                return _Look(CheckedSources(verification=verification, refused=enforced))
            copies = self._copies(manifest)
            if may_forget:
                copies.forget_old()
            copy, is_sealed = copies.take(manifest.folder, coverage_of(manifest), contents)
            return _Look(CheckedSources(verification=verification, folder=copy), is_sealed)
        except SourceError as error:
            verification = _found(settings, VerificationOutcome.REFUSED, str(error))
            return _Look(CheckedSources(verification=verification, refused=enforced))

    def _judge(self, manifest: Manifest, contents: Contents) -> Verification:
        settings = self._config.verification
        # The manifest was read at another time than the files: it must be the one that is among them.
        if hash_of_file(contents, manifest.file.name) != manifest.sha256:
            return _found(
                settings,
                VerificationOutcome.CHANGED,
                f"{manifest.file.name} is not the file that the host has read; have it read again:"
                f" `polyhost reload {manifest.id}`",
                digest=contents.digest,
            )
        judgement = judge(
            manifest.id,
            contents,
            proof=settings.require,
            entry=Lock.read(self._config.lock_file).plugins.get(manifest.id),
            signature=_signature_of(manifest),
            keys=KeyFolder(self._config.keys_folder).keys(),
        )
        verification = _found(settings, judgement.outcome, judgement.detail, digest=contents.digest)
        return replace(verification, signer=judgement.signer)


def _signature_of(manifest: Manifest) -> bytes | None:
    path = manifest.folder / SIGNATURE_NAME
    try:
        return read_bounded(path, LARGEST_SIGNATURE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(
            f"the signature cannot be read: {error.strerror}",
            location=str(path),
            hint="check the permissions",
        ) from error


def _off(settings: VerificationConfig) -> Verification:
    return _found(settings, VerificationOutcome.OFF, "files are not verified: `verification.mode` is off")


def _found(
    settings: VerificationConfig, outcome: VerificationOutcome, detail: str, *, digest: str | None = None
) -> Verification:
    return Verification(
        mode=settings.mode.value, outcome=outcome, detail=detail, digest=digest, at=time.time()
    )
