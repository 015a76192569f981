"""Says what is in a plugin that is not loaded yet, and what would follow from loading it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hostcore.manifest import Manifest
from hostcore.snapshots import PluginSnapshot, Verification
from hostcore.sources import Verified


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """Says what is in a plugin, and what would follow from loading it. Nothing of it has run.

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
        unmet: what it cannot do without and no plugin of the host has now, a sentence each.
        variables: names of variables of the host's environment that it would get beyond the usual ones.
        start: `eager` or `on-demand`.
        instances: how many processes would run.
        memory: bytes of memory at which each of them would be ended; None for no limit.
        folder: where it is on the host's machine; None for an archive.
        files: how many files it has; None for a folder that is not verified.
        bytes: how many bytes the files of an archive have; None for a folder.
        archive_sha256: hash of the archive, in hexadecimal; None for a folder.
        digest: `sha256:<hex>` of its files, as the lock file has it; None for a folder that is not verified.
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
    unmet: tuple[str, ...] = ()
    variables: tuple[str, ...]
    start: str
    instances: int
    memory: int | None
    folder: str | None
    files: int | None
    bytes: int | None
    archive_sha256: str | None
    digest: str | None
    archive_signer: str | None
    verification: Verification
    may_start: bool
    loaded_version: str | None = None


def inspection_of(
    manifest: Manifest,
    verified: Verified,
    *,
    digest: str | None,
    files: int | None,
    bytes: int | None = None,  # noqa: A002 - what the member is called
    folder: str | None = None,
    archive_sha256: str | None = None,
    archive_signer: str | None = None,
) -> Inspection:
    """Say what is in a plugin, apart from any host."""
    return Inspection(
        id=manifest.id,
        version=manifest.version,
        description=manifest.description,
        transport=manifest.transport,
        runs=manifest.command or (manifest.runtime or "", manifest.entry or ""),
        builds=manifest.build,
        provides=dict(manifest.provides),
        requires_interfaces={name: str(each.range) for name, each in manifest.requires.interfaces.items()},
        requires_plugins={name: str(each.range) for name, each in manifest.requires.plugins.items()},
        variables=manifest.environment.pass_through,
        start=manifest.start.value,
        instances=manifest.instances,
        memory=manifest.limits.memory,
        folder=folder,
        files=files,
        bytes=bytes,
        archive_sha256=archive_sha256,
        digest=digest,
        archive_signer=archive_signer,
        verification=verified.verification,
        may_start=not verified.refused,
    )


def beside(manifest: Manifest, inspection: Inspection, plugins: Iterable[PluginSnapshot]) -> Inspection:
    """Add what follows from the plugins that a host has now."""
    known = {each.id: each for each in plugins if each.version}
    loaded = known.get(manifest.id)
    return replace(
        inspection,
        unmet=tuple(_unmet(manifest, known)),
        loaded_version=None if loaded is None else loaded.version,
    )


def _unmet(manifest: Manifest, known: Mapping[str, PluginSnapshot]) -> Iterator[str]:
    for name, each in manifest.requires.interfaces.items():
        there = [plugin.provides[name] for plugin in known.values() if name in plugin.provides]
        if not each.optional and not any(map(each.range.allows, there)):
            yield f"it requires {name} {each.range}, and {_what_there_is(there, 'no plugin provides it')}"
    for name, each in manifest.requires.plugins.items():
        there = [known[name].version] if name in known else []
        if not each.optional and not any(map(each.range.allows, there)):
            yield f"it requires the plugin {name} {each.range}, and {_what_there_is(there, 'it is not loaded')}"


def _what_there_is(versions: Iterable[str], otherwise: str) -> str:
    found = ", ".join(sorted(versions))
    return f"there is only {found}" if found else otherwise
