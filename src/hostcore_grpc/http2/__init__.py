"""HTTP/2 without I/O, as much of it as gRPC needs: own frames, header blocks that need no state, one side's machine."""

from hostcore_grpc.http2._codes import PREFACE, ErrorCode, Flag, FrameType, Setting, error_name
from hostcore_grpc.http2._connection import Connection, ConnectionStatistics
from hostcore_grpc.http2._events import (
    DataReceived,
    Event,
    GoawayReceived,
    Headers,
    InformationalReceived,
    InputEnded,
    PingAcknowledged,
    RequestReceived,
    ResponseReceived,
    SettingsChanged,
    StreamReset,
    TrailersReceived,
    WindowOpened,
)
from hostcore_grpc.http2._hpack import encode_block, encode_field
from hostcore_grpc.http2._settings import Limits, PeerSettings
from hostcore_grpc.http2._states import ConnectionState, Role

__all__ = [
    "PREFACE",
    "Connection",
    "ConnectionState",
    "ConnectionStatistics",
    "DataReceived",
    "ErrorCode",
    "Event",
    "Flag",
    "FrameType",
    "GoawayReceived",
    "Headers",
    "InformationalReceived",
    "InputEnded",
    "Limits",
    "PeerSettings",
    "PingAcknowledged",
    "RequestReceived",
    "ResponseReceived",
    "Role",
    "Setting",
    "SettingsChanged",
    "StreamReset",
    "TrailersReceived",
    "WindowOpened",
    "encode_block",
    "encode_field",
    "error_name",
]
