"""Places for answers that go on: so many for each client, so that none of them takes all connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from hostweb_api._problems import Problem, ProblemError
from hostweb_api._settings import STREAMS_PER_CLIENT
from hostweb_api.security._attempts import network_of
from hostweb_api.security._callers import caller_of
from hostweb_api.security._door import address_of

MAX_STREAMS: Final = 384
"""Of all clients: three quarters of the connections that a server takes; the others are for requests with an answer."""


class StreamPlaces:
    """Knows how many streams each client has open: live websockets, events, logs and traffic that are followed.

    A client is a token with the sessions that were opened with it, or where nobody has shown one an address: a whole /64
    in IPv6. Calls are none of them: they have a deadline, and plugins bound how many there are.

    Args:
        each: the most of one client.
    """

    def __init__(self, each: int = STREAMS_PER_CLIENT) -> None:
        self._each = each
        self._taken: Counter[tuple[str, str]] = Counter()

    def __repr__(self) -> str:
        return f"<StreamPlaces taken={self._taken.total()} clients={len(self._taken)}>"

    @contextmanager
    def taken(self, scope: Mapping[str, Any]) -> Iterator[None]:
        """Hold a place for a request, or a websocket, while the block runs.

        Raises:
            ProblemError: there is none, which is known before anything of the block has run.
        """
        client = _client_of(scope)
        if self._taken[client] >= self._each:
            raise ProblemError(_too_many_of(client[0], self._each))
        if self._taken.total() >= MAX_STREAMS:
            raise ProblemError(
                Problem(
                    code="streams-exceeded",
                    detail=f"All clients together have {MAX_STREAMS} streams open, the most there may be.",
                    hint="try again later, or end streams that are not needed any more",
                )
            )
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]


def _client_of(scope: Mapping[str, Any]) -> tuple[str, str]:
    caller = caller_of(scope)
    return ("token", caller.token_id) if caller.token_id else ("address", network_of(address_of(scope)))


def _too_many_of(what: str, most: int) -> Problem:
    return Problem(
        code="streams-exceeded",
        detail=f"This {what} has {most} {'stream' if most == 1 else 'streams'} open, the most that one client may have.",
        hint="close what is not needed any more: one live websocket tells everything; server.streams_per_client sets the limit",
    )
