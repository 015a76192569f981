"""All live websockets of a server: the way in, how many there may be, and how they are ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from quart_trio.asgi import TrioASGIWebsocketConnection

from hostweb_api._operations import check_scope
from hostweb_api._problems import PROBLEM_TYPE, Problem, ProblemError
from hostweb_api.live._call_audit import CallAudit
from hostweb_api.live._session import SESSION_ENDED, LiveSession
from hostweb_api.security._audit import AuditTrail
from hostweb_api.security._callers import Caller, Scope, caller_of
from hostweb_api.security._guard import SECURITY_HEADERS
from hostweb_api.serving._places import StreamPlaces

if TYPE_CHECKING:
    from quart_trio import QuartTrio

    from hostcore.host import HostControl
    from hostweb_api.live._topics import Topics
    from hostweb_api.serving._streams import OpenStreams

PATH: Final = "/api/live"

MAX_SOCKETS: Final = 64
"""Consoles and scripts of a team, of which one client has half at most; an eighth of the connections that the server takes."""

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class LiveSockets:
    """Opens live websockets, and can end those of a caller.

    Args:
        host: what they are about.
        topics: what can be followed.
        streams: ends them when the server stops.
        heartbeat: seconds of silence after which a client is told that the server is there.
        may_stay: whether a caller may still be here; asked about once a second.
        audit: keeps calls; by default nobody does.
        places: for all that clients have open; by default for websockets alone.
    """

    def __init__(
        self,
        host: HostControl,
        topics: Topics,
        streams: OpenStreams,
        *,
        heartbeat: float,
        may_stay: Callable[[Caller], bool] = lambda _: True,
        audit: AuditTrail | None = None,
        places: StreamPlaces | None = None,
    ) -> None:
        self._host = host
        self._topics = topics
        self._streams = streams
        self._heartbeat = heartbeat
        self._may_stay = may_stay
        self._audit = audit or AuditTrail()
        self._places = places or StreamPlaces()
        self._sessions: set[LiveSession] = set()

    def __repr__(self) -> str:
        return f"<LiveSockets open={len(self._sessions)}>"

    def end(self, concerned: Callable[[Caller], bool]) -> None:
        """End the websockets of those callers at once."""
        for session in tuple(self._sessions):
            if concerned(session.caller):
                session.end(SESSION_ENDED)

    def refusal_of(self, scope: Any) -> Problem | None:
        """Return why a websocket would be refused to a client right now, or None."""
        problem = self._refusal(scope, caller_of(scope))
        if problem is not None:
            return problem
        try:
            with self._places.taken(scope):
                return None
        except ProblemError as error:
            return error.problem

    async def serve(self, scope: Any, receive: Receive, send: Send) -> None:
        """Take one websocket from its upgrade to its end."""
        caller = caller_of(scope)
        problem = self._refusal(scope, caller)
        if problem is not None:
            await _refuse(problem, send)
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._places.taken(scope))
            except ProblemError as error:
                await _refuse(error.problem, send)
                return
            await self._serve(scope, receive, send, caller)

    async def _serve(self, scope: Any, receive: Receive, send: Send, caller: Caller) -> None:
        await receive()  # websocket.connect
        session = LiveSession(
            host=self._host,
            topics=self._topics,
            caller=caller,
            streams=self._streams,
            receive=receive,
            send=send,
            heartbeat=self._heartbeat,
            may_stay=self._may_stay,
            audit=CallAudit(self._audit, scope),
        )
        self._sessions.add(session)
        try:
            await send({"type": "websocket.accept", "headers": list(SECURITY_HEADERS)})
            await session.run()
        finally:
            self._sessions.discard(session)

    def _refusal(self, scope: Any, caller: Caller) -> Problem | None:
        if scope["query_string"]:
            return Problem(code="query-invalid", detail="This path takes no query.")
        try:
            check_scope(caller, Scope.VIEWER)
        except ProblemError as error:
            return error.problem
        if len(self._sessions) >= MAX_SOCKETS:
            return Problem(
                code="live-full",
                detail=f"There are {MAX_SOCKETS} live websockets, the most there may be.",
                hint="close a console that is not needed any more",
            )
        return None


class LiveConnection(TrioASGIWebsocketConnection):
    """Sends a websocket to where its path leads: the live one to `LiveSockets`, any other through the framework."""

    def __init__(self, sockets: LiveSockets, app: QuartTrio, scope: Any) -> None:
        super().__init__(app, scope)
        self._sockets = sockets

    async def __call__(self, receive: Any, send: Any) -> None:
        """Take the websocket to its end."""
        if self.scope["path"] == PATH:
            await self._sockets.serve(self.scope, receive, send)
        else:
            await super().__call__(receive, send)


async def _refuse(problem: Problem, send: Send) -> None:
    body = problem.body()
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers),
        *SECURITY_HEADERS,
    ]
    await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
