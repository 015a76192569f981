"""Say what a call of one gRPC method sends and receives, with values of JSON on the caller's side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from hostcore_grpc.methods._codec import MessageCodec


class Received(NamedTuple):
    """Is what one message from the plugin means; a named tuple, for one is made with each call.

    Attributes:
        value: an item of the stream, or the result.
        is_result: whether it is the result, which ends the stream.
    """

    value: Any
    is_result: bool = False


class CallShape(Protocol):
    """Is what a transport needs to know of a method, be it bound to an interface file or not.

    A call without a stream of the caller sends `encode_params` as its one message. With one, it sends `encode_item` for
    each item; params carry nothing then. Each message that comes is given to `decode`. A call whose plugin streams
    takes items until one is the result, or until the stream has ended: then `final_result` is the result.
    """

    @property
    def path(self) -> str:
        """Return what the call asks for: `/package.Service/Method`."""

    @property
    def client_streaming(self) -> bool:
        """Tell whether the caller sends any number of messages."""

    @property
    def server_streaming(self) -> bool:
        """Tell whether the plugin sends any number of messages."""

    def encode_params(self, params: Any) -> bytes:
        """Return the message that params are.

        Raises:
            InvalidParamsError: they do not fit.
        """

    def encode_item(self, item: Any) -> bytes:
        """Return the message that an item of the caller's stream is.

        Raises:
            InvalidParamsError: it does not fit.
        """

    def decode(self, data: bytes) -> Received:
        """Return what a message from the plugin means.

        Raises:
            InvalidResultError: it is not what the descriptors say.
        """

    def final_result(self, count: int) -> Any:
        """Return the result of a stream of `count` items that ended without one.

        Raises:
            InvalidResultError: the plugin should have sent one.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class GrpcMethod:
    """Is a method as its service declares it; a `CallShape`.

    Attributes:
        service: the full name of its service.
        name: its own name.
        path: what a call asks for: `/package.Service/Method`.
        client_streaming: whether the caller sends any number of messages.
        server_streaming: whether the plugin does.
        request: converts what is sent.
        response: converts what is answered.
    """

    service: str
    name: str
    path: str
    client_streaming: bool
    server_streaming: bool
    request: MessageCodec
    response: MessageCodec

    def encode_params(self, params: Any) -> bytes:
        """Return the request that params are; see `CallShape`."""
        return self.request.encode(params, what=f"{self.service}.{self.name} params")

    def encode_item(self, item: Any) -> bytes:
        """Return the request that an item is; see `CallShape`."""
        return self.request.encode(item, what=f"{self.service}.{self.name} item sent")

    def decode(self, data: bytes) -> Received:
        """Return the value of a response; see `CallShape`."""
        kind = "item" if self.server_streaming else "result"
        value = self.response.decode(data, what=f"{self.service}.{self.name} {kind}")
        return Received(value=value, is_result=not self.server_streaming)

    def final_result(self, count: int) -> Any:  # noqa: ARG002 - other shapes tell it
        """Return the empty result of a stream; see `CallShape`."""
        return {}
