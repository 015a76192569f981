"""A failed call in the words of the host: the default, which a transport that knows more may refine."""

from __future__ import annotations

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    HostError,
    InvalidParamsError,
    MethodNotFoundError,
    MisbehavedError,
    OverloadedError,
    TooLargeError,
    UnavailableError,
)
from hostcore_grpc.rpc._status import Origin, RpcError, StatusCode


def host_error(error: RpcError, *, plugin: str, method: str) -> HostError:
    """Turn a failed call into the exception that its caller sees.

    What the plugin answered is its own error, with two exceptions, as on the stdio transport: a method that it does not
    know, and a deadline that passed on its clock a little before the host's. What was decided here says so.
    """
    where = f"{method} of {plugin}"
    details = {"grpc_status": error.status}
    match error.origin:
        case Origin.PEER:
            return _of_answer(error, plugin=plugin, where=where)
        case Origin.DEADLINE:
            return CallTimedOutError(f"{plugin} did not answer in time", location=where)
        case Origin.CONNECTION:
            return UnavailableError(f"{plugin} is gone: {error.message}", location=where, details=details)
        case Origin.VIOLATION:
            return MisbehavedError(f"{plugin} broke gRPC: {error.message}", location=where, details=details)
        case Origin.CALLER:
            return _of_limit(error, plugin=plugin, where=where)


def _of_answer(error: RpcError, *, plugin: str, where: str) -> HostError:
    if error.status == StatusCode.UNIMPLEMENTED:
        return MethodNotFoundError(f"{plugin} does not know the method: {error.told}", location=where)
    if error.status == StatusCode.DEADLINE_EXCEEDED:
        return CallTimedOutError(f"the deadline passed, says {plugin}: {error.told}", location=where)
    return CallFailedError(error.told, status=error.status, location=where)


def _of_limit(error: RpcError, *, plugin: str, where: str) -> HostError:
    if error.status == StatusCode.INVALID_ARGUMENT:
        return InvalidParamsError(error.message, location=where)
    if error.status == StatusCode.RESOURCE_EXHAUSTED and error.untouched:
        return OverloadedError(f"{plugin} is busy: {error.message}", location=where)
    if error.status == StatusCode.RESOURCE_EXHAUSTED:
        return TooLargeError(f"{plugin} answered with too much: {error.message}", location=where)
    return CallFailedError(error.message, status=error.status, location=where)
