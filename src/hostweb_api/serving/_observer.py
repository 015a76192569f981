"""Sees each request come and its answer go: gives it an id, writes the access log, and tells the audit trail."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from hostweb_api._request_facts import RequestFacts, begin_facts
from hostweb_api.security._audit import AuditTrail
from hostweb_api.security._audit_file import AuditRecord, Outcome
from hostweb_api.security._callers import Caller, caller_of
from hostweb_api.security._door import address_of
from hostweb_api.security._names import is_machine_name

ACCESS_LOG: Final = "hostweb_api.access"

_log = logging.getLogger(ACCESS_LOG)

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

# Whoever gets these may not do what they asked for, or is not known.
_REFUSED: Final = frozenset({401, 403, 421})
_TOO_MANY_ATTEMPTS: Final = "attempts-exceeded"
_FIRST_ERROR: Final = 400
_SWITCHED: Final = 101
_STARTS: Final = frozenset({"http.response.start", "websocket.http.response.start"})
# A path may be as long as a request's head.
_LONGEST_PATH: Final = 512


class Observer:
    """Is ASGI middleware around all else.

    Args:
        app: what answers.
        audit: is told of changes and refusals.
        hsts_seconds: how long browsers are to use nothing but TLS for a name that they have reached by TLS.
    """

    def __init__(self, app: AsgiApp, audit: AuditTrail, *, hsts_seconds: int) -> None:
        self._app = app
        self._audit = audit
        self._hsts = (b"strict-transport-security", b"max-age=%d" % hsts_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the request's id and what holds for the connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        facts = begin_facts(scope)
        added = [(b"x-request-id", facts.request_id.encode())]
        if scope["scheme"] == "https" and is_machine_name(scope["headers"]):
            added.append(self._hsts)
        status = 0
        began = time.perf_counter()

        async def pass_on(message: Any) -> None:
            nonlocal status
            if message["type"] in _STARTS:
                status = message["status"]
                message["headers"] = [*message["headers"], *added]
            elif message["type"] == "websocket.accept":
                status = _SWITCHED
            await send(message)

        try:
            await self._app(scope, receive, pass_on)
        finally:
            # Also when the client has gone: what was begun for it may be done all the same.
            self._note(scope, facts, status, time.perf_counter() - began)

    def _note(self, scope: Scope, facts: RequestFacts, status: int, seconds: float) -> None:
        is_refused = status in _REFUSED or facts.problem == _TOO_MANY_ATTEMPTS
        if facts.is_change or is_refused:
            self._audit.note(record_of(scope, facts, status, is_refused=is_refused))
        if _log.isEnabledFor(logging.INFO):
            _write_line(scope, facts, status, seconds)


def record_of(scope: Scope, facts: RequestFacts, status: int, *, is_refused: bool) -> AuditRecord:
    """Return what the audit trail keeps of a request.

    Args:
        scope: of the request.
        facts: what was noted about it; a problem means that it has failed, also when the answer had begun well.
        status: of the answer, or 0.
        is_refused: whether whoever sent it may not do what they asked for.
    """
    caller = caller_of(scope)
    outcome = Outcome.DONE if 0 < status < _FIRST_ERROR and not facts.problem else Outcome.FAILED
    return AuditRecord(
        at=time.time(),
        outcome=Outcome.REFUSED if is_refused else outcome,
        caller=caller.name,
        kind=caller.kind.value,
        token_id=caller.token_id,
        address=address_of(scope),
        operation=facts.operation,
        target=facts.target,
        method=scope.get("method", "GET"),
        path=_path(scope),
        status=status,
        problem=facts.problem,
        call=facts.call,
        request_id=facts.request_id,
    )


def _path(scope: Scope) -> str:
    """Return the path in a form that no log and no terminal stumbles over."""
    path = scope["path"][:_LONGEST_PATH]
    return path if path.isprintable() else ascii(path)[1:-1]


def _write_line(scope: Scope, facts: RequestFacts, status: int, seconds: float) -> None:
    caller: Caller = caller_of(scope)
    fields = {
        "request": facts.request_id,
        "method": scope.get("method", "GET"),
        "path": _path(scope),
        "operation": facts.operation or None,
        "status": status,
        "problem": facts.problem or None,
        "duration_ms": round(seconds * 1000, 3),
        "caller": caller.name,
        "address": address_of(scope),
    }
    _log.info(
        "%s %s %s %.1f ms %s %s %s",
        *(fields["method"], fields["path"], status or "-", seconds * 1000),
        *(caller.name, fields["address"], facts.request_id),
        extra={"fields": fields},
    )
