"""Who sends a request, and what that lets them do."""

from __future__ import annotations

import enum
from collections.abc import Mapping
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Is who sends a request.

    Attributes:
        name: what the audit trail calls them.
        scope: how far they may go.
    """

    name: str
    scope: Scope


LOCAL: Final = Caller(name="local", scope=Scope.ADMIN)
"""Is a program or page of this machine, where nobody has to sign in."""


_CALLER: Final = "polyhost.caller"


def caller_of(asgi_scope: Mapping[str, Any]) -> Caller:
    """Return who sends a request or websocket."""
    found: Caller = (asgi_scope.get("extensions") or {}).get(_CALLER, LOCAL)
    return found
