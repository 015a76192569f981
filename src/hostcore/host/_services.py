"""What plugins may call in the host: the `Host` service, and the interfaces that their manifests require."""

from __future__ import annotations

import math
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
from hostcore.host._routing import LONGEST_TIMEOUT
from hostcore.protocol import ErrorInfo, Status

if TYPE_CHECKING:
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
    host: Services, manifest: Manifest, call: ReverseCall, *, note: Callable[[str], None]
) -> None:
    """Answer one call of a plugin, within its deadline and until it is cancelled.

    A fault of the host itself fails this one call; `note` takes its traceback.
    """
    deadline = call.deadline
    with trio.CancelScope(deadline=math.inf if deadline is None else deadline) as scope:
        call.on_cancel(scope.cancel)
        try:
            call.answer(await _dispatch(host, manifest, call))
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
        except HostError as error:
            status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
            call.refuse(ErrorInfo(code=status, message=str(error), data={"code": error.code}))
        except Exception as error:  # noqa: BLE001 - the boundary to one plugin's call: the host must live on
            note("".join(traceback.format_exception(error)))
            call.refuse(ErrorInfo(code=Status.INTERNAL, message=f"the host failed: {error!r}"))
    if scope.cancelled_caught:
        late = deadline is not None and trio.current_time() >= deadline
        status = Status.DEADLINE_EXCEEDED if late else Status.CANCELLED
        call.refuse(
            ErrorInfo(code=status, message="the deadline passed" if late else "the call was cancelled")
        )


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
