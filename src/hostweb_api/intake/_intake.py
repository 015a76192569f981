"""Takes archives of plugins in: unpacks them, says what is in them, and keeps those that may be loaded."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

from hostcore.config import HostConfig
from hostcore.errors import HostError, PluginAlreadyLoadedError, SourceError
from hostcore.interfaces import schemas_folder
from hostcore.manifest import Manifest, load_interfaces_of, load_manifest
from hostcore.snapshots import PluginSnapshot
from hostcore.sources import (
    NOTE_SUFFIX,
    UPLOADS,
    ArchiveSignature,
    KeyFolder,
    check_archive,
    coverage_of,
    read_folder,
    remove_tree,
    unpack_archive,
    verify_folder,
)
from hostweb_api.intake._inspection import Inspection, beside, inspection_of
from hostweb_api.intake._receive import no_room

if TYPE_CHECKING:
    from hostcore.host import HostControl

AT_ONCE: Final = 2
"""Archives that are taken in at the same time: each may need a GiB of disk and a core."""

FORMER: Final = 2
"""Earlier versions of a replaced plugin that stay on the disk: their processes may still have calls to finish."""

_INCOMING: Final = ".incoming-"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Examined:
    """Is an archive that was unpacked, and what was found."""

    folder: Path
    manifest: Manifest
    digest: str
    inspection: Inspection
    signature: ArchiveSignature | None


class Intake:
    """Takes archives in for one host.

    Args:
        host: the host; its data folder keeps what is taken.
    """

    def __init__(self, host: HostControl) -> None:
        self._host = host
        self._places = trio.CapacityLimiter(AT_ONCE)
        self._keeping = trio.Lock()  # what is kept and what is deleted may have the same name
        self._in_use: Counter[Path] = Counter()
        self._former: dict[str, deque[Path]] = {}

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
                raise no_room(error) from error
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

    async def inspect_folder(self, path: str) -> Inspection:
        """Say what is in a plugin's folder on the host's machine, and what would follow from loading it.

        Raises:
            HostError: it is no plugin's folder, or not what it should be.
        """
        folder = Path(path).absolute()  # noqa: ASYNC240 - asks for the working directory, no more
        manifest, inspection = await trio.to_thread.run_sync(_look_into, folder, self._host.config)
        return beside(manifest, inspection, self._host.plugins())

    async def load(
        self,
        archive: Path,
        *,
        named: Callable[[str], None],
        sha256: str | None = None,
        signature: bytes | None = None,
        replace: bool = False,
        force: bool = False,
    ) -> tuple[PluginSnapshot, bool]:
        """Keep the plugin of an archive that lies in a place of its own, and load it.

        Returns it, and whether it has taken the place of another version.

        Args:
            archive: the archive.
            named: is told which plugin it is, and its digest, before anything is done with it.
            sha256: hash that the archive must have, in hexadecimal.
            signature: of the archive, by a trusted key.
            replace: whether it may take the place of a plugin of its id.
            force: also when it breaks what others use.

        Raises:
            HostError: it cannot be used, is not what it should be, nobody vouches for it who has to, or what
                `HostControl.load` and `reload` raise. Unless the host lists the plugin then, nothing of it is kept.
        """
        examined = await self._examine(archive, sha256, signature)
        found = examined.inspection
        named(f"{found.id} {found.version} {examined.digest}")
        if found.loaded_version is not None and not replace:
            raise PluginAlreadyLoadedError(
                f"a plugin {found.id} is loaded already, in the version {found.loaded_version}",
                hint="have it replaced: `replace=true`, or `polyhost load --replace`",
            )
        if not found.may_start:
            raise SourceError(
                f"{found.id} {found.version} would not be started: {found.verification.detail}",
                details={"digest": examined.digest},
                hint="`POST /api/plugins/inspect` shows what is in it",
            )
        target = self._uploads / examined.digest.removeprefix("sha256:")
        with self._used(target):
            try:
                async with self._keeping:  # as fast as a rename, or a copy of what was taken in
                    await trio.to_thread.run_sync(_keep, examined, target, self._host.data)
            except OSError as error:
                raise no_room(error) from error
            return await self.put_in(found.id, target, replace=replace, force=force)

    async def put_in(
        self, plugin_id: str, folder: Path, *, replace: bool, force: bool
    ) -> tuple[PluginSnapshot, bool]:
        """Load the plugin in a folder, or have it take the place of one that is there; returns it, and whether it has."""
        before = next((each for each in self._host.plugins() if each.id == plugin_id and each.version), None)
        if before is None or not replace:
            return await self._host.load(folder), False
        # The process before may go on for a while with its last calls, and take files from its folder.
        self._former.setdefault(plugin_id, deque(maxlen=FORMER)).append(Path(before.folder))
        return await self._host.reload(plugin_id, force=force, trigger="upload", folder=folder), True

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
        used = used.union(*self._former.values())
        used |= {each.with_name(each.name + NOTE_SUFFIX) for each in used}
        for each in set(self._uploads.iterdir()) - used:
            async with self._keeping:
                if not self._in_use[_owner_of(each)]:  # another request may have come meanwhile
                    await trio.to_thread.run_sync(_remove, each)

    async def _examine(self, archive: Path, sha256: str | None, signature: bytes | None) -> _Examined:
        config = self._host.config
        try:
            examined = await trio.to_thread.run_sync(_examine, archive, config, sha256, signature)
        except OSError as error:
            raise no_room(error) from error
        inspection = beside(examined.manifest, examined.inspection, self._host.plugins())
        return replace(examined, inspection=inspection)


def _examine(archive: Path, config: HostConfig, sha256: str | None, signature: bytes | None) -> _Examined:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None and sha256.lower() != found:
        raise SourceError(
            f"the archive is not the one that was asked for: its SHA-256 is {found}",
            hint="fetch it again, or find out why it has changed",
        )
    signer = signed = None
    if signature is not None:
        signer, signed = check_archive(archive, signature, KeyFolder(config.keys_folder).keys())
    folder = archive.with_name("plugin")
    try:
        unpacked = unpack_archive(archive, folder)
        manifest = _read_plugin(folder, config)
    except HostError as error:
        error.location = _within(error.location, archive, folder)
        raise
    verified = verify_folder(manifest, config, at=time.time(), archive=signed)
    digest = (verified.contents or read_folder(manifest.folder, coverage_of(manifest))).digest
    inspection = inspection_of(
        manifest,
        verified,
        digest=digest,
        files=unpacked.files,
        bytes=unpacked.bytes,
        archive_sha256=found,
        archive_signer=None if signer is None else str(signer),
    )
    return _Examined(folder=folder, manifest=manifest, digest=digest, inspection=inspection, signature=signed)


def _look_into(folder: Path, config: HostConfig) -> tuple[Manifest, Inspection]:
    manifest = _read_plugin(folder, config)
    verified = verify_folder(manifest, config, at=time.time())
    contents = verified.contents
    return manifest, inspection_of(
        manifest,
        verified,
        folder=str(manifest.folder),
        digest=None if contents is None else contents.digest,
        files=None if contents is None else len(contents.files),
    )


def _read_plugin(folder: Path, config: HostConfig) -> Manifest:
    manifest = load_manifest(folder)
    load_interfaces_of(manifest, [*config.interface_folders, schemas_folder() / "interfaces"])
    return manifest


def _within(location: str | None, archive: Path, folder: Path) -> str | None:
    """Say where something is in the archive, not where that was unpacked for a moment."""
    if location is None:
        return None
    return location.replace(f"{folder}/", "").replace(str(archive), "the archive")


def _owner_of(path: Path) -> Path:
    """Return the folder that a note is about, or the folder itself."""
    return path.with_name(path.name.removesuffix(NOTE_SUFFIX))


def _remove(path: Path) -> None:
    """Delete a folder, or a note."""
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def _keep(examined: _Examined, target: Path, data: Path) -> None:
    """Move an unpacked plugin to where it stays, and note who has signed its archive."""
    place = examined.folder.parent
    _put(examined.folder, target, examined.digest)
    if examined.signature is not None:
        examined.signature.write(data, examined.digest, by_way_of=place)


def _put(folder: Path, target: Path, digest: str) -> Path:
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
