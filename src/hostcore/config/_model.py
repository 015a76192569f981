"""How the host is configured, as frozen facts. Durations are seconds."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerConfig:
    """Says where `polyhost serve` listens, and whom it lets in.

    Attributes:
        host: the address; beyond loopback only with TLS or `insecure_plaintext`, and then everybody needs a token.
        port: 0 picks a free one.
        listen: further addresses: `http://ADDRESS:PORT`, `https://ADDRESS:PORT` or `unix:PATH`.
        socket: a socket in the file system to listen on, too; None for none.
        socket_mode: permissions of sockets, octal; who may write to one may use the server without a token.
        tls_cert: the certificate in PEM with those that lead to a root; with it `host` and `port` speak TLS.
        tls_key: its key in PEM; None when it stands in the same file.
        insecure_plaintext: whether other machines may connect without TLS.
        require_token: whether programs and pages of this machine have to show a token, too.
        names: host names by which the server is reached, beyond the loopback ones: `name` or `name:port`.
        public_url: where people reach the server behind a proxy, e.g. `https://plugins.example.org`; everybody then needs
            a token. None for no proxy.
        dev_origins: origins of development servers that pass requests on, e.g. `http://localhost:5173`.
        hsts_seconds: how long browsers that have reached it by TLS are to use nothing else for its name; 0 has them forget.
        streams_per_client: live websockets, and answers that go on, that one token or address may have open.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    listen: tuple[str, ...] = ()
    socket: Path | None = None
    socket_mode: str = "0600"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure_plaintext: bool = False
    require_token: bool = False
    names: tuple[str, ...] = ()
    public_url: str | None = None
    dev_origins: tuple[str, ...] = ()
    hsts_seconds: int = 86400
    streams_per_client: int = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggingConfig:
    """Says what the server writes about itself on standard error.

    Attributes:
        format: `text` for people, `json` for programs: one object a line.
        level: the least important that is written: `debug`, `info`, `warning` or `error`; each request is an `info`.
    """

    format: str = "text"
    level: str = "warning"


class AuditedCalls(enum.StrEnum):
    """Says which calls of methods are in the audit trail, too."""

    NONE = "none"
    CHANGES = "changes"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditConfig:
    """Bounds the audit trail; the oldest records go first.

    Attributes:
        days: how long a record is kept.
        megabytes: the size of all.
        calls: which calls over the API are kept: none; changes: those of methods that no interface file declares
            read-only; all.
    """

    days: float = 90.0
    megabytes: float = 100.0
    calls: AuditedCalls = AuditedCalls.CHANGES


def _default_concurrent_starts() -> int:
    # A start is part CPU, part waiting for the disk: two for each core keep both busy.
    return 2 * (os.cpu_count() or 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitsConfig:
    """Bounds the host's work; a plugin's manifest may set the first three for itself.

    Attributes:
        call_timeout: seconds a call has when neither the caller nor the method or the manifest says otherwise.
        start_timeout: seconds from the spawn of a plugin to its hello.
        shutdown_timeout: seconds a plugin has to stop before it is killed.
        concurrent_starts: plugins that are started at the same time.
        log_lines: lines of log kept for each plugin, the oldest go first.
        event_ring: events kept for those who ask late.
    """

    call_timeout: float = 30.0
    start_timeout: float = 10.0
    shutdown_timeout: float = 5.0
    concurrent_starts: int = field(default_factory=_default_concurrent_starts)
    log_lines: int = 1000
    event_ring: int = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficConfig:
    """Says what the communication log records and how long it keeps that.

    Attributes:
        calls: whether each call is recorded, with its outcome.
        messages: whether each message is, both ways.
        bodies: whether what they carry is, without what the schemas call secret.
        body_bytes: characters of one body, from where on it is cut.
        keep_days: days after which a record is deleted.
        keep_bytes: bytes of all records; beyond them the oldest are deleted.
    """

    calls: bool = True
    messages: bool = False
    bodies: bool = False
    body_bytes: int = 16 * 1024
    keep_days: float = 7.0
    keep_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionsConfig:
    """Says which extensions take part.

    Attributes:
        load: `module:attribute` of extensions that no installed package announces.
        disable: names of built-in policies and installed extensions that stay out.
    """

    load: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()


class VerificationMode(enum.StrEnum):
    """Says what follows when nobody has vouched for a plugin's files."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class VerificationProof(enum.StrEnum):
    """Says what it takes to vouch for a plugin's files. What the lock file pins must hold in each case."""

    ANY = "any"
    LOCK = "lock"
    SIGNATURE = "signature"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationConfig:
    """Says whose word the host takes for the files of plugins.

    Attributes:
        mode: off: nothing is looked at; warn: a plugin that is not verified is started, and named; enforce: it is not.
        require: what it takes: an entry in the lock file, a signature by a trusted key, either or both.
        lock: the lock file; None for `polyhost.lock` beside the configuration, or in the data folder if there is none.
        keys: the folder of trusted keys; None for `polyhost-keys` there.
    """

    mode: VerificationMode = VerificationMode.OFF
    require: VerificationProof = VerificationProof.ANY
    lock: Path | None = None
    keys: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SourcesConfig:
    """Says where archives of plugins may be fetched from.

    Attributes:
        allow: what an address must begin with, each up to a `/`; none allows nothing.
    """

    allow: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginOverride:
    """Is what the host's configuration says about one plugin; it wins over the manifest.

    Attributes:
        enabled: whether it may run at all.
        instances: how many processes, or None for what the manifest says.
        config: laid over the manifest's values, table by table.
        env: variables with fixed values, laid over the manifest's.
    """

    enabled: bool = True
    instances: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostConfig:
    """Configures one host; everything has a default.

    Attributes:
        plugins: folders to load, each a plugin's folder or one whose subfolders are, which may be empty.
        plugin_folders: folders that are searched: each subfolder with a `plugin.toml` is a plugin.
        interface_folders: where interface files are looked for after the plugin's own folder.
        data: where the host and its plugins keep what must outlive a run.
        server: where `polyhost serve` listens.
        limits: what bounds the host's work.
        logging: what the server writes about itself.
        audit: what bounds the audit trail.
        traffic: what the communication log keeps.
        extensions: which extensions take part.
        verification: whose word is taken for the files of plugins.
        sources: where archives of plugins may be fetched from.
        plugin: by plugin id, what wins over its manifest.
        source: the file it was read from, or None.
    """

    plugins: tuple[Path, ...] = ()
    plugin_folders: tuple[Path, ...] = ()
    interface_folders: tuple[Path, ...] = ()
    data: Path = Path("polyhost-data")
    server: ServerConfig = field(default_factory=ServerConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    logging: LoggingConfig = field(default_factory=LoggingConfig)
    audit: AuditConfig = field(default_factory=AuditConfig)
    traffic: TrafficConfig = field(default_factory=TrafficConfig)
    extensions: ExtensionsConfig = field(default_factory=ExtensionsConfig)
    verification: VerificationConfig = field(default_factory=VerificationConfig)
    sources: SourcesConfig = field(default_factory=SourcesConfig)
    plugin: Mapping[str, PluginOverride] = field(default_factory=dict)
    source: Path | None = None

    @property
    def lock_file(self) -> Path:
        """The lock file, absolute."""
        return self.verification.lock or self._beside / "polyhost.lock"

    @property
    def keys_folder(self) -> Path:
        """The folder of trusted keys, absolute."""
        return self.verification.keys or self._beside / "polyhost-keys"

    @property
    def _beside(self) -> Path:
        return self.data.absolute() if self.source is None else self.source.absolute().parent
