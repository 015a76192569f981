"""Finds out who sends a request: by its token, by its session cookie, or by where it comes from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from hostweb_api._problems import Problem
from hostweb_api._settings import METHODS_THAT_LOOK, ApiSettings
from hostweb_api.security._access import Access
from hostweb_api.security._attempts import Attempts
from hostweb_api.security._callers import LOCAL, NOBODY, Caller, CallerKind
from hostweb_api.security._cookies import cookie_of
from hostweb_api.security._names import is_loopback, split_host
from hostweb_api.security._public import came_by_proxy

Headers = Mapping[bytes, str | None]

TOKEN_NEEDED: Final = "polyhost.token-needed"  # noqa: S105 - the name of an extension, no secret
"""Is the extension of an ASGI scope that says that whoever comes by this way has to show a token."""

# What proxies add: whoever is behind one does not sit at this machine.
FORWARDED: Final = (
    *(b"forwarded", b"x-real-ip", b"via"),
    *(
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-forwarded-port",
        b"x-forwarded-server",
    ),
)
# Also where no client address is known: a unix socket has none.
_NO_ADDRESS: Final = "local"

CHALLENGE: Final = ("WWW-Authenticate", 'Bearer realm="polyhost"')
_WRONG: Final = ("WWW-Authenticate", 'Bearer realm="polyhost", error="invalid_token"')


class Door:
    """Knows everybody who comes in.

    Args:
        access: the tokens and sessions.
        settings: whether everybody has to show one.
        clock: seconds, monotonic; for the limits of attempts.
    """

    def __init__(
        self, access: Access, settings: ApiSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.access = access
        self._settings = settings
        self._attempts = Attempts(clock=clock)

    def __repr__(self) -> str:
        return f"<Door {self.access} {self._attempts}>"

    def identify(self, scope: Mapping[str, Any], headers: Headers) -> Caller | Problem:
        """Return who sends a request, which may be nobody, or why it is refused.

        Args:
            scope: the ASGI scope; its Host, Origin and target have been checked.
            headers: those that matter, by name; one that was sent twice is None.
        """
        if b"authorization" in headers:
            return self._by_token(headers[b"authorization"], address_of(scope))
        session = cookie_of(scope)
        found = self.access.check_session(session) if session is not None else None
        if found is not None:
            refused = _check_page(scope, headers)
            if refused is not None:
                return refused
            kept, token = found
            return Caller(
                name=token.name,
                scope=token.scope,
                kind=CallerKind.SESSION,
                token_id=token.id,
                session=kept.digest,
                expires_at=self.access.expiry_of(kept),
            )
        return LOCAL if self._is_local(scope, headers) else NOBODY

    def stays(self, caller: Caller) -> bool:
        """Return whether somebody who has something open here may go on: their token is good, and their session goes on.

        To have it open is use of both: a session is not idle then, and ends at its time.
        """
        if caller.kind in {CallerKind.LOCAL, CallerKind.NOBODY}:
            return True
        return self.access.use(token_id=caller.token_id, session=caller.session)

    def _by_token(self, value: str | None, address: str) -> Caller | Problem:
        scheme, _, text = (value or "").partition(" ")
        token = self.access.check_token(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            return self.refuse_wrong(address)
        return Caller(
            name=token.name,
            scope=token.scope,
            kind=CallerKind.TOKEN,
            token_id=token.id,
            expires_at=token.expires_at,
        )

    def refuse_attempt(self, address: str) -> Problem | None:
        """Return why somebody at an address may not even try to sign in now, or None."""
        wait = self._attempts.wait_of_address(address)
        return _too_many(wait) if wait else None

    def refuse_wrong(self, address: str) -> Problem:
        """Count a wrong token, and return what is told about it; the same for whatever is wrong with it."""
        wait = self._attempts.wrong(address)
        if wait:
            return _too_many(wait)
        return Problem(
            code="token-invalid",
            detail="The token is not one of this server, has expired or was revoked.",
            hint="send `Authorization: Bearer <token>`; `polyhost token create` makes one",
            headers=(_WRONG,),
        )

    def _is_local(self, scope: Mapping[str, Any], headers: Headers) -> bool:
        """Return whether nobody but this machine can have sent a request, and it need not say who it is."""
        if (scope.get("extensions") or {}).get(TOKEN_NEEDED) or came_by_proxy(scope):
            return False
        if scope.get("client") is None:
            return True  # a unix socket: whoever may open it is known to the file system
        # A proxy that does not say that it is one, nor by which name it was reached, is seen by nothing else.
        is_behind = self._settings.require_token or self._settings.public_url is not None
        if is_behind or any(name in headers for name in FORWARDED):
            return False
        named = split_host(headers.get(b"host") or "", scope["scheme"])
        return named is not None and is_loopback(named[0])


def address_of(scope: Mapping[str, Any]) -> str:
    """Return the address that a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else _NO_ADDRESS


def _check_page(scope: Mapping[str, Any], headers: Headers) -> Problem | None:
    """Refuse a change, or a websocket, whose cookie a browser may have added to somebody else's request.

    A browser sends cookies along whoever caused the request, but it also says who did: `Origin` comes with each request
    that changes something and with each websocket, `Sec-Fetch-Site` with all. Both were checked, and scripts of pages
    can set neither. So what is left are requests without any of them, which no browser of today sends.
    """
    if scope["type"] == "http" and scope["method"] in METHODS_THAT_LOOK:
        return None
    if headers.get(b"origin") or headers.get(b"sec-fetch-site") == "same-origin":
        return None
    return Problem(
        code="origin-refused",
        detail="A session is for pages, and this request does not say which page it comes from.",
        hint="programs send `Authorization: Bearer <token>` instead of a cookie",
    )


def _too_many(wait: int) -> Problem:
    return Problem(
        code="attempts-exceeded",
        detail=f"There were too many wrong tokens; a further one is looked at in {wait} s.",
        hint="look at the token: it may have expired or have been revoked",
        headers=(("Retry-After", str(wait)),),
    )
