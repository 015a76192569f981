"""How one request and its response pass between the server and the app."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self, cast

import trio
from quart.utils import encode_headers
from quart.wrappers.response import DataBody, Response, ResponseBody
from quart_trio.asgi import TrioASGIHTTPConnection

from hostweb_api._problems import Problem, internal_problem, problem_of
from hostweb_api._request_facts import facts_of
from hostweb_api._responses import problem_response
from hostweb_api._settings import METHODS_THAT_LOOK
from hostweb_api.security._callers import Caller, CallerKind, caller_of
from hostweb_api.security._guard import SECURITY_HEADERS
from hostweb_api.serving._inbox import INBOX
from hostweb_api.serving._stay import Stay

if TYPE_CHECKING:
    from quart_trio import QuartTrio
    from werkzeug.wrappers import Response as WerkzeugResponse

    from hostweb_api.serving._body import ApiRequest
    from hostweb_api.serving._inbox import Inbox
    from hostweb_api.serving._places import StreamPlaces
    from hostweb_api.serving._streams import OpenStreams

_log = logging.getLogger(__name__)

_GONE: Final = Problem(
    code="token-invalid", detail="The token or the session has ended before there was an answer."
)
_CUT_OFF: Final = Problem(
    code="host-closed",
    detail="The server stops and could not wait for this any longer; it may have been done in part.",
    hint="look at what has become of it before you ask for it again",
)

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class LiveBody(ResponseBody):
    """Is a response body whose beginning may still refuse, before the head of the response is sent.

    It is entered, begun, iterated and left by one task. No generator: what it opens is closed at once when the
    client goes away, and cancel scopes nest.

    Attributes:
        reads_request: whether it still reads the request's body.
        is_endless: whether it goes on until somebody ends it. Then it ends like any other when its client may not be here
            any more; one that has an end of its own is cut off, so that nobody takes a part for the whole.
    """

    reads_request: bool = False
    is_endless: bool = False

    async def begin(self) -> bytes:
        """Return the first bytes, may be empty; what it raises is answered as a problem."""
        return b""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes."""
        raise StopAsyncIteration


class ApiConnection(TrioASGIHTTPConnection):
    """Takes one request through the app; the client's leaving cancels the handler.

    Args:
        stays: whether somebody who came in is still who they were; asked again and again while an answer goes on.
        streams: cuts off the work on a request that is not done when the server can wait no longer.
        places: for answers that go on until somebody ends them.
        app: what answers.
        scope: the request.
    """

    def __init__(
        self,
        stays: Callable[[Caller], bool],
        streams: OpenStreams,
        places: StreamPlaces,
        app: QuartTrio,
        scope: Any,
    ) -> None:
        super().__init__(app, scope)
        self._stays = stays
        self._streams = streams
        self._places = places

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Answer the request."""
        try:
            request = cast("ApiRequest", self._create_request_from_scope(send))
        except (ValueError, IndexError):
            # The path is neither a path nor an address.
            await self._send_problem(
                send, Problem(code="request-invalid", detail="The request target is no path.")
            )
            return
        inbox = cast("Inbox | None", (self.scope.get("extensions") or {}).get(INBOX))
        if inbox is None:
            # Another server, or the framework's test client: messages have to be asked for.
            async with trio.open_nursery() as nursery:
                take = partial(_take, nursery.cancel_scope, request)
                nursery.start_soon(_pump, receive, take)
                await self._answer(request, send)
                nursery.cancel_scope.cancel()
            return
        with trio.CancelScope() as scope:
            await inbox.push_to(partial(_take, scope, request))
            response = None
            was_cut = False
            self._streams.begin_work(scope)
            try:
                response = cast("Response", await self.app.handle_request(request))
            finally:
                was_cut = self._streams.end_work(scope)
            await self._send_answer(request, send, response)
        if was_cut and response is None and self.scope["method"] not in METHODS_THAT_LOOK:
            request.body.discard()
            await self._send_problem(send, _CUT_OFF)

    async def _answer(self, request: ApiRequest, send: Send) -> None:
        await self._send_answer(request, send, cast("Response", await self.app.handle_request(request)))

    async def _send_answer(self, request: ApiRequest, send: Send, response: Response) -> None:
        body = response.response
        if not (isinstance(body, LiveBody) and body.reads_request):
            # From here on nobody reads the request's body; a sender that waits for room must not block the answer.
            request.body.discard()
        if isinstance(body, DataBody):
            await _send_whole(send, response)
        elif isinstance(body, LiveBody):
            await self._send_watched(send, response, body)
            request.body.discard()
        else:
            await self._send_response(send, response)

    async def _send_watched(self, send: Send, response: Response, body: LiveBody) -> None:
        """Send an answer that goes on, for as long as its client may be here."""
        caller = caller_of(cast("dict[str, Any]", self.scope))
        stay = Stay(lambda: self._stays(caller))
        if caller.kind in {CallerKind.LOCAL, CallerKind.NOBODY}:  # they have nothing that could end
            await self._send_live(send, response, body, stay)
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stay.watch)
            await self._send_live(send, response, body, stay)
            nursery.cancel_scope.cancel()

    async def _send_live(self, send: Send, response: Response, body: LiveBody, stay: Stay) -> None:
        begun = False
        try:
            # What the body follows is there already, and let go by leaving it, also when there is no place for it.
            async with body:
                with self._place_of(body):
                    first = await stay.wait(body.begin)
                    if first is not None:
                        begun = True
                        await _send_head(send, response)
                        # HEAD asks for the head alone, not to wait for what comes.
                        if self.scope["method"] != "HEAD":
                            await send({"type": "http.response.body", "body": first, "more_body": True})
                            await _send_rest(send, body, stay)
            if not begun:
                await self._send_problem(send, _GONE)
                return
            if stay.is_over and not body.is_endless:
                _log.info(
                    "The answer to %s was cut off: its client may not get it any more", self.scope["path"]
                )
                return
            # Only now: who sees the end of the answer may rely on it that nothing of it is left.
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception as error:
            problem = problem_of(error)
            if begun:
                # The head is out; all that is left is to end the connection without an end of the body.
                if problem is None:
                    raise
                _log.info("The answer to %s was cut off: %s", self.scope["path"], problem.detail)
                return
            if problem is None:
                _log.exception("The answer to %s %s failed", self.scope["method"], self.scope["path"])
                problem = internal_problem()
            await self._send_problem(send, problem)

    def _place_of(self, body: LiveBody) -> AbstractContextManager[None]:
        if not body.is_endless:
            return nullcontext()
        return self._places.taken(cast("dict[str, Any]", self.scope))

    async def _send_problem(self, send: Send, problem: Problem) -> None:
        facts_of(cast("dict[str, Any]", self.scope)).problem = problem.code
        await _send_whole(send, problem_response(problem))


async def _send_rest(send: Send, body: LiveBody, stay: Stay) -> None:
    """Send what comes, until it ends or its client may not be here any more."""
    with suppress(StopAsyncIteration):
        while (data := await stay.wait(body.__anext__)) is not None:
            await send({"type": "http.response.body", "body": data, "more_body": True})


async def _pump(receive: Receive, take: Callable[[Any], Awaitable[None]]) -> None:
    while True:
        await take(await receive())


async def _take(scope: trio.CancelScope, request: ApiRequest, message: Any) -> None:
    """Act on a message of the server: more of the body, or that the client has gone."""
    if message["type"] == "http.request":
        await request.body.put(message.get("body", b""))
        if not message.get("more_body", False):
            request.body.finish()
    elif message["type"] == "http.disconnect" and not request.outlives_client:
        scope.cancel()


async def _send_whole(send: Send, response: Response) -> None:
    await _send_head(send, response)
    body = cast("DataBody", response.response)
    await send({"type": "http.response.body", "body": body.data, "more_body": False})


async def _send_head(send: Send, response: Response | WerkzeugResponse) -> None:
    headers = response.headers
    # A page says itself what it may load.
    security = [each for each in SECURITY_HEADERS if each[0].decode() not in headers]
    await send(
        {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": [*encode_headers(headers), *security],
        }
    )
