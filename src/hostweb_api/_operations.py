"""What the API can be asked for: a route's name, who may use it, what it takes and what it answers, in one place.

The declaration is not a description beside the code: the body and the query are read by it, the scope is checked by
it, and the OpenAPI document is made from it.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from hostweb_api._problems import Problem, ProblemError
from hostweb_api._reading import current_request, read_body, read_query, wait_for_body
from hostweb_api._request_facts import facts_of
from hostweb_api._settings import MAX_PATH_LENGTH, MAX_SMALL_BODY, METHODS_THAT_LOOK
from hostweb_api.security._callers import Caller, Scope
from hostweb_api.security._door import CHALLENGE
from hostweb_api.serving._meter import note_operation

if TYPE_CHECKING:
    from pydantic import BaseModel
    from quart.wrappers.response import Response

    from hostweb_api.serving._body import ApiRequest

# The members of bodies that name what is to be changed, or called.
_NAMES: Final = ("path", "url", "method", "name")

JSON: Final = "application/json"

# What stands for no body where none is read: many clients send an empty object with each change.
_NOTHING: Final = frozenset({b"", b"{}"})

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
class OtherBody:
    """Is a form other than JSON in which an operation takes its body; the handler reads it itself.

    Attributes:
        media_type: how it is sent; none that a form of a page can send.
        description: one sentence for people.
        kind: what it is, of lines what each of them is; None for bytes.
    """

    media_type: str
    description: str
    kind: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """Is the contract of one route.

    Attributes:
        name: unique, in camel case; the `operationId`.
        summary: the first line of the handler's docstring.
        description: the rest of it.
        scope: what the caller needs; None where nobody has to be known.
        body: what the request's body has to look like, or None for none.
        other_bodies: in which forms it may come beside JSON.
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
    other_bodies: tuple[OtherBody, ...] = ()
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
    other_bodies: tuple[OtherBody, ...] = (),
    body_limit: int = MAX_SMALL_BODY,
    body_is_optional: bool = False,
    takes: tuple[str, ...] = (),
    query: type[BaseModel] | None = None,
    headers: tuple[RequestHeader, ...] = (),
    outlives_client: bool = False,
    audited: bool = True,
    answers: Mapping[int, tuple[Answer, ...]] | None = None,
    problems: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Declare what a route is; the handler gets the words of its path, and `body` and `query` if it has them.

    Args:
        name: the `operationId`.
        scope: what the caller needs; None where nobody has to be known.
        body: what the body is read into.
        other_bodies: in which forms it may come beside JSON; the handler's `body` is None then.
        body_limit: the largest body in bytes.
        body_is_optional: whether no body stands for an empty object.
        takes: media types of a body that the handler reads itself.
        query: what the query is read into.
        headers: the headers it understands, for the description; the handler reads them itself.
        outlives_client: whether the work is finished even when the client has gone; for what changes something.
        audited: whether the audit trail keeps it, if it is no GET; a refusal is kept in any case.
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
            other_bodies=other_bodies,
            body_limit=body_limit,
            body_is_optional=body_is_optional,
            takes=takes,
            query=query,
            headers=headers,
            outlives_client=outlives_client,
            answers=answers or {},
            problems=problems,
        )

        other_types = frozenset(each.media_type for each in other_bodies)
        no_query = _without_query(query)
        known_types = frozenset(takes) or other_types | {"", JSON}

        @functools.wraps(handler)
        async def answer(**words: Any) -> Response:
            request = current_request()
            note_operation(request.scope, name)
            facts = facts_of(request.asgi_scope)
            facts.operation = name
            facts.target = target_of(words.values())
            facts.is_change = audited and request.method not in METHODS_THAT_LOOK
            if scope is not None:
                check_scope(request.caller, scope)
            if query is not None:
                # Most requests have none; what is read of that is always the same, and frozen.
                words["query"] = no_query if no_query and not request.query_string else read_query(query)
            media_type = _media_type_of(request)
            if media_type in other_types:
                words["body"] = None
            elif media_type not in known_types:
                raise ProblemError(_unsupported(media_type, known_types))
            elif body is not None:
                words["body"] = await read_body(body, limit=body_limit, may_be_empty=body_is_optional)
                facts.target = target_of(
                    (facts.target, *(getattr(words["body"], each, "") for each in _NAMES))
                )
            elif not takes and request.method not in METHODS_THAT_LOOK:
                await _refuse_body(request)
            # Only now: a body that does not arrive is not waited for once its client has gone.
            request.outlives_client = outlives_client
            return await handler(**words)

        answer.operation = contract  # type: ignore[attr-defined] # a function's own attribute
        return answer

    return declare


async def _refuse_body(request: ApiRequest) -> None:
    """Refuse what is sent along where nothing is read: whoever has sent it means something by it."""
    body = request.body
    raw = (
        await body.read(limit=MAX_SMALL_BODY)
        if body.is_complete
        else await wait_for_body(body, MAX_SMALL_BODY)
    )
    if raw.strip() not in _NOTHING:
        raise ProblemError(
            Problem(
                code="body-invalid",
                detail=f"{request.method} {request.path} takes no body; {len(raw)} bytes were sent.",
                hint="leave the body out, or send {}",
            )
        )


def _without_query(model: type[BaseModel] | None) -> BaseModel | None:
    """Return what no query is read into; None where one is needed."""
    try:
        return model.model_validate_strings({}) if model is not None else None
    except ValidationError:
        return None


def target_of(words: Iterable[object]) -> str:
    """Say what an operation is about: the ids of its path, and the names of its body, none of them too long."""
    text = " ".join(word for word in words if isinstance(word, str) and word)[:MAX_PATH_LENGTH]
    return text if text.isprintable() else ascii(text)[1:-1]


def note_target(words: str) -> None:
    """Note what the current request is about, beside what is known of it already; for what only its body tells."""
    facts = facts_of(current_request().asgi_scope)
    facts.target = target_of((facts.target, words))


def _media_type_of(request: ApiRequest) -> str:
    """Return the media type of a request's body; empty where there is none. The guard has looked at it."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return ""
    return request.mimetype or ""


def _unsupported(media_type: str, known: frozenset[str]) -> Problem:
    return Problem(
        code="media-type-unsupported",
        detail=f"The body is sent as {media_type!r}."
        if media_type
        else "There is no body with a media type.",
        hint=f"known here: {', '.join(sorted(known - {''}))}",
    )


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
