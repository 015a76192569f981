"""The keys that can be set in three ways, and what each is called in each of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "POLYHOST_"


class Kind(enum.Enum):
    """Says how the text of a variable becomes a value."""

    PATH = "a path"
    PATHS = "paths joined by the system's path separator"
    WORDS = "words joined by commas"
    TEXT = "a text"
    INTEGER = "a whole number"
    SECONDS = "a number of seconds"
    NUMBER = "a number"
    SWITCH = "true or false"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Is one key of the configuration with its three names.

    Variable and flag need no more than the last word of the key: `server.port` is `POLYHOST_PORT` and `--port`.

    Attributes:
        key: in `polyhost.toml`, dotted.
        kind: how a variable's text is read.
        name: what variable and flag are called when that word alone does not say what is meant; else empty.
    """

    key: str
    kind: Kind
    name: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Return the key as a path into the document."""
        return tuple(self.key.split("."))

    @property
    def variable(self) -> str:
        """Return the name of the environment variable."""
        return PREFIX + (self.name or self.path[-1]).upper()

    @property
    def flag(self) -> str:
        """Return the name of the command-line flag."""
        return "--" + (self.name or self.path[-1]).replace("_", "-")


SETTINGS: Final = (
    Setting(key="plugins", kind=Kind.PATHS),
    Setting(key="plugin_folders", kind=Kind.PATHS),
    Setting(key="interface_folders", kind=Kind.PATHS),
    Setting(key="data", kind=Kind.PATH),
    Setting(key="server.host", kind=Kind.TEXT),
    Setting(key="server.port", kind=Kind.INTEGER),
    Setting(key="server.listen", kind=Kind.WORDS),
    Setting(key="server.socket", kind=Kind.PATH),
    Setting(key="server.socket_mode", kind=Kind.TEXT),
    Setting(key="server.tls_cert", kind=Kind.PATH),
    Setting(key="server.tls_key", kind=Kind.PATH),
    Setting(key="server.insecure_plaintext", kind=Kind.SWITCH),
    Setting(key="server.require_token", kind=Kind.SWITCH),
    Setting(key="server.names", kind=Kind.WORDS),
    Setting(key="server.public_url", kind=Kind.TEXT),
    Setting(key="server.dev_origins", kind=Kind.WORDS),
    Setting(key="server.hsts_seconds", kind=Kind.INTEGER),
    Setting(key="server.streams_per_client", kind=Kind.INTEGER),
    Setting(key="limits.call_timeout", kind=Kind.SECONDS),
    Setting(key="limits.start_timeout", kind=Kind.SECONDS),
    Setting(key="limits.shutdown_timeout", kind=Kind.SECONDS),
    Setting(key="limits.concurrent_starts", kind=Kind.INTEGER),
    Setting(key="limits.log_lines", kind=Kind.INTEGER),
    Setting(key="limits.event_ring", kind=Kind.INTEGER),
    Setting(key="logging.format", kind=Kind.TEXT, name="log_format"),
    Setting(key="logging.level", kind=Kind.TEXT, name="log_level"),
    Setting(key="audit.days", kind=Kind.NUMBER, name="audit_days"),
    Setting(key="audit.megabytes", kind=Kind.NUMBER, name="audit_megabytes"),
    Setting(key="audit.calls", kind=Kind.TEXT, name="audit_calls"),
    Setting(key="traffic.calls", kind=Kind.SWITCH, name="traffic_calls"),
    Setting(key="traffic.messages", kind=Kind.SWITCH, name="traffic_messages"),
    Setting(key="traffic.bodies", kind=Kind.SWITCH, name="traffic_bodies"),
    Setting(key="traffic.body_bytes", kind=Kind.INTEGER, name="traffic_body_bytes"),
    Setting(key="traffic.keep_days", kind=Kind.NUMBER, name="traffic_keep_days"),
    Setting(key="traffic.keep_bytes", kind=Kind.INTEGER, name="traffic_keep_bytes"),
    Setting(key="extensions.load", kind=Kind.WORDS, name="extension"),
    Setting(key="extensions.disable", kind=Kind.WORDS),
    Setting(key="verification.mode", kind=Kind.TEXT, name="verification"),
    Setting(key="verification.require", kind=Kind.TEXT, name="verification_require"),
    Setting(key="verification.lock", kind=Kind.PATH),
    Setting(key="verification.keys", kind=Kind.PATH),
    Setting(key="sources.allow", kind=Kind.WORDS, name="allow_source"),
)

# Variables that begin like settings and are none: the protocol sets the first ones for plugins, and a host may run
# below one; the command line reads the rest before there is a configuration.
OTHER_VARIABLES: Final = frozenset({
    "POLYHOST_PLUGIN",
    "POLYHOST_PROTOCOL",
    "POLYHOST_DATA_DIR",
    "POLYHOST_INSTANCE",
    "POLYHOST_PLUGIN_CONFIG",
    "POLYHOST_CONFIG",
    "POLYHOST_URL",
    "POLYHOST_SERVER",
    "POLYHOST_TRACEBACK",
    "POLYHOST_TOKEN",
    "POLYHOST_TOKEN_FILE",
    "POLYHOST_CA_FILE",
})  # fmt: skip
