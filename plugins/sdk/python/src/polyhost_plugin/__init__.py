"""Write a Polyhost plugin in Python.

A plugin is a program that a host starts and calls; this package speaks the host's protocol for it::

    from polyhost_plugin import Plugin

    plugin = Plugin("hello-python", version="1.0.0")

    @plugin.method("Greeter.Greet")
    def greet(name: str) -> dict:
        return {"message": f"Hello, {name}!"}

    plugin.run()
"""

from polyhost_plugin._errors import (
    ABORTED,
    ALREADY_EXISTS,
    CANCELLED,
    DATA_LOSS,
    DEADLINE_EXCEEDED,
    FAILED_PRECONDITION,
    INTERNAL,
    INVALID_ARGUMENT,
    NOT_FOUND,
    OUT_OF_RANGE,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    UNKNOWN,
    CallCancelledError,
    HostCallError,
    HostGoneError,
    InvalidParamsError,
    PluginError,
    StartError,
    UnsendableError,
)
from polyhost_plugin._host import Host
from polyhost_plugin._plugin import Plugin

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from polyhost_plugin._call import Call
    from polyhost_plugin._hostcall import HostCall

__all__ = [
    "ABORTED",
    "ALREADY_EXISTS",
    "CANCELLED",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
    "Call",
    "CallCancelledError",
    "Host",
    "HostCall",
    "HostCallError",
    "HostGoneError",
    "InvalidParamsError",
    "Plugin",
    "PluginError",
    "StartError",
    "UnsendableError",
]


def __getattr__(name: str) -> object:
    """Import what is needed for annotations only when it is asked for."""
    if name == "Call":
        from polyhost_plugin._call import Call  # noqa: PLC0415 - it brings threading along, which costs start time

        return Call
    if name == "HostCall":
        from polyhost_plugin._hostcall import HostCall  # noqa: PLC0415 - the same

        return HostCall
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
