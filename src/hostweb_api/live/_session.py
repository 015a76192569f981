"""One client of the live websocket: what it asks for, what it is told, and how it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import trio

from hostcore.errors import HostError
from hostweb_api._json import dump_json
from hostweb_api._operations import check_scope
from hostweb_api._problems import Problem, ProblemError, problem_of
from hostweb_api.live._call import HeldBytes, LiveCall
from hostweb_api.live._messages import (
    MAX_ID,
    PROTOCOL,
    CallCancel,
    CallCredit,
    CallEnd,
    CallOpen,
    CallSend,
    ClientMessage,
    Ping,
    Subscribe,
    Unsubscribe,
    check_message,
    read_message,
)
from hostweb_api.live._subscription import LiveSubscription
from hostweb_api.security._callers import Caller, Scope
from hostweb_api.serving._websocket import MAX_MESSAGE

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostweb_api.live._call_audit import CallAudit
    from hostweb_api.live._topics import Topics
    from hostweb_api.serving._streams import OpenStreams

_log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_SUBSCRIPTIONS: Final = 32
"""A page shows a few lists at a time; some tabs may share a websocket."""

MAX_CALLS: Final = 32
"""As many calls as a plugin works on at once by default."""

MAX_HELD: Final = 2 * MAX_MESSAGE
"""Bytes of items that wait for plugins: two messages of the largest size, or many small ones."""

SLOW_SECONDS: Final = 10.0
"""For a client to take one message; a browser's page that sleeps in the background takes them all the same."""

CHECK_SECONDS: Final = 1.0
"""How soon a client that is too slow, or may not be here any more, is let go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """Is why the server closes a websocket."""

    code: int
    reason: str


STOPPING: Final = Ending(code=1001, reason="server-stopping")
FAILED: Final = Ending(code=1011, reason="internal")
SESSION_ENDED: Final = Ending(code=4001, reason="session-ended")
TOO_SLOW: Final = Ending(code=4002, reason="too-slow")


class LiveSession:
    """Serves one client until it or the server ends the websocket.

    Args:
        host: what it is about.
        topics: what can be followed.
        caller: who the client is.
        streams: ends it when the server stops.
        receive: returns the next message of the websocket, as ASGI has it.
        send: sends one.
        heartbeat: seconds of silence after which the client is told that the server is there.
        may_stay: whether the caller is still who they were; asked about once a second.
        audit: keeps calls.
    """

    def __init__(
        self,
        *,
        host: HostControl,
        topics: Topics,
        caller: Caller,
        streams: OpenStreams,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
        heartbeat: float,
        may_stay: Callable[[Caller], bool],
        audit: CallAudit,
    ) -> None:
        self.caller = caller
        self._host = host
        self._topics = topics
        self._streams = streams
        self._receive = receive
        self._send = send
        self._heartbeat = heartbeat
        self._may_stay = may_stay
        self._audit = audit
        self._subscriptions: dict[str, LiveSubscription] = {}
        self._calls: dict[str, LiveCall] = {}
        self._held = HeldBytes(MAX_HELD)
        # Without a buffer: whoever has something to say waits until the client has taken what was said before.
        self._out, self._outgoing = trio.open_memory_channel[bytes](0)
        self._writing_since: float | None = None
        self._wrote_at = trio.current_time()
        self._work = trio.CancelScope()
        self._ending: Ending | None = None
        self._has_gone = False
        self._nursery: trio.Nursery

    def __repr__(self) -> str:
        return f"<LiveSession of {self.caller.name} subscriptions={len(self._subscriptions)} calls={len(self._calls)}>"

    def end(self, ending: Ending) -> None:
        """Close the websocket; what is under way is cancelled."""
        self._ending = self._ending or ending
        self._work.cancel()

    async def run(self) -> None:
        """Serve the client; returns when the websocket has ended."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._serve)
            async with self._outgoing:
                async for text in self._outgoing:
                    self._writing_since = trio.current_time()
                    await self._send({"type": "websocket.send", "text": text.decode()})
                    self._writing_since, self._wrote_at = None, trio.current_time()
        if not self._has_gone:
            ending = self._ending or FAILED
            await self._send({"type": "websocket.close", "code": ending.code, "reason": ending.reason})

    async def say(self, text: bytes) -> None:
        """Send a message; waits while the client does not read."""
        await self._out.send(text)

    # -- the server's side

    async def _serve(self) -> None:
        try:
            with self._streams.wait() as stopping, self._work:
                async with trio.open_nursery() as self._nursery:
                    self._nursery.start_soon(self._watch)
                    await self.say(dump_json(self._hello()))
                    await self._listen()
                    self._nursery.cancel_scope.cancel()
            if stopping.cancelled_caught or self._streams.is_closed:
                self._ending = self._ending or STOPPING
        except Exception:  # noqa: BLE001 - the boundary of a client: the others go on
            self._ending = FAILED
            _log.exception("A live websocket failed")
        finally:
            self._out.close()

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "protocol": PROTOCOL,
            "version": self._host.version,
            "run": self._host.run_id,
            "started_at": self._host.started_at,
            "last_event": self._last_event(),
            "caller": {"name": self.caller.name, "scope": self.caller.scope},
            "topics": self._topics.names,
            "limits": {
                "message_bytes": MAX_MESSAGE,
                "subscriptions": MAX_SUBSCRIPTIONS,
                "calls": MAX_CALLS,
                "heartbeat_seconds": self._heartbeat,
            },
        }

    def _last_event(self) -> str:
        return f"{self._host.run_id}-{self._host.last_event}"

    async def _watch(self) -> None:
        """Let go whom it does not serve to keep; tell the others now and then that the server is there."""
        while True:
            await trio.sleep(min(CHECK_SECONDS, self._heartbeat / 2))
            now = trio.current_time()
            if not self._may_stay(self.caller):
                self.end(SESSION_ENDED)
            elif self._writing_since is not None:
                if now - self._writing_since >= SLOW_SECONDS:
                    self.end(TOO_SLOW)
            elif now - self._wrote_at >= self._heartbeat:
                heartbeat = {"type": "heartbeat", "at": time.time(), "last_event": self._last_event()}
                with suppress(trio.WouldBlock):  # something else is about to be said
                    self._out.send_nowait(dump_json(heartbeat))

    # -- the client's side

    async def _listen(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._has_gone = True
                return
            if message["type"] == "websocket.receive":
                await self._take(message["text"])

    async def _take(self, text: str) -> None:
        data: Any = None
        try:
            data = read_message(text)
            await self._obey(check_message(data), size=len(text))
        except (HostError, ProblemError) as error:
            problem = problem_of(error)
            assert problem is not None  # noqa: S101 - there is one for each of these
            members = data if isinstance(data, dict) else {}
            answer = {
                "type": "error",
                "about": _word(members.get("type")),
                "id": _word(members.get("id")),
                "problem": problem.as_json(),
            }
            await self.say(dump_json(answer))

    async def _obey(self, message: ClientMessage, *, size: int) -> None:
        match message:
            case Subscribe():
                self._subscribe(message)
            case Unsubscribe():
                _known(self._subscriptions, message.id, "subscription").cancel()
            case Ping():
                pong = {"type": "pong"} if message.id is None else {"type": "pong", "id": message.id}
                await self.say(dump_json(pong))
            case CallOpen():
                self._open_call(message)
            case CallSend():
                self._call(message.id).send(message.item, size)
            case CallEnd():
                self._call(message.id).end()
            case CallCancel():
                self._call(message.id).cancel()
            case CallCredit():
                self._call(message.id).grant(message.credit)

    def _subscribe(self, message: Subscribe) -> None:
        _check_free(self._subscriptions, message.id, "subscription", MAX_SUBSCRIPTIONS)
        topic = self._topics.find(message.topic)
        check_scope(self.caller, topic.scope)
        source = topic.open(message.filter, message.after)
        subscription = LiveSubscription(
            message.id, message.topic, source, say=self.say, quiet=self._heartbeat
        )
        self._subscriptions[message.id] = subscription
        self._nursery.start_soon(partial(self._run, self._subscriptions, subscription))

    def _open_call(self, message: CallOpen) -> None:
        try:
            check_scope(self.caller, Scope.OPERATOR)
        except ProblemError as error:
            self._audit.refused(message, error.problem)
            raise
        _check_free(self._calls, message.id, "call", MAX_CALLS)
        call = LiveCall(
            self._host,
            message,
            caller=self.caller.name,
            say=self.say,
            held=self._held,
            ended=self._audit.ended,
        )
        self._calls[message.id] = call
        self._nursery.start_soon(partial(self._run, self._calls, call))

    async def _run(self, among: dict[str, Any], each: LiveSubscription | LiveCall) -> None:
        try:
            await each.run()
        finally:
            del among[each.name]

    def _call(self, name: str) -> LiveCall:
        return _known(self._calls, name, "call")


def _known(among: dict[str, T], name: str, what: str) -> T:
    found = among.get(name)
    if found is None:
        raise ProblemError(
            Problem(
                code="live-id-unknown",
                detail=f"There is no open {what} with the id {name!r}.",
                hint="it may have ended meanwhile",
            )
        )
    return found


def _check_free(among: dict[str, Any], name: str, what: str, limit: int) -> None:
    if name in among:
        raise ProblemError(
            Problem(code="live-id-taken", detail=f"There is an open {what} with the id {name!r} already.")
        )
    if len(among) >= limit:
        raise ProblemError(
            Problem(
                code="live-too-many",
                detail=f"This websocket has {limit} open {what}s, the most it may have.",
                hint=f"end a {what} that is not needed any more",
            )
        )


def _word(value: Any) -> str | None:
    """Return what a client has sent where a word belongs, if it is one."""
    return value if isinstance(value, str) and len(value) <= MAX_ID else None
