"""`/api/verification`: whose word the host takes for the files of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio
from quart import Blueprint

from hostcore.config import HostConfig
from hostcore.errors import SourceError
from hostcore.snapshots import Verification, as_json
from hostcore.sources import KeyFolder, Lock
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from quart.wrappers.response import Response

    from hostcore.host import HostControl


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustedKeyEntry:
    """Is a key whose signatures are trusted.

    Attributes:
        name: what it is called.
        id: 16 hexadecimal digits.
    """

    name: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PinnedPlugin:
    """Is an entry of the lock file.

    Attributes:
        plugin: id of the plugin, which the host need not have.
        version: what its manifest said.
        digest: `sha256:<hex>` of its files.
        files: how many files it has.
    """

    plugin: str
    version: str
    digest: str
    files: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationOverview:
    """Says whose word the host takes for the files of plugins, and what came of it.

    Attributes:
        mode: `off`, `warn` or `enforce`.
        require: `any`, `lock`, `signature` or `both`: what it takes.
        lock_file: path of the lock file.
        keys_folder: path of the folder of trusted keys.
        allowed_sources: what the addresses of archives must begin with that may be fetched.
        keys: the trusted keys, sorted by name.
        pinned: the entries of the lock file, sorted by plugin.
        plugins: by plugin id, what came of the latest look at its files; null before its first start.
        faults: what is wrong with the lock file or the keys; while there is something, nothing is verified.
    """

    mode: str
    require: str
    lock_file: str
    keys_folder: str
    allowed_sources: tuple[str, ...]
    keys: tuple[TrustedKeyEntry, ...]
    pinned: tuple[PinnedPlugin, ...]
    plugins: Mapping[str, Verification | None]
    faults: tuple[str, ...] = ()


def verification_blueprint(host: HostControl) -> Blueprint:
    """Return the route `/api/verification`."""
    routes = Blueprint("verification", __name__, url_prefix="/api")

    @routes.get("/verification")
    @operation(
        "showVerification",
        scope=Scope.VIEWER,
        answers={
            200: (Answer(kind=VerificationOverview, description="Mode, keys, lock file and outcomes."),)
        },
    )
    async def show_verification() -> Response:
        """Show whose word the host takes for the files of plugins, and what came of it."""
        config = host.config
        keys, pinned, faults = await trio.to_thread.run_sync(_read, config)
        overview = VerificationOverview(
            mode=config.verification.mode.value,
            require=config.verification.require.value,
            lock_file=str(config.lock_file),
            keys_folder=str(config.keys_folder),
            allowed_sources=config.sources.allow,
            keys=keys,
            pinned=pinned,
            plugins={plugin.id: plugin.verification for plugin in host.plugins()},
            faults=faults,
        )
        return json_response(as_json(overview))

    return routes


def _read(
    config: HostConfig,
) -> tuple[tuple[TrustedKeyEntry, ...], tuple[PinnedPlugin, ...], tuple[str, ...]]:
    keys: tuple[TrustedKeyEntry, ...] = ()
    pinned: tuple[PinnedPlugin, ...] = ()
    faults: list[str] = []
    try:
        trusted = KeyFolder(config.keys_folder).keys()
        keys = tuple(TrustedKeyEntry(name=each.name, id=each.key.id) for each in trusted)
    except SourceError as error:
        faults.append(str(error))
    try:
        plugins = Lock.read(config.lock_file).plugins
        pinned = tuple(
            PinnedPlugin(plugin=name, version=each.version, digest=each.digest, files=len(each.files))
            for name, each in sorted(plugins.items())
        )
    except SourceError as error:
        faults.append(str(error))
    return keys, pinned, tuple(faults)
