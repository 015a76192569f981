"""What the API can be asked for: a route's name, who may use it, what it takes and what it answers, in one place.

The declaration is not a description beside the code: the body and the query are read by it, the scope is checked by
it, and the OpenAPI document is made from it.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hostweb_api._models import current_request, read_body, read_query
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._settings import MAX_SMALL_BODY
from hostweb_api.security._callers import Caller, Scope
from hostweb_api.security._door import CHALLENGE
from hostweb_api.serving._meter import note_operation

if TYPE_CHECKING:
    from pydantic import BaseModel
    from quart.wrappers.response import Response

JSON: Final = "application/json"

Handler = Callable[..., Awaitable["Response"]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Is one way in which an operation succeeds.

    Attributes:
        kind: what is answered, a type that pydantic can describe; None for no content.
        description: one sentence for people.
        media_type: how it is sent; of a stream, `kind` is what each of its items is.
        headers: name to description of the headers that come along.
        example: what it may look like, or None.
    """

    kind: Any
    description: str
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    example: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestHeader:
    """Is a header that an operation understands, beside those that say who asks and what form is wanted.

    Attributes:
        name: as it is sent.
        description: one sentence for people.
        schema: JSON Schema of its value.
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """Is the contract of one route.

    Attributes:
        name: unique, in camel case; the `operationId`.
        summary: the first line of the handler's docstring.
        description: the rest of it.
        scope: what the caller needs; None where nobody has to be known.
        body: what the request's body has to look like, or None for none.
        body_limit: the largest body in bytes.
        body_is_optional: whether no body stands for an empty object.
        takes: media types of a body that the handler reads itself, as it comes; none for JSON or no body.
        query: what the query may have, or None for nothing.
        headers: the headers it understands.
        outlives_client: whether it is finished even when the client has gone.
        answers: by status; several where the `Accept` header chooses.
        problems: codes of what may go wrong here, beside what may go wrong everywhere.
    """

    name: str
    summary: str
    description: str = ""
    scope: Scope | None
    body: type[BaseModel] | None = None
    body_limit: int = MAX_SMALL_BODY
    body_is_optional: bool = False
    takes: tuple[str, ...] = ()
    query: type[BaseModel] | None = None
    headers: tuple[RequestHeader, ...] = ()
    outlives_client: bool = False
    answers: Mapping[int, tuple[Answer, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def operation(
    name: str,
    *,
    scope: Scope | None,
    body: type[BaseModel] | None = None,
    body_limit: int = MAX_SMALL_BODY,
    body_is_optional: bool = False,
    takes: tuple[str, ...] = (),
    query: type[BaseModel] | None = None,
    headers: tuple[RequestHeader, ...] = (),
    outlives_client: bool = False,
    answers: Mapping[int, tuple[Answer, ...]] | None = None,
    problems: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Declare what a route is; the handler gets the words of its path, and `body` and `query` if it has them.

    Args:
        name: the `operationId`.
        scope: what the caller needs; None where nobody has to be known.
        body: what the body is read into.
        body_limit: the largest body in bytes.
        body_is_optional: whether no body stands for an empty object.
        takes: media types of a body that the handler reads itself.
        query: what the query is read into.
        headers: the headers it understands, for the description; the handler reads them itself.
        outlives_client: whether the work is finished even when the client has gone; for what changes something.
        answers: how it succeeds.
        problems: what may go wrong here, by code.
    """

    def declare(handler: Handler) -> Handler:
        summary, _, rest = (handler.__doc__ or "").strip().partition("\n")
        contract = Operation(
            name=name,
            summary=summary,
            description=" ".join(rest.split()),
            scope=scope,
            body=body,
            body_limit=body_limit,
            body_is_optional=body_is_optional,
            takes=takes,
            query=query,
            headers=headers,
            outlives_client=outlives_client,
            answers=answers or {},
            problems=problems,
        )

        @functools.wraps(handler)
        async def answer(**words: Any) -> Response:
            request = current_request()
            note_operation(request.scope, name)
            if scope is not None:
                check_scope(request.caller, scope)
            if query is not None:
                words["query"] = read_query(query)
            if body is not None:
                words["body"] = await read_body(body, limit=body_limit, may_be_empty=body_is_optional)
            # Only now: a body that does not arrive is not waited for once its client has gone.
            request.outlives_client = outlives_client
            return await handler(**words)

        answer.operation = contract  # type: ignore[attr-defined] # a function's own attribute
        return answer

    return declare


def operation_of(handler: object) -> Operation | None:
    """Return what a route's handler was declared as, or None."""
    found: Operation | None = getattr(handler, "operation", None)
    return found


def check_scope(caller: Caller, scope: Scope) -> None:
    """Refuse who may not do this; raises `ProblemError`."""
    if caller.scope is None:
        raise ProblemError(
            Problem(
                code="sign-in-needed",
                detail="This server has to know who asks for this.",
                hint="send `Authorization: Bearer <token>`, or sign in; `polyhost token create` makes a token",
                headers=(CHALLENGE,),
            )
        )
    if not caller.scope.includes(scope):
        raise ProblemError(
            Problem(
                code="scope-insufficient",
                detail=f"This needs the scope {scope}; {caller.name} has {caller.scope}.",
                hint="use a token with that scope; an administrator can create one",
            )
        )
