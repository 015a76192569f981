"""Methods of gRPC plugins without their .proto files: descriptors, schemas, and JSON for messages."""

from hostcore_grpc.methods._bind_specs import InterfaceBinding, read_bindings
from hostcore_grpc.methods._bindings import BoundInterface, BoundMethod, bind_interface
from hostcore_grpc.methods._calls import CallShape, GrpcMethod, Received
from hostcore_grpc.methods._codec import Codecs, MessageCodec
from hostcore_grpc.methods._descriptors import Descriptors
from hostcore_grpc.methods._known import (
    BROKER_START_STREAM,
    CONTROLLER_SHUTDOWN,
    HEALTH_CHECK,
    HEALTH_SERVICE,
    HEALTH_SERVING,
    HEALTH_STATUS_NAMES,
    STDIO_STDERR,
    STREAM_STDIO,
    KnownMessages,
)
from hostcore_grpc.methods._proto_files import compile_command
from hostcore_grpc.methods._reflection import REFLECTION_PATHS, ReflectionConversation
from hostcore_grpc.methods._scalars import Style
from hostcore_grpc.methods._services import Service, Services
from hostcore_grpc.methods._status_details import DetailsReader

__all__ = [
    "BROKER_START_STREAM",
    "CONTROLLER_SHUTDOWN",
    "HEALTH_CHECK",
    "HEALTH_SERVICE",
    "HEALTH_SERVING",
    "HEALTH_STATUS_NAMES",
    "REFLECTION_PATHS",
    "STDIO_STDERR",
    "STREAM_STDIO",
    "BoundInterface",
    "BoundMethod",
    "CallShape",
    "Codecs",
    "Descriptors",
    "DetailsReader",
    "GrpcMethod",
    "InterfaceBinding",
    "KnownMessages",
    "MessageCodec",
    "Received",
    "ReflectionConversation",
    "Service",
    "Services",
    "Style",
    "bind_interface",
    "compile_command",
    "read_bindings",
]
