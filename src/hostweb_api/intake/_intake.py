"""Takes archives of plugins in: unpacks them, says what is in them, and keeps those that may be loaded."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

from hostcore.config import HostConfig
from hostcore.errors import HostError, PluginAlreadyLoadedError, SourceError
from hostcore.interfaces import schemas_folder
from hostcore.manifest import Manifest, load_interfaces_of, load_manifest
from hostcore.snapshots import PluginSnapshot, Verification
from hostcore.sources import (
    KeyFolder,
    TrustedKey,
    Unpacked,
    Verified,
    check_archive,
    coverage_of,
    read_folder,
    remove_tree,
    unpack_archive,
    verify_folder,
)

if TYPE_CHECKING:
    from hostcore.host import HostControl

UPLOADS: Final = "uploads"
"""Where in the host's data folder plugins are that came as archives, each in a folder called by its digest."""

AT_ONCE: Final = 2
"""Archives that are taken in at the same time: each may need a GiB of disk and a core."""

_INCOMING: Final = ".incoming-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """Says what is in an archive of a plugin, and what would follow from loading it. Nothing of it has run.

    Attributes:
        id: the plugin's.
        version: the plugin's.
        description: the plugin's; may be empty.
        transport: how it would be talked to.
        runs: the command that would run it: a program with its arguments, or the runtime and what it runs.
        builds: the command that would build it first, or None.
        provides: interface name to version.
        requires_interfaces: interface name to the versions that will do.
        requires_plugins: plugin id to the versions that will do.
        variables: names of variables of the host's environment that it would get beyond the usual ones.
        start: `eager` or `on-demand`.
        instances: how many processes would run.
        files: how many files it has.
        bytes: how many bytes they have.
        archive_sha256: hash of the archive, in hexadecimal.
        digest: `sha256:<hex>` of its files, as the lock file has it.
        archive_signer: name and id of the trusted key that has signed the archive, or None.
        verification: whether somebody vouches for its files.
        may_start: whether the host would start it as far as that goes.
        loaded_version: the version of the plugin of this id that the host has now, or None.
    """

    id: str
    version: str
    description: str
    transport: str
    runs: tuple[str, ...]
    builds: tuple[str, ...] | None
    provides: Mapping[str, str]
    requires_interfaces: Mapping[str, str]
    requires_plugins: Mapping[str, str]
    variables: tuple[str, ...]
    start: str
    instances: int
    files: int
    bytes: int
    archive_sha256: str
    digest: str
    archive_signer: str | None
    verification: Verification
    may_start: bool
    loaded_version: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Examined:
    """Is an archive that was unpacked, and what was found."""

    folder: Path
    inspection: Inspection


class Intake:
    """Takes archives in for one host.

    Args:
        host: the host; its data folder keeps what is taken.
    """

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._places = trio.CapacityLimiter(AT_ONCE)
        self._in_use: Counter[Path] = Counter()

    @property
    def _uploads(self) -> Path:
        return self._host.data / UPLOADS

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Path]:
        """Give a folder of its own, for an archive that is to come; it is deleted afterwards with all that is in it."""
        async with self._places:
            try:
                self._uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
                place = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=self._uploads))
            except OSError as error:
                raise _no_room(error) from error
            try:
                with self._used(place):
                    yield place
            finally:
                with trio.CancelScope(shield=True):  # bounded: it deletes no more than was taken in
                    await self._forget_unused()

    async def inspect(
        self, archive: Path, *, sha256: str | None = None, signature: bytes | None = None
    ) -> Inspection:
        """Say what is in an archive that lies in a place of its own.

        Raises:
            HostError: it cannot be used, or is not what it should be.
        """
        return (await self._examine(archive, sha256, signature)).inspection

    async def load(
        self,
        archive: Path,
        *,
        named: Callable[[str], None],
        sha256: str | None = None,
        signature: bytes | None = None,
    ) -> PluginSnapshot:
        """Keep the plugin of an archive that lies in a place of its own, and load it.

        Args:
            archive: the archive.
            named: is told which plugin it is, and its digest, before anything is done with it.
            sha256: hash that the archive must have, in hexadecimal.
            signature: of the archive, by a trusted key.

        Raises:
            HostError: it cannot be used, is not what it should be, nobody vouches for it who has to, or what
                `HostControl.load` raises. Unless the host lists the plugin then, nothing of it is kept.
        """
        examined = await self._examine(archive, sha256, signature)
        found = examined.inspection
        named(f"{found.id} {found.version} {found.digest}")
        if found.loaded_version is not None:
            raise PluginAlreadyLoadedError(
                f"a plugin {found.id} is loaded already, in the version {found.loaded_version}",
                hint=f"unload it first: `polyhost unload {found.id}`",
            )
        if not found.may_start:
            raise SourceError(
                f"{found.id} {found.version} would not be started: {found.verification.detail}",
                details={"digest": found.digest},
                hint="`POST /api/plugins/inspect` shows what is in it",
            )
        target = self._uploads / found.digest.removeprefix("sha256:")
        with self._used(target):
            try:
                await trio.to_thread.run_sync(_keep, examined.folder, target, found.digest)
            except OSError as error:
                raise _no_room(error) from error
            return await self._host.load(target)

    @contextmanager
    def _used(self, folder: Path) -> Iterator[None]:
        self._in_use[folder] += 1
        try:
            yield
        finally:
            self._in_use[folder] -= 1

    async def _forget_unused(self) -> None:
        """Delete what no plugin of the host came from, and what an earlier run of the host left behind."""
        used = {Path(each.folder) for each in self._host.plugins()} | set(+self._in_use)
        for each in set(self._uploads.iterdir()) - used:
            if not self._in_use[each]:  # another request may have come meanwhile
                await trio.to_thread.run_sync(remove_tree, each)

    async def _examine(self, archive: Path, sha256: str | None, signature: bytes | None) -> _Examined:
        config = self._host.config
        try:
            examined = await trio.to_thread.run_sync(_examine, archive, config, sha256, signature)
        except OSError as error:
            raise _no_room(error) from error
        return replace(
            examined,
            inspection=replace(
                examined.inspection, loaded_version=self._loaded_version(examined.inspection.id)
            ),
        )

    def _loaded_version(self, plugin_id: str) -> str | None:
        return next((each.version for each in self._host.plugins() if each.id == plugin_id), None)


def _examine(archive: Path, config: HostConfig, sha256: str | None, signature: bytes | None) -> _Examined:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None and sha256.lower() != found:
        raise SourceError(
            f"the archive is not the one that was asked for: its SHA-256 is {found}",
            hint="fetch it again, or find out why it has changed",
        )
    signer = None
    if signature is not None:
        signer = check_archive(archive, signature, KeyFolder(config.keys_folder).keys())
    folder = archive.with_name("plugin")
    try:
        unpacked = unpack_archive(archive, folder)
        manifest = load_manifest(folder)
        load_interfaces_of(manifest, [*config.interface_folders, schemas_folder() / "interfaces"])
    except HostError as error:
        error.location = _within(error.location, archive, folder)
        raise
    verified = verify_folder(manifest, config, at=time.time())
    return _Examined(folder=folder, inspection=_inspection(manifest, unpacked, verified, found, signer))


def _within(location: str | None, archive: Path, folder: Path) -> str | None:
    """Say where something is in the archive, not where that was unpacked for a moment."""
    if location is None:
        return None
    return location.replace(f"{folder}/", "").replace(str(archive), "the archive")


def _inspection(
    manifest: Manifest, unpacked: Unpacked, verified: Verified, sha256: str, signer: TrustedKey | None
) -> Inspection:
    contents = verified.contents or read_folder(manifest.folder, coverage_of(manifest))
    runs = manifest.command or (manifest.runtime or "", manifest.entry or "")
    return Inspection(
        id=manifest.id,
        version=manifest.version,
        description=manifest.description,
        transport=manifest.transport,
        runs=runs,
        builds=manifest.build,
        provides=dict(manifest.provides),
        requires_interfaces={name: str(each.range) for name, each in manifest.requires.interfaces.items()},
        requires_plugins={name: str(each.range) for name, each in manifest.requires.plugins.items()},
        variables=manifest.environment.pass_through,
        start=manifest.start.value,
        instances=manifest.instances,
        files=unpacked.files,
        bytes=unpacked.bytes,
        archive_sha256=sha256,
        digest=contents.digest,
        archive_signer=None if signer is None else str(signer),
        verification=verified.verification,
        may_start=not verified.refused,
    )


def _keep(folder: Path, target: Path, digest: str) -> Path:
    """Move an unpacked plugin to where it stays; one that is there already, and is the same, is taken."""
    if target.exists():
        manifest = load_manifest(folder)
        try:
            if read_folder(target, coverage_of(manifest)).digest == digest:
                return target
        except SourceError:
            pass  # somebody has put into it what no plugin may have
        # Something may run from it: what is changed is brought back file by file, the folder stays.
        shutil.copytree(folder, target, dirs_exist_ok=True, symlinks=True)
        if read_folder(target, coverage_of(manifest)).digest != digest:
            raise SourceError(
                "the folder of an earlier upload has files that are not in this archive",
                location=str(target),
                hint="unload the plugin, delete that folder, and upload it again",
            )
        return target
    folder.rename(target)
    return target


def _no_room(error: OSError) -> SourceError:
    return SourceError(
        f"the archive cannot be taken in: {error.strerror}",
        hint="the host must be able to write into its data folder",
    )
