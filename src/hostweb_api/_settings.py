"""What an operator may set about the API, and the limits nobody needs to set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hostcore.config import ServerConfig

# A call carries at most one frame (4 MiB by default); its JSON form, base64 included, fits into twice that.
MAX_CALL_BODY: Final = 8 * 1024 * 1024
# As large as an interface file may be.
MAX_DOCUMENT_BODY: Final = 1024 * 1024
# A path, and room for what may come beside it.
MAX_SMALL_BODY: Final = 64 * 1024
# Archives of plugins; a form of a foreign page can send none of these types.
ARCHIVE_TYPES: Final = ("application/zip", "application/gzip", "application/x-tar")
# A deadline is there to be met: whoever waits longer than an hour should follow events instead.
MAX_TIMEOUT_MS: Final = 60 * 60 * 1000
# Names in interface files are words; what is longer is no method, and need not be searched for or repeated.
MAX_METHOD_LENGTH: Final = 256
# Beyond what any route takes, and few enough to tell what is wrong with each.
MAX_MEMBERS: Final = 32
# What somebody types to search for; a word or two.
MAX_TEXT_LENGTH: Final = 200
# PATH_MAX of Linux.
MAX_PATH_LENGTH: Final = 4096
# A body that has not arrived after a minute comes from a stalled client (Quart's and nginx's default).
BODY_TIMEOUT: Final = 60.0
# A stream that is asked for as one answer is held in memory: the size of a call's body, and no more items than
# a person or a small script wants at once. Beyond, NDJSON has no limit.
MAX_COLLECTED_ITEMS: Final = 10_000
MAX_COLLECTED_BYTES: Final = 8 * 1024 * 1024
# Log lines in one answer: ten times what a host keeps of a plugin by default.
MAX_LOG_LINES: Final = 10_000
DEFAULT_LOG_LINES: Final = 100
# What people call a token: a word or a few.
MAX_NAME_LENGTH: Final = 64
# A sign of a name: not a control, a blank, or one that cannot be seen or turns the text around. Written out, since what
# classes such as \w stand for differs from one reader of schemas to the next.
_SIGN: Final = r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff0-\uffff]"
# So one name looks like one name in lists and in the audit trail; blanks only between words.
NAME_PATTERN: Final = rf"^{_SIGN}+( {_SIGN}+)*$"
# What the audit trail and the lists of calls say of somebody without a token: no token may pass for one of them.
RESERVED_NAMES: Final = frozenset({"local", "nobody", "sign-in link", "file watcher", "sighup"})
SHA256_PATTERN: Final = "^[0-9A-Fa-f]{64}$"
METHODS_THAT_LOOK: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Of HTTP: what comes with any other one may change something."""

# Ten years; whoever means longer means no end.
MAX_TOKEN_SECONDS: Final = 3653 * 24 * 3600
# Three months: long enough for a script, short enough that what was forgotten ends by itself.
DEFAULT_TOKEN_SECONDS: Final = 90 * 24 * 3600
# A token has 70 characters; what is longer is none.
MAX_SECRET_LENGTH: Final = 256
# Records of the audit trail in one answer, some hundred bytes each.
MAX_AUDIT_RECORDS: Final = 1000
DEFAULT_AUDIT_RECORDS: Final = 100
# The largest number that SQLite counts rows with.
MAX_RECORD_ID: Final = 2**63 - 1
# Proxies cut silent streams after 30 to 60 s; half of the shortest.
HEARTBEAT_SECONDS: Final = 15.0
# How long requests in flight may take to finish once the server stops.
GRACE_SECONDS: Final = 10.0


# A day: what somebody comes back to, they come back to within it, and a mistake is over by tomorrow. It holds for the
# machine's name, so for what others serve there, too.
HSTS_SECONDS: Final = 86400
# Live websockets, and answers that go on, of one client: a sixteenth of the connections that the server takes, and more
# than a browser with some consoles and the terminals of one person need.
STREAMS_PER_CLIENT: Final = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiSettings:
    """Says under which names the API may be reached, and by which pages.

    Attributes:
        server_names: host names beyond the loopback ones that a request may name, as `name` (with the port the
            server listens on) or as `name:port` (behind a proxy).
        public_url: where people reach the server behind a proxy, e.g. `https://plugins.example.org`: a page from there is
            the server's own, and everybody has to show a token. None for no proxy.
        dev_origins: origins of development servers that forward to the API, e.g. `http://localhost:5173`.
        require_token: whether programs and pages of this machine have to show a token, too; those that come through a
            proxy, by another name than a loopback one, or from elsewhere have to in any case.
        hsts_seconds: how long browsers are to use nothing but TLS for the name that they reached it by.
        streams_per_client: live websockets, and answers that go on, that one client may have open.
        heartbeat: seconds of silence on an event stream after which a comment is sent.
    """

    server_names: tuple[str, ...] = ()
    public_url: str | None = None
    dev_origins: tuple[str, ...] = ()
    require_token: bool = False
    hsts_seconds: int = HSTS_SECONDS
    streams_per_client: int = STREAMS_PER_CLIENT
    heartbeat: float = HEARTBEAT_SECONDS

    @classmethod
    def from_config(cls, server: ServerConfig) -> ApiSettings:
        """Return what the configuration says."""
        return cls(
            server_names=server.names,
            public_url=None if server.public_url is None else _as_origin(server.public_url),
            dev_origins=tuple(origin.lower().rstrip("/") for origin in server.dev_origins),
            require_token=server.require_token,
            hsts_seconds=server.hsts_seconds,
            streams_per_client=server.streams_per_client,
        )


def _as_origin(url: str) -> str:
    """Return an address as browsers write it in `Origin`: in lower case, without its usual port."""
    text = url.lower().rstrip("/")
    return text.removesuffix(":443" if text.startswith("https:") else ":80")
