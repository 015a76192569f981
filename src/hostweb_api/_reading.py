"""Reads the body and the query of a request into what they have to look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import trio
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from quart import request
from werkzeug.exceptions import RequestTimeout

from hostweb_api._faults import known_here, misfit_of
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._settings import BODY_TIMEOUT, MAX_MEMBERS

if TYPE_CHECKING:
    from hostweb_api.serving._body import ApiRequest, RequestBody

M = TypeVar("M", bound=BaseModel)


async def read_body(model: type[M], *, limit: int, may_be_empty: bool = False) -> M:
    """Read the body of the current request into a model.

    Args:
        model: what it has to look like.
        limit: its largest size in bytes.
        may_be_empty: whether no body stands for an empty object.

    Raises:
        RequestEntityTooLarge: it is larger.
        RequestTimeout: it did not arrive in time.
        ProblemError: it is no JSON, or does not fit the model; each fault with its JSON pointer.
    """
    body = current_request().body
    # The usual small body has arrived with its head, and needs no time limit.
    raw = await body.read(limit=limit) if body.is_complete else await wait_for_body(body, limit)
    if may_be_empty and not raw:
        raw = b"{}"
    try:
        # Two steps: validating the text itself would collect a fault for each of a million unknown members.
        data = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        problem = Problem(
            code="json-invalid",
            detail=f"Invalid JSON: {error}.",
            hint="send one JSON object, encoded in UTF-8; NaN and Infinity are no JSON",
        )
        raise ProblemError(problem) from None
    check_members(data, model)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ProblemError(misfit_of("body-invalid", error, model)) from None


def check_members(data: Any, model: type[BaseModel]) -> None:
    """Refuse an object with more members than any body has; raises `ProblemError`."""
    if isinstance(data, dict) and len(data) > MAX_MEMBERS:
        detail = f"The body has {len(data)} members."
        raise ProblemError(Problem(code="body-invalid", detail=detail, hint=known_here(model)))


def read_query(model: type[M]) -> M:
    """Read the query of the current request into a model; raises `ProblemError`."""
    values = current_request().args.to_dict(flat=False)
    repeated = [name for name, found in values.items() if len(found) > 1]
    if repeated:
        raise ProblemError(
            Problem(
                code="query-invalid", detail=f"The query has {', '.join(sorted(repeated))} more than once."
            )
        )
    try:
        return model.model_validate_strings({name: found[0] for name, found in values.items()})
    except ValidationError as error:
        raise ProblemError(misfit_of("query-invalid", error, model)) from None


def current_request() -> ApiRequest:
    """Return the request that is being answered; `create_app` sees to it that it is one of ours."""
    # Not the framework's proxy, which looks it up anew for each of its attributes.
    found: ApiRequest = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - its documented way
    return found


async def wait_for_body(body: RequestBody, limit: int) -> bytes:
    """Read a body that may still be on its way; raises as `read_body`."""
    with trio.move_on_after(BODY_TIMEOUT):
        return await body.read(limit=limit)
    raise RequestTimeout(f"The body did not arrive within {BODY_TIMEOUT:g} s.")
