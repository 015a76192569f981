"""Moves messages between the host and its plugins, and starts the processes that speak."""

from hostcore.transports._context import MAX_DEPTH, MAX_REENTRIES, CallContext, context_of_trace
from hostcore.transports._contract import (
    Greet,
    Launcher,
    LaunchFailure,
    LaunchSpec,
    ProgressCallback,
    ReverseCall,
    TaskStarter,
    Transport,
    TransportListener,
    TransportStream,
)
from hostcore.transports._deadlines import UNANSWERED_HINT, Deadlines, Expirable
from hostcore.transports._flood import Flood
from hostcore.transports._guard import Guard
from hostcore.transports._in_flight import name_of_call, snapshot_of_call
from hostcore.transports._lines import LineSplitter
from hostcore.transports._panics import GO_PANICS
from hostcore.transports._parking import ParkingSpace
from hostcore.transports._polling import Poller
from hostcore.transports._race import wait_first
from hostcore.transports._records import (
    CANCELLED,
    HOST_FAULT,
    OK,
    CallRecord,
    Direction,
    MessageRecord,
    MessageTap,
    Observing,
)
from hostcore.transports._spawner import ChildProcess, ExitStatus, Spawner
from hostcore.transports._stdio import StdioTransport
from hostcore.transports._stdio_launcher import StdioLauncher
from hostcore.transports._text_pipe import TextPipe
from hostcore.transports._trace import read_traceparent, read_tracestate

__all__ = [
    "CANCELLED",
    "GO_PANICS",
    "HOST_FAULT",
    "MAX_DEPTH",
    "MAX_REENTRIES",
    "OK",
    "UNANSWERED_HINT",
    "CallContext",
    "CallRecord",
    "ChildProcess",
    "Deadlines",
    "Direction",
    "ExitStatus",
    "Expirable",
    "Flood",
    "Greet",
    "Guard",
    "LaunchFailure",
    "LaunchSpec",
    "Launcher",
    "LineSplitter",
    "MessageRecord",
    "MessageTap",
    "Observing",
    "ParkingSpace",
    "Poller",
    "ProgressCallback",
    "ReverseCall",
    "Spawner",
    "StdioLauncher",
    "StdioTransport",
    "TaskStarter",
    "TextPipe",
    "Transport",
    "TransportListener",
    "TransportStream",
    "context_of_trace",
    "name_of_call",
    "read_traceparent",
    "read_tracestate",
    "snapshot_of_call",
    "wait_first",
]
