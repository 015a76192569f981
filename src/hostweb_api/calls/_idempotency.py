"""Requests that are repeated without harm, by their Idempotency-Key: done once, answered as often as they come.

The header is that of the IETF draft `idempotency-key-header`: a client that does not know whether its request has arrived
sends it again with the same key.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import trio
from quart.wrappers.response import DataBody, Response

from hostweb_api._problems import Problem, ProblemError, internal_problem, problem_of
from hostweb_api._responses import problem_response

if TYPE_CHECKING:
    from hostweb_api.security._callers import Caller

KEPT_SECONDS: Final = 24 * 3600.0
"""As long as clients repeat requests: a day, as services of the kind have it."""

REPLAYED: Final = "Idempotency-Replayed"
"""The header of an answer that was given before."""

MAX_KEPT: Final = 1000
MAX_KEPT_BYTES: Final = 32 * 1024 * 1024
"""Answers of a busy hour; beyond either bound the oldest one is forgotten."""

# A UUID, or what else is unique, with or without the quotes that the draft demands; printable ASCII.
_KEY: Final = re.compile(r'"([!#-\[\]-~]{1,255})"|([!#-\[\]-~]{1,255})')

_NOT_BEGUN: Final = frozenset(
    {
        "plugin-not-found",
        "method-not-found",
        "params-invalid",
        "plugin-overloaded",
        "call-refused",
        "host-closed",
        "dependency-unmet",
        "launch-failed",
        "handshake-failed",
        "plugin-incompatible",
        "msgpack-invalid",
        "json-invalid",
        "body-invalid",
        "body-too-large",
        "query-invalid",
        "request-timed-out",
    }
)
"""Codes of what went wrong before the plugin had to do with it: the same request may be tried anew."""

_NOT_RUNNING: Final = "plugin-unavailable"
"""Is the same of a plugin that did not run; one that did may have been stopped in the midst of the call."""


@dataclass(kw_only=True, slots=True)
class _Kept:
    """Is one request that was made with a key.

    Attributes:
        fingerprint: what it was.
        until: when it is forgotten.
        done: set when it has its answer, or is to be tried anew.
        answer: status, content type and body, once there is one.
    """

    fingerprint: bytes
    until: float
    done: trio.Event = field(default_factory=trio.Event)
    answer: tuple[int, str, bytes] | None = None

    @property
    def size(self) -> int:
        return 0 if self.answer is None else len(self.answer[2])


class Repeats:
    """Remembers the answers to requests with a key, for each caller on their own; in memory, so until the server ends.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._bytes = 0

    def __repr__(self) -> str:
        return f"<Repeats kept={len(self._kept)} bytes={self._bytes}>"

    async def once(
        self,
        header: str,
        *,
        caller: Caller,
        parts: tuple[bytes, ...],
        make: Callable[[], Awaitable[Response]],
        is_running: bool,
    ) -> Response:
        """Answer a request, or answer it again as it was answered.

        One that comes while the first is being worked on waits for its answer.

        Args:
            header: the Idempotency-Key.
            caller: who sends it; the keys of others are not looked at.
            parts: what makes the request: with the same key all of them have to be the same.
            make: answers it the first time; what it raises is its answer, too.
            is_running: whether the plugin runs now.

        Raises:
            ProblemError: the key is none, or was used for another request.
        """
        place = (f"{caller.kind}:{caller.token_id or caller.name}", _key_of(header))
        fingerprint = _fingerprint(parts)
        while (known := self._find(place)) is not None:
            if known.fingerprint != fingerprint:
                raise ProblemError(
                    Problem(
                        code="idempotency-key-reused",
                        detail="This Idempotency-Key came with another request before.",
                        hint="use a new key for each request, and the same one only to repeat it",
                    )
                )
            await known.done.wait()
            if known.answer is not None:
                status, content_type, body = known.answer
                headers = {REPLAYED: "true"}
                return Response(body, status, headers, content_type=content_type)
            # It came to nothing: this one is the first now, unless another one was quicker.
        kept = _Kept(fingerprint=fingerprint, until=self._clock() + KEPT_SECONDS)
        return await self._make(
            place, kept, make, harmless=_NOT_BEGUN if is_running else _NOT_BEGUN | {_NOT_RUNNING}
        )

    async def _make(
        self,
        place: tuple[str, str],
        kept: _Kept,
        make: Callable[[], Awaitable[Response]],
        *,
        harmless: frozenset[str],
    ) -> Response:
        self._kept[place] = kept
        is_answered = False
        try:
            try:
                response = await make()
            except Exception as error:
                problem = problem_of(error)
                if problem is not None and problem.code in harmless:
                    raise
                # A bug, too, may have come after the plugin did its work.
                response = problem_response(problem or internal_problem())
                self._keep(place, kept, response)
                is_answered = True
                raise
            self._keep(place, kept, response)
            is_answered = True
            return response
        finally:
            if not is_answered and self._kept.get(place) is kept:
                del self._kept[place]
            kept.done.set()
            self._forget()

    def _keep(self, place: tuple[str, str], kept: _Kept, response: Response) -> None:
        body = cast("DataBody", response.response).data
        kept.answer = (response.status_code, response.headers["Content-Type"], bytes(body))
        if self._kept.get(place) is kept:
            self._bytes += kept.size

    def _find(self, place: tuple[str, str]) -> _Kept | None:
        known = self._kept.get(place)
        if known is not None and known.done.is_set() and known.until <= self._clock():
            self._drop(place)
            return None
        return known

    def _forget(self) -> None:
        """Keep within the bounds; what is being worked on stays."""
        now = self._clock()
        for place in [each for each, kept in self._kept.items() if kept.done.is_set()]:
            is_full = len(self._kept) > MAX_KEPT or self._bytes > MAX_KEPT_BYTES
            if not is_full and self._kept[place].until > now:
                break
            self._drop(place)

    def _drop(self, place: tuple[str, str]) -> None:
        self._bytes -= self._kept.pop(place).size


def _key_of(header: str) -> str:
    found = _KEY.fullmatch(header.strip())
    if found is None:
        raise ProblemError(
            Problem(
                code="idempotency-key-invalid",
                detail="The Idempotency-Key is not one text of 1 to 255 printable characters without blanks.",
                hint='send a new UUID for each request: Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"',
            )
        )
    return found[1] or found[2]


def _fingerprint(parts: tuple[bytes, ...]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
