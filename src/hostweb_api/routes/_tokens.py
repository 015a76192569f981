"""`/api/tokens`: the access tokens of people and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._faults import misfit_of
from hostweb_api._models import TokenBody
from hostweb_api._operations import Answer, operation
from hostweb_api._problems import ProblemError
from hostweb_api._reading import current_request
from hostweb_api._responses import empty_response, json_response
from hostweb_api.security._access import Access
from hostweb_api.security._access_file import Token
from hostweb_api.security._callers import Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenInfo:
    """Is an access token without its secret; all times are seconds since the epoch.

    Attributes:
        id: names it.
        name: what people call it.
        scope: how far its holder may go.
        created_at: when it was made.
        created_by: who made it.
        expires_at: until when it is good; None for no end.
        used_at: when it was used last; None for never.
    """

    id: str
    name: str
    scope: Scope
    created_at: float
    created_by: str
    expires_at: float | None
    used_at: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewToken(TokenInfo):
    """Is a token that was just made.

    Attributes:
        token: its text, for `Authorization: Bearer`; it is shown this once.
    """

    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenList:
    """Lists tokens.

    Attributes:
        tokens: sorted by name.
    """

    tokens: tuple[TokenInfo, ...]


_LISTED: Final = Answer(kind=TokenList, description="All tokens, those that have expired among them.")
_MADE: Final = Answer(kind=NewToken, description="The token; its text is shown this once.")
_GONE: Final = Answer(kind=None, description="The token is not good any more, and its sessions have ended.")


def tokens_blueprint(access: Access) -> Blueprint:
    """Return the routes of `/api/tokens`."""
    routes = Blueprint("tokens", __name__, url_prefix="/api/tokens")

    @routes.get("")
    @operation("listTokens", scope=Scope.ADMIN, answers={200: (_LISTED,)})
    async def list_tokens() -> Response:
        """List the access tokens, without what one could sign in with."""
        return json_response(as_json(TokenList(tokens=tuple(map(token_info, access.tokens())))))

    @routes.post("")
    @operation(
        "createToken",
        scope=Scope.ADMIN,
        body=TokenBody,
        outlives_client=True,
        answers={201: (_MADE,)},
        problems=("token-exists", "storage-failed"),
    )
    async def create_token(body: TokenBody) -> Response:
        """Make an access token; its text is in this answer and nowhere else."""
        token, text = await access.create_token(
            name=body.name,
            scope=Scope(body.scope),
            lifetime=body.expires_in,
            created_by=current_request().caller.name,
        )
        return json_response(
            {**as_json(token_info(token)), "token": text},
            status=201,
            headers={"Location": f"/api/tokens/{token.id}"},
        )

    @routes.delete("/<token_id>")
    @operation(
        "revokeToken",
        scope=Scope.ADMIN,
        outlives_client=True,
        answers={204: (_GONE,)},
        problems=("token-not-found", "storage-failed"),
    )
    async def revoke_token(token_id: str) -> Response:
        """Revoke a token: nobody can use it from now on, and the sessions that were opened with it end."""
        await access.revoke_token(token_id)
        return empty_response()

    return routes


def token_as_json(token: Token) -> dict[str, Any]:
    """Show a token as the API does."""
    shown: dict[str, Any] = as_json(token_info(token))
    return shown


def token_info(token: Token) -> TokenInfo:
    """Show a token without its digest."""
    return TokenInfo(
        id=token.id,
        name=token.name,
        scope=token.scope,
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        used_at=token.used_at,
    )


def check_token_wish(data: Mapping[str, Any]) -> TokenBody:
    """Return what a token is to be, checked as the API checks it; raises `ProblemError`."""
    try:
        return TokenBody.model_validate(data)
    except ValidationError as error:
        raise ProblemError(misfit_of("body-invalid", error, TokenBody)) from None
