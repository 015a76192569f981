"""The life of a connection, as a table."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final


class Role(enum.Enum):
    """Says which side of a connection this is."""

    CLIENT = "client"
    SERVER = "server"


class ConnectionState(enum.Enum):
    """Names the states of one side of a connection, as far as it has heard the other."""

    AWAIT_PREFACE = "await-preface"
    AWAIT_SETTINGS = "await-settings"
    OPEN = "open"
    ENDED = "ended"
    ERROR = "error"


class ConnectionTurn(enum.Enum):
    """Names what moves a connection."""

    PREFACE = "preface"
    SETTINGS = "settings"
    INPUT_ENDED = "input-ended"
    VIOLATED = "violated"


FIRST_STATE: Final[Mapping[Role, ConnectionState]] = {
    Role.CLIENT: ConnectionState.AWAIT_SETTINGS,
    Role.SERVER: ConnectionState.AWAIT_PREFACE,
}

# A server's first word is its SETTINGS; a client's is the preface, and its SETTINGS the second. There is no way back
# from the end and none out of an error.
NEXT_STATE: Final[Mapping[tuple[ConnectionState, ConnectionTurn], ConnectionState]] = {
    (ConnectionState.AWAIT_PREFACE, ConnectionTurn.PREFACE): ConnectionState.AWAIT_SETTINGS,
    (ConnectionState.AWAIT_SETTINGS, ConnectionTurn.SETTINGS): ConnectionState.OPEN,
    (ConnectionState.OPEN, ConnectionTurn.SETTINGS): ConnectionState.OPEN,
} | {
    (state, turn): target
    for state in (ConnectionState.AWAIT_PREFACE, ConnectionState.AWAIT_SETTINGS, ConnectionState.OPEN)
    for turn, target in (
        (ConnectionTurn.INPUT_ENDED, ConnectionState.ENDED),
        (ConnectionTurn.VIOLATED, ConnectionState.ERROR),
    )
}
