"""Which message is legal when, and where it leads: the whole state machine of a connection, as tables.

The rules:

1. The plugin's hello is the first message of a connection. Before it the plugin may only log (and print stray
   text), and the host says nothing.
2. The host answers with its own hello. Only then is the connection open; the plugin may log in between.
3. In an open connection both sides may call, answer, and send what belongs to a call. Only plugins log.
4. What belongs to a feature is legal only if both hellos listed that feature. A plugin's requests are such: `reverse`.
5. When the peer's bytes have ended, a host has nothing left to say. A plugin may still answer, send items and log,
   for its output can be read until it exits.
6. After a violation by the peer nothing is legal any more; there is no way back.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hostcore.protocol._messages import (
    Cancel,
    Credit,
    Data,
    End,
    Feature,
    HostHello,
    Log,
    PluginHello,
    Progress,
    Request,
    Response,
    Role,
    UnknownNotification,
)


class ConnectionState(enum.Enum):
    """Names the states of one side of a connection."""

    AWAIT_HELLO = "await-hello"
    SEND_HELLO = "send-hello"
    OPEN = "open"
    ENDED = "ended"
    ERROR = "error"


class Turn(enum.Enum):
    """Names what moves a connection besides hellos."""

    INPUT_ENDED = "input-ended"
    VIOLATED = "violated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Legal:
    """Says which messages one side may receive and send in one state."""

    receive: frozenset[type] = frozenset()
    send: frozenset[type] = frozenset()


_NOTHING: Final[frozenset[type]] = frozenset()
_LOG: Final[frozenset[type]] = frozenset({Log})
# A notification that this version does not know is legal wherever any notification is: newer peers may send it.
_UNKNOWN: Final[frozenset[type]] = frozenset({UnknownNotification})
_CALLS: Final[frozenset[type]] = frozenset({Request, Response, Cancel, Progress, Data, End, Credit})
_ANSWERS: Final[frozenset[type]] = frozenset({Response, Progress, Data, Log})

_HOST, _PLUGIN = Role.HOST, Role.PLUGIN
_AWAIT, _SEND, _OPEN = ConnectionState.AWAIT_HELLO, ConnectionState.SEND_HELLO, ConnectionState.OPEN
_ENDED, _ERROR = ConnectionState.ENDED, ConnectionState.ERROR

LEGAL: Final[Mapping[tuple[Role, ConnectionState], Legal]] = {
    (_HOST, _AWAIT): Legal(receive=frozenset({PluginHello}) | _LOG | _UNKNOWN, send=_NOTHING),
    (_HOST, _SEND): Legal(receive=_LOG | _UNKNOWN, send=frozenset({HostHello})),
    (_HOST, _OPEN): Legal(receive=_CALLS | _LOG | _UNKNOWN, send=_CALLS),
    (_HOST, _ENDED): Legal(),
    (_HOST, _ERROR): Legal(),
    (_PLUGIN, _SEND): Legal(receive=_NOTHING, send=frozenset({PluginHello}) | _LOG),
    (_PLUGIN, _AWAIT): Legal(receive=frozenset({HostHello}), send=_LOG),
    (_PLUGIN, _OPEN): Legal(receive=_CALLS | _UNKNOWN, send=_CALLS | _LOG),
    (_PLUGIN, _ENDED): Legal(send=_ANSWERS),
    (_PLUGIN, _ERROR): Legal(),
}

FIRST: Final[Mapping[Role, ConnectionState]] = {_HOST: _AWAIT, _PLUGIN: _SEND}

NEXT: Final[Mapping[tuple[Role, ConnectionState, type | Turn], ConnectionState]] = {
    (_HOST, _AWAIT, PluginHello): _SEND,
    (_HOST, _SEND, HostHello): _OPEN,
    (_PLUGIN, _SEND, PluginHello): _AWAIT,
    (_PLUGIN, _AWAIT, HostHello): _OPEN,
} | {
    (role, state, turn): target
    for role in (_HOST, _PLUGIN)
    for state in (_AWAIT, _SEND, _OPEN, _ENDED)
    for turn, target in ((Turn.INPUT_ENDED, _ENDED), (Turn.VIOLATED, _ERROR))
}

FEATURE_OF: Final[Mapping[type, Feature]] = {
    Cancel: Feature.CANCEL,
    Progress: Feature.PROGRESS,
    Data: Feature.STREAMS,
    End: Feature.STREAMS,
    Credit: Feature.STREAMS,
}
