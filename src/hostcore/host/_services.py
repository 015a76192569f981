"""What plugins may call in the host: the `Host` service, and the interfaces that their manifests require."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

import trio

from hostcore.errors import (
    CallCycleError,
    CallFailedError,
    CallRefusedError,
    CallTimedOutError,
    HostError,
    InvalidParamsError,
    MethodNotFoundError,
    OverloadedError,
    PluginError,
)
from hostcore.hooks import CallerGoneError
from hostcore.host._deadlines import LONGEST_TIMEOUT
from hostcore.protocol import ErrorInfo, Status

if TYPE_CHECKING:
    from hostcore.hooks import Observation
    from hostcore.manifest import Manifest
    from hostcore.snapshots import PluginSnapshot
    from hostcore.transports import CallContext, ReverseCall

STATUS_OF: Final[tuple[tuple[type[HostError], Status], ...]] = (
    (MethodNotFoundError, Status.METHOD_NOT_FOUND),
    (InvalidParamsError, Status.INVALID_PARAMS),
    (CallTimedOutError, Status.DEADLINE_EXCEEDED),
    (OverloadedError, Status.RESOURCE_EXHAUSTED),
    (CallCycleError, Status.FAILED_PRECONDITION),
    (CallRefusedError, Status.PERMISSION_DENIED),
    (PluginError, Status.UNAVAILABLE),
    (HostError, Status.INTERNAL),
)
"""What a plugin is told of an error in the host: the first row that fits."""


class Services(Protocol):
    """Is what plugins may use of the host."""

    @property
    def version(self) -> str:
        """The version of Polyhost."""

    def plugins(self) -> tuple[PluginSnapshot, ...]:
        """Take a picture of all plugins."""

    async def call_for(
        self,
        dependent: str,
        method: str,
        params: Mapping[str, Any],
        *,
        plugin: str | None,
        timeout: float | None,
        json: bool,
        context: CallContext,
    ) -> Any:
        """Call what a plugin requires, on its behalf; raises `HostError`."""


async def serve(
    host: Services,
    manifest: Manifest,
    call: ReverseCall,
    *,
    note: Callable[[str], None],
    observation: Observation | None = None,
) -> None:
    """Answer one call of a plugin, within its deadline and until it is cancelled.

    A fault of the host itself fails this one call; `note` takes its traceback. `observation` is told of those that go
    to no other plugin: for these the plugin that is called has the record.
    """
    if observation is None or _is_for_plugin(manifest, call.method):
        await _serve(host, manifest, call, note)
        return
    record = observation.begin_reverse(call.method, call.context)
    call.measure(record)
    began = time.perf_counter()
    failure: BaseException | None = None
    result: Any = None
    try:
        result, failure = await _serve(host, manifest, call, note)
    except BaseException as error:
        failure = error
        raise
    finally:
        observation.end(record, time.perf_counter() - began, failure, call.params, result)


async def _serve(
    host: Services, manifest: Manifest, call: ReverseCall, note: Callable[[str], None]
) -> tuple[Any, Exception | None]:
    """Answer one call; returns the result, and what it has failed with."""
    deadline = call.deadline
    with trio.CancelScope(deadline=math.inf if deadline is None else deadline) as scope:
        call.on_cancel(scope.cancel)
        try:
            result = await _dispatch(host, manifest, call)
            call.answer(result)
        except CallFailedError as error:
            call.refuse(
                ErrorInfo(
                    code=error.status,
                    message=error.message,
                    name=error.name,
                    data=error.data,
                    retryable=error.retryable,
                )
            )
            return None, error
        except HostError as error:
            status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
            call.refuse(ErrorInfo(code=status, message=str(error), data={"code": error.code}))
            return None, error
        except Exception as error:  # noqa: BLE001 - the boundary to one plugin's call: the host must live on
            note("".join(traceback.format_exception(error)))
            call.refuse(ErrorInfo(code=Status.INTERNAL, message=f"the host failed: {error!r}"))
            return None, error
        return result, None
    if deadline is not None and trio.current_time() >= deadline:
        call.refuse(ErrorInfo(code=Status.DEADLINE_EXCEEDED, message="the deadline passed"))
        return None, CallTimedOutError(f"the deadline of {call.method} passed")
    call.refuse(ErrorInfo(code=Status.CANCELLED, message="the call was cancelled"))
    return None, CallerGoneError()


def _is_for_plugin(manifest: Manifest, method: str) -> bool:
    interface = method.rpartition(".")[0]
    return interface != "Host" and interface in manifest.requires.interfaces


async def _dispatch(host: Services, manifest: Manifest, call: ReverseCall) -> Any:
    interface, _, name = call.method.rpartition(".")
    if interface == "Host":
        return _answer_about_host(host, name)
    if interface not in manifest.requires.interfaces:
        raise MethodNotFoundError(
            f"{manifest.id} may not call {interface}",
            hint=f"name {interface} under [requires.interfaces] in its manifest",
        )
    plugin = call.meta.get("plugin")
    left = None if call.deadline is None else min(call.deadline - trio.current_time(), LONGEST_TIMEOUT)
    return await host.call_for(
        manifest.id,
        call.method,
        call.params,
        plugin=plugin,
        timeout=left,
        json=call.encoding == "json",
        context=call.context,
    )


def _answer_about_host(host: Services, name: str) -> Any:
    if name == "Info":
        return {"name": "polyhost", "version": host.version}
    if name == "Plugins":
        plugins = [
            {"id": each.id, "state": each.state.value, "version": each.version} for each in host.plugins()
        ]
        return {"plugins": plugins}
    raise MethodNotFoundError(f"the host has no method Host.{name}", hint="it has Host.Info and Host.Plugins")
