"""The calls that a plugin makes to a service that it was lent: each becomes a call of the host on its behalf."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import trio

from hostcore.errors import InvalidParamsError, InvalidResultError
from hostcore.protocol import ErrorInfo, Status
from hostcore.transports import CallContext, CallRecord, TransportListener
from hostcore_grpc._observing import PREFIX_BYTES
from hostcore_grpc.methods import KnownMessages, MessageCodec
from hostcore_grpc.rpc import Handler, RpcError, ServerCall, StatusCode

_STATUS_OF: Final[Mapping[int, StatusCode]] = {
    Status.METHOD_NOT_FOUND: StatusCode.UNIMPLEMENTED,
    Status.INVALID_PARAMS: StatusCode.INVALID_ARGUMENT,
    Status.INVALID_REQUEST: StatusCode.INVALID_ARGUMENT,
}
"""What the codes mean that gRPC does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LentMethod:
    """Is one method of a service that a plugin may be lent.

    Attributes:
        name: `Interface.Method`, as the host calls it.
        path: what the plugin asks for: `/package.Service/Method`.
        request: converts what the plugin sends.
        response: converts what it is answered.
    """

    name: str
    path: str
    request: MessageCodec
    response: MessageCodec

    def params(self, data: bytes) -> Mapping[str, Any]:
        """Return the params that a message means; raises `RpcError`."""
        try:
            params: Mapping[str, Any] = self.request.decode(data, what=f"{self.name} params")
        except InvalidResultError as error:
            raise RpcError(StatusCode.INVALID_ARGUMENT, str(error)) from error
        return params

    def answer(self, result: Any) -> bytes:
        """Return the message that a result is; raises `RpcError`."""
        try:
            return self.response.encode(result, what=f"{self.name} result")
        except InvalidParamsError as error:
            raise RpcError(StatusCode.INTERNAL, f"the result does not fit: {error}") from error


class LentCall:
    """Is a call of the plugin to a service that it was lent; see `ReverseCall`."""

    encoding: Final = "protobuf"
    meta: Final[Mapping[str, Any]] = {}

    def __init__(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        deadline: float,
        context: CallContext,
        size: int = 0,
    ) -> None:
        self._size = size
        self.method = method
        self.params = params
        self.deadline = None if deadline == math.inf else deadline
        self.context = context
        self._outcome: tuple[Any, ErrorInfo | None] | None = None
        self._done = trio.Event()
        self._on_cancel: Callable[[], None] | None = None
        self._is_cancelled = False

    def __repr__(self) -> str:
        return f"<LentCall {self.method} of {self.context.plugin}>"

    def answer(self, result: Any) -> None:
        """Take the result."""
        self._settle(result, None)

    def refuse(self, error: ErrorInfo) -> None:
        """Take an error."""
        self._settle(None, error)

    def _settle(self, result: Any, error: ErrorInfo | None) -> None:
        if self._outcome is None:
            self._outcome = (result, error)
            self._done.set()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the plugin cancels the call or goes, at once if that has come already."""
        self._on_cancel = callback
        if self._is_cancelled:
            callback()

    def measure(self, record: CallRecord) -> None:
        """Note in a record how large the request was; what the answer takes on the wire shows only later."""
        record.request_bytes = self._size

    async def wait(self, known: KnownMessages) -> Any:
        """Wait for the outcome; raises `RpcError` for an error."""
        try:
            await self._done.wait()
        except trio.Cancelled:
            self._is_cancelled = True
            if self._on_cancel is not None:
                self._on_cancel()
            raise
        assert self._outcome is not None  # noqa: S101 - set before the event
        result, error = self._outcome
        if error is not None:
            raise rpc_error(error, known)
        return result


def serve_lent(
    method: LentMethod,
    *,
    context: CallContext,
    deadline: float,
    listener: TransportListener,
    known: KnownMessages,
) -> Handler:
    """Make what handles the calls of one method.

    Args:
        method: which.
        context: on whose behalf the plugin calls.
        deadline: of the call that it was lent for; its own calls cannot last longer.
        listener: has the host serve them.
        known: classes of the adapter's own messages.
    """

    async def handle(call: ServerCall) -> None:
        data = await call.receive()
        if data is None:
            raise RpcError(StatusCode.INVALID_ARGUMENT, "no message came where one is due")
        asked = LentCall(
            method.name,
            method.params(data),
            deadline=min(call.deadline, deadline),
            context=context,
            size=len(data) + PREFIX_BYTES,
        )
        listener.called(asked)
        await call.send(method.answer(await asked.wait(known)))

    return handle


def rpc_error(error: ErrorInfo, known: KnownMessages) -> RpcError:
    """Return what a plugin is told of an error: a status, and the name of an application's error as its reason."""
    code = _STATUS_OF.get(error.code, error.code)
    status = StatusCode(code) if StatusCode.OK < code <= max(StatusCode) else StatusCode.UNKNOWN
    details: bytes | None = None
    if error.name is not None:
        info = known.error_info(reason=error.name, domain="polyhost")
        told = known.status(code=status, message=error.message)
        told.details.add().Pack(info)
        details = told.SerializeToString()
    return RpcError(status, error.message, details=details)
