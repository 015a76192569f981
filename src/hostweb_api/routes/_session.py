"""`/api/session`: who one is, and signing in and out with a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._models import SignInBody
from hostweb_api._operations import Answer, operation
from hostweb_api._problems import ProblemError
from hostweb_api._reading import current_request
from hostweb_api._responses import empty_response, json_response
from hostweb_api.security._access import SESSION_SECONDS
from hostweb_api.security._callers import Caller, CallerKind, Scope, note_caller
from hostweb_api.security._cookies import cookie_of, set_cookie
from hostweb_api.security._door import Door, address_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionInfo:
    """Says who sends a request.

    Attributes:
        name: what the audit trail calls them.
        scope: how far they may go; None for nobody.
        kind: `local`, `token`, `session` or `nobody`.
        sign_in_needed: whether they have to sign in before they may do anything.
        expires_at: when the token or session ends at the latest, seconds since the epoch; None for no end.
    """

    name: str
    scope: Scope | None
    kind: CallerKind
    sign_in_needed: bool
    expires_at: float | None


_WHO: Final = Answer(kind=SessionInfo, description="Who sends the request, and how far they may go.")


def session_blueprint(door: Door) -> Blueprint:
    """Return the routes of `/api/session`."""
    routes = Blueprint("session", __name__, url_prefix="/api/session")

    @routes.get("")
    @operation("showSession", scope=None, answers={200: (_WHO,)})
    async def show_session() -> Response:
        """Show who one is, and whether one has to sign in."""
        return json_response(as_json(_info(current_request().caller)))

    @routes.post("")
    @operation(
        "signIn",
        scope=None,
        body=SignInBody,
        answers={201: (_WHO,)},
        problems=("token-invalid", "attempts-exceeded", "storage-failed"),
    )
    async def sign_in(body: SignInBody) -> Response:
        """Open a session with a token or the code of a sign-in link.

        The session's id comes as a cookie that scripts cannot read. It ends when the page signs out, with its token,
        and by itself.
        """
        scope = current_request().asgi_scope
        address = address_of(scope)
        refused = door.refuse_attempt(address)
        if refused is not None:
            raise ProblemError(refused)
        opened = await door.access.sign_in(body.token.strip(), in_place_of=cookie_of(scope))
        found = opened and door.access.check_session(opened[1])
        if not opened or not found:
            raise ProblemError(door.refuse_wrong(address))
        session, token = found
        caller = Caller(
            name=token.name,
            scope=token.scope,
            kind=CallerKind.SESSION,
            token_id=token.id,
            session=session.digest,
            expires_at=door.access.expiry_of(session),
        )
        # From here on it is known who it was, also in the audit trail.
        note_caller(scope, caller)
        cookie = set_cookie(scope, opened[1], max_age=int(SESSION_SECONDS))
        return json_response(as_json(_info(caller)), status=201, headers={"Set-Cookie": cookie})

    @routes.delete("")
    @operation(
        "signOut",
        scope=None,
        answers={204: (Answer(kind=None, description="There is no session any more."),)},
        problems=("storage-failed",),
    )
    async def sign_out() -> Response:
        """End the session of this page, if there is one, and have the browser forget its cookie."""
        request = current_request()
        if request.caller.session:
            await door.access.sign_out(request.caller.session)
        return empty_response({"Set-Cookie": set_cookie(request.asgi_scope, "", max_age=0)})

    return routes


def _info(caller: Caller) -> SessionInfo:
    return SessionInfo(
        name=caller.name,
        scope=caller.scope,
        kind=caller.kind,
        sign_in_needed=caller.scope is None,
        expires_at=caller.expires_at,
    )
