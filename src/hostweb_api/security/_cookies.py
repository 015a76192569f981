"""The cookie of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hostweb_api.security._public import is_secure
from hostweb_api.security._secrets import is_session

SESSION_COOKIE: Final = "polyhost-session"
"""How the name of the cookie begins; the port follows."""

# A browser holds such a cookie to its rules: sent over TLS only, set by this very host, for all of its paths.
_HOST_PREFIX: Final = "__Host-"


def cookie_of(scope: Mapping[str, Any]) -> str | None:
    """Return the session id that a request's cookies have; None when there is none, or there are several."""
    name = _name(scope)
    found = {
        value
        for header, line in scope["headers"]
        if header == b"cookie"
        for key, _, value in (part.strip().partition("=") for part in line.decode("latin-1").split(";"))
        if key == name and is_session(value)
    }
    return found.pop() if len(found) == 1 else None


def set_cookie(scope: Mapping[str, Any], session: str, *, max_age: int) -> str:
    """Return the header that has a browser keep a session id, away from scripts and from other sites' requests.

    Args:
        scope: of the request that is answered.
        session: the id; empty to forget it.
        max_age: seconds.
    """
    secure = "; Secure" if is_secure(scope) else ""
    return f"{_name(scope)}={session}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}"


def _name(scope: Mapping[str, Any]) -> str:
    """Return the cookie's name: browsers keep no cookies apart by port, so two servers of a machine need two names."""
    server = scope.get("server")
    port = f"-{server[1]}" if server and len(server) > 1 and server[1] is not None else ""
    return f"{_HOST_PREFIX if is_secure(scope) else ''}{SESSION_COOKIE}{port}"
