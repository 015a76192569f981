"""What goes wrong, as RFC 9457 problem bodies: one table from the stable code to status and title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing.exceptions import WebsocketMismatch

from hostcore.errors import CallFailedError, HostError, ProtocolError
from hostcore.protocol import Status
from hostcore.snapshots import as_json
from hostweb_api._json import dump_json

PROBLEM_TYPE: Final = "application/problem+json"

# A URN, not an address: it names the problem, is the same for every host, and promises no page.
_TYPE_PREFIX: Final = "urn:polyhost:problem:"

# Code to HTTP status and title. The first part has every code of `hostcore.errors`, the second what only HTTP knows.
PROBLEMS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "internal": (500, "Internal error"),
        "config-invalid": (422, "The configuration is wrong"),
        "storage-failed": (507, "What the host keeps cannot be read or written"),
        "manifest-invalid": (422, "The manifest is wrong"),
        "source-refused": (422, "The files are refused"),
        "interface-invalid": (422, "The interface file is wrong"),
        "interface-not-found": (404, "No such interface"),
        "extension-failed": (500, "An extension failed"),
        "traffic-unavailable": (503, "The communication log cannot be read"),
        "record-not-found": (404, "No such record"),
        "host-closed": (503, "The host is stopping"),
        "plugin-error": (502, "The plugin failed"),
        "plugin-not-found": (404, "No such plugin"),
        "plugin-already-loaded": (409, "The plugin is loaded already"),
        "plugin-required": (409, "Other plugins require this one"),
        "dependency-unmet": (409, "What the plugin requires is not there"),
        "reload-failed": (409, "The new version could not take over"),
        "launch-failed": (502, "The plugin could not be started"),
        "handshake-failed": (502, "The plugin sent no valid hello"),
        "plugin-incompatible": (502, "Host and plugin do not fit"),
        "plugin-crashed": (503, "The plugin ended during the call"),
        "plugin-misbehaved": (502, "The plugin broke the protocol"),
        "plugin-unavailable": (503, "The plugin is not running"),
        "call-error": (502, "The call failed"),
        "method-not-found": (404, "No such method"),
        "params-invalid": (422, "The params do not fit the method"),
        "result-invalid": (502, "The plugin's answer does not fit the method"),
        "message-too-large": (413, "The message is too large"),
        "plugin-overloaded": (429, "Too many calls are waiting for the plugin"),
        "call-timed-out": (504, "The plugin did not answer in time"),
        "call-cycle": (508, "The plugins call each other in a circle"),
        "call-cancelled": (409, "The call was cancelled"),
        "call-not-found": (404, "No such call in flight"),
        "call-refused": (403, "An extension refused the call"),
        "call-not-replayable": (409, "The call cannot be made again"),
        "call-failed": (502, "The plugin answered with an error"),
        "protocol-violated": (502, "The plugin broke the protocol"),
        "protocol-violated-locally": (500, "Internal error"),
        # Only over HTTP.
        "json-invalid": (400, "The body is no JSON"),
        "msgpack-invalid": (400, "The body is no MessagePack"),
        "idempotency-key-invalid": (400, "The Idempotency-Key cannot be used"),
        "idempotency-key-reused": (422, "The Idempotency-Key was used for another request"),
        "request-invalid": (400, "The request cannot be understood"),
        "body-invalid": (422, "The body does not fit the route"),
        "query-invalid": (422, "The query does not fit the route"),
        "body-too-large": (413, "The body is too large"),
        "media-type-unsupported": (415, "The media type is not supported"),
        "route-not-found": (404, "No such path"),
        "method-not-allowed": (405, "The path has no such HTTP method"),
        "request-timed-out": (408, "The request took too long to arrive"),
        "head-too-large": (431, "The request's head is too large"),
        "transfer-encoding-unsupported": (501, "The transfer encoding is not supported"),
        "http-version-unsupported": (505, "The version of HTTP is not supported"),
        "host-refused": (421, "The Host header is not one of this server"),
        "origin-refused": (403, "Requests from this origin are refused"),
        "scope-insufficient": (403, "More rights are needed"),
        "upgrade-required": (426, "This path is for websockets"),
        "live-full": (503, "There are too many live websockets"),
        "streams-exceeded": (429, "Too many streams are open"),
        "live-too-many": (429, "The websocket has too many open already"),
        "live-id-taken": (409, "The id is in use"),
        "live-id-unknown": (404, "Nothing open has this id"),
        "topic-not-found": (404, "No such topic"),
        "credit-exceeded": (429, "More was sent than was granted"),
        "sign-in-needed": (401, "Somebody has to sign in"),
        "token-invalid": (401, "The token is no good"),
        "token-not-found": (404, "No such token"),
        "token-exists": (409, "The token cannot be made"),
        "attempts-exceeded": (429, "Too many wrong tokens"),
    }
)

# The framework's own errors by status; what is not listed becomes `request-invalid` or `internal`.
_CODE_OF_STATUS: Final[Mapping[int, str]] = MappingProxyType(
    {
        404: "route-not-found",
        405: "method-not-allowed",
        408: "request-timed-out",
        413: "body-too-large",
        415: "media-type-unsupported",
    }
)

# What is refused before it is a request: only its status is known.
_UNPARSED: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        431: ("head-too-large", "The head of the request, or of a part of its body, is larger than 16 KiB."),
        501: ("transfer-encoding-unsupported", "The only transfer encoding here is chunked, once."),
        505: ("http-version-unsupported", "This server speaks HTTP/1.1."),
    }
)

# A full queue drains within the time of a call; one second keeps a polite client from asking in a loop.
RETRY_AFTER_SECONDS: Final = 1
_OVERLOADED: Final = 429
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Is the body of an HTTP error.

    Attributes:
        code: the stable code; the rest of the program knows the error by it.
        detail: what happened here, for people.
        location: where: a file with line or key, or None.
        hint: what to do about it, or None.
        extra: further members, JSON-compatible.
        headers: to be sent along.
    """

    code: str
    detail: str
    location: str | None = None
    hint: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status that belongs to the code."""
        return PROBLEMS[self.code][0]

    def as_json(self) -> dict[str, Any]:
        """Return the problem as a JSON-compatible object; what is not known is left out."""
        status, title = PROBLEMS[self.code]
        members: dict[str, Any] = {
            "type": _TYPE_PREFIX + self.code,
            "title": title,
            "status": status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.location is not None:
            members["location"] = self.location
        if self.hint is not None:
            members["hint"] = self.hint
        members.update(self.extra)
        return members

    def body(self) -> bytes:
        """Return the problem as it is sent."""
        return dump_json(self.as_json())


class ProblemError(Exception):
    """Carries a problem that only HTTP knows to where requests are answered."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem_of(error: BaseException) -> Problem | None:
    """Return the problem that an error is, or None for one that nobody raises on purpose: a bug, and a 500."""
    match error:
        case ProblemError():
            return error.problem
        case HostError():
            return _host_problem(error)
        case ProtocolError():
            return Problem(code=error.code, detail=str(error))
        case HTTPException():
            return _framework_problem(error)
        case BaseExceptionGroup():
            # A nursery wraps what its tasks raised; one bug among them makes the whole a bug.
            problems = [problem_of(part) for part in error.exceptions]
            return problems[0] if all(problems) else None
    return None


def unparsed_problem(status: int, detail: str | None = None) -> Problem:
    """Return what is told about bytes that are no request, by the status that fits; `detail` where more is known."""
    code, usual = _UNPARSED.get(
        status, ("request-invalid", "This is no HTTP/1.1 request; it needs one Host header among others.")
    )
    return Problem(code=code, detail=detail or usual)


def internal_problem() -> Problem:
    """Return what the client is told about a bug: that there is one. The log has the rest."""
    return Problem(
        code="internal",
        detail="The server failed in a way nobody foresaw. Its log has the details.",
        hint="please report it together with the log",
    )


def _host_problem(error: HostError) -> Problem:
    # An extension may derive its own errors with codes of their own; they are answered as their root is.
    codes = (str(getattr(cls, "code", "")) for cls in type(error).__mro__)
    code = next(code for code in codes if code in PROBLEMS)
    extra: dict[str, Any] = {}
    if error.details:
        extra["details"] = _sendable(error.details)
    if isinstance(error, CallFailedError):
        extra["error"] = {
            "status": error.status,
            "status_name": _status_name(error.status),
            "name": error.name,
            "message": error.message,
            "data": _sendable(error.data),
            "retryable": error.retryable,
        }
    headers: tuple[tuple[str, str], ...] = ()
    if PROBLEMS[code][0] == _OVERLOADED:
        headers = (("Retry-After", str(RETRY_AFTER_SECONDS)),)
    return Problem(
        code=code,
        detail=error.message,
        location=error.location,
        hint=error.hint,
        extra=extra,
        headers=headers,
    )


def _sendable(value: Any) -> Any:
    """Return a value, or its text when JSON has no form for it: telling of an error must not fail itself."""
    value = as_json(value)
    try:
        dump_json(value)
    except (TypeError, ValueError):
        return repr(value)
    return value


def _status_name(status: int) -> str | None:
    try:
        return Status(status).name
    except ValueError:
        return None


def _framework_problem(error: HTTPException) -> Problem:
    status = error.code or _SERVER_ERROR
    if status >= _SERVER_ERROR:
        return internal_problem()
    headers = tuple(
        (name, value)
        for name, value in error.get_headers()
        if name.lower() not in {"content-type", "content-length"}
    )
    detail, hint = error.description or error.name, None
    if isinstance(error, NotFound):
        detail = "There is nothing at this path."
        hint = "all paths begin with /api/ and have no slash at the end; GET /api/plugins lists the plugins"
    elif isinstance(error, WebsocketMismatch):
        detail = "There is no websocket at this path."
        hint = "the websocket is at /api/live; other paths are asked without the header Upgrade"
    elif isinstance(error, MethodNotAllowed):
        hint = f"allowed here: {', '.join(sorted(error.valid_methods or ()))}"
    return Problem(
        code=_CODE_OF_STATUS.get(status, "request-invalid"), detail=detail, hint=hint, headers=headers
    )
