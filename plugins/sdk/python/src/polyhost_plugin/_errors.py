"""What goes wrong with a call, and the numbers that say so on the wire."""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from typing import Any


# Codes of JSON-RPC 2.0 that the protocol uses.
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602

# Codes of gRPC.
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class PluginError(Exception):
    """Is what a handler raises to answer a call with an error of its interface.

    Attributes:
        name: the error's name as the interface file declares it; None for an error that it does not name.
        message: one sentence for a person.
        code: the number of the error's class, such as `NOT_FOUND`; the interface file declares it beside the name.
        data: further facts for programs: what MessagePack can carry.
        retryable: whether the same call may succeed later; None when not said.

    Raises:
        TypeError: the name or the message is no text, or the code no number: an error that cannot be sent would end the
            connection, so it is refused where it is made.
    """

    def __init__(
        self,
        name: str | None,
        message: str,
        *,
        code: int = UNKNOWN,
        data: Any = None,
        retryable: bool | None = None,
    ) -> None:
        if not (name is None or isinstance(name, str)) or not isinstance(message, str):
            raise TypeError(f"name and message of an error are texts, not {name!r} and {message!r}")
        if not isinstance(code, int) or isinstance(code, bool):
            raise TypeError(f"code of an error is a number such as NOT_FOUND, not {code!r}")
        super().__init__(message)
        self.name = name
        self.message = message
        self.code = code
        self.data = data
        self.retryable = retryable


class InvalidParamsError(PluginError):
    """Says that the params of a call cannot be used; answered with the protocol's own code."""

    def __init__(self, message: str, *, data: Any = None) -> None:
        super().__init__(None, message, code=INVALID_PARAMS, data=data)


class CallCancelledError(PluginError):
    """Says that the caller has gone: it cancelled, its deadline passed, or the host closed the connection.

    Let it pass through the handler; the SDK answers for you.
    """

    def __init__(self, message: str, *, code: int = CANCELLED) -> None:
        super().__init__(None, message, code=code)


class HostCallError(Exception):
    """Says that a call into the host failed.

    Attributes:
        method: what was called.
        code: the number of the error's class.
        name: the application error's name, or None.
        message: what the host said.
        data: what came along.
        retryable: whether it may succeed later; None when the host did not say.
    """

    def __init__(
        self,
        method: str,
        message: str,
        *,
        code: int,
        name: str | None = None,
        data: Any = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(f"{method}: {message}")
        self.method = method
        self.message = message
        self.code = code
        self.name = name
        self.data = data
        self.retryable = retryable


class StartError(Exception):
    """Says, raised by an `on_start` hook, that starting again cannot help: the configuration is wrong.

    The process ends with status 125, which makes the host stop restarting it.
    """


class UnsendableError(Exception):
    """Says that a value cannot go over the wire: not a MessagePack value, too deep, or too large.

    Attributes:
        code: `RESOURCE_EXHAUSTED` for what is too large, else `INTERNAL`.
    """

    def __init__(self, message: str, *, code: int = INTERNAL) -> None:
        super().__init__(message)
        self.code = code


class HostGoneError(Exception):
    """Says that the connection to the host is closed; the process is about to end."""


class HostProtocolError(Exception):
    """Says that the host sent what the protocol forbids; the connection cannot be used any more."""
