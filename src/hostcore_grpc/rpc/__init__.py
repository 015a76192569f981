"""gRPC calls over one connection, on trio: a client, and a small server for the calls that come back."""

from hostcore_grpc.rpc._calls import StreamCall
from hostcore_grpc.rpc._client import Client
from hostcore_grpc.rpc._endpoint import ByteStream, Keepalive
from hostcore_grpc.rpc._host_errors import host_error
from hostcore_grpc.rpc._metadata import Metadata
from hostcore_grpc.rpc._server import Handler, Server, ServerCall, unary
from hostcore_grpc.rpc._status import Origin, RpcError, StatusCode, status_name
from hostcore_grpc.rpc._tls import TlsSocket, start_tls

__all__ = [
    "ByteStream",
    "Client",
    "Handler",
    "Keepalive",
    "Metadata",
    "Origin",
    "RpcError",
    "Server",
    "ServerCall",
    "StatusCode",
    "StreamCall",
    "TlsSocket",
    "host_error",
    "start_tls",
    "status_name",
    "unary",
]
