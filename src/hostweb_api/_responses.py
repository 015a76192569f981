"""Responses as ready bytes."""

from __future__ import annotations

from typing import Any, Final

from quart.wrappers.response import Response

from hostweb_api._json import dump_json
from hostweb_api._problems import PROBLEM_TYPE, Problem

NDJSON: Final = "application/x-ndjson"
SSE: Final = "text/event-stream"


def json_response(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as a JSON response; a value that is bytes is sent as it is, encoded already."""
    body = value if isinstance(value, bytes) else dump_json(value)
    return Response(body, status, headers, content_type="application/json")


def empty_response(headers: dict[str, str] | None = None) -> Response:
    """Return the response 204: there is no content, so it has neither a length nor a type."""
    response = Response(b"", 204, headers)
    del response.headers["Content-Length"]
    del response.headers["Content-Type"]
    return response


def problem_response(problem: Problem) -> Response:
    """Return the response that a problem is."""
    return Response(problem.body(), problem.status, dict(problem.headers), content_type=PROBLEM_TYPE)
