"""Who sends a request, and what that lets them do."""

from __future__ import annotations

import enum
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


class Scope(enum.StrEnum):
    """Says how far somebody may go; each scope includes those before it."""

    VIEWER = "viewer"
    """Sees everything and changes nothing."""

    OPERATOR = "operator"
    """Calls methods, and starts, stops and configures the plugins that are loaded."""

    ADMIN = "admin"
    """Brings programs onto the machine and takes them away, and says who may do what."""

    def includes(self, other: Scope) -> bool:
        """Return whether whoever has this scope may do what `other` allows."""
        return _RANKS[self] >= _RANKS[other]


_RANKS: Final[Mapping[Scope, int]] = MappingProxyType({scope: rank for rank, scope in enumerate(Scope)})


class CallerKind(enum.StrEnum):
    """Says how somebody is known."""

    LOCAL = "local"
    """By coming from this machine, where nobody has to sign in."""

    TOKEN = "token"  # noqa: S105 - the kind, no secret
    """By an access token in the header `Authorization`."""

    SESSION = "session"
    """By the cookie of a page that has signed in."""

    SIGNAL = "signal"
    """By a signal to the server's process, which its user and root can send."""

    WATCHER = "watcher"
    """By files that have changed: the host has looked at them, and done something by itself."""

    NOBODY = "nobody"
    """Not at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Is who sends a request.

    Attributes:
        name: what the audit trail calls them; that of the token.
        scope: how far they may go; None for somebody who is not known.
        kind: how they are known.
        token_id: the id of their token, or empty.
        session: the digest of their session, or empty.
        expires_at: until when they are known, seconds since the epoch; None for no end.
    """

    name: str
    scope: Scope | None
    kind: CallerKind
    token_id: str = ""
    session: bytes = b""
    expires_at: float | None = None


LOCAL: Final = Caller(name="local", scope=Scope.ADMIN, kind=CallerKind.LOCAL)
"""Is a program or page of this machine, where nobody has to sign in."""

NOBODY: Final = Caller(name="nobody", scope=None, kind=CallerKind.NOBODY)
"""Is whoever has shown neither a token nor a session where one of them is needed."""

_CALLER: Final = "polyhost.caller"


def note_caller(asgi_scope: MutableMapping[str, Any], caller: Caller) -> None:
    """Write into the scope of a request or websocket who sends it."""
    asgi_scope.setdefault("extensions", {})[_CALLER] = caller


def caller_of(asgi_scope: Mapping[str, Any]) -> Caller:
    """Return who sends a request or websocket; nobody, where nothing was noted."""
    found: Caller = (asgi_scope.get("extensions") or {}).get(_CALLER, NOBODY)
    return found
