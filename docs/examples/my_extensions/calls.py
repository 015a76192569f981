"""Stands around calls: who may make them, what is known already, and how they went."""

import json
from collections.abc import Iterable
from typing import Any, Final

from hostcore.errors import CallRefusedError
from hostcore.hooks import Answer, CallInfo, CallInterceptor, CallInterceptorBase, HostControl, hookimpl
from hostcore.manifest import Manifest

MOST_KNOWN: Final = 1000
"""Answers that the cache keeps for one method: the memory of the host is not its own."""


class Authorise(CallInterceptorBase):
    """Lets only some plugins call a method; calls from outside pass."""

    def __init__(self, *allowed: str) -> None:
        self._allowed = allowed

    def before(self, call: CallInfo) -> None:
        """Refuse a call: it fails with this error, and the plugin never hears of it."""
        if call.caller is not None and call.caller not in self._allowed:
            raise CallRefusedError(
                f"{call.caller} may not call {call.method}", hint="ask whoever runs this host"
            )


class Cache(CallInterceptorBase):
    """Answers in the plugin's place where the answer is known."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}  # one for each method: an interceptor belongs to one

    def before(self, call: CallInfo) -> Answer | None:
        """Give a known answer; without one, the call is made."""
        key = json.dumps(call.params, sort_keys=True, default=repr)
        call.notes[self] = key
        return Answer(result=self._known[key]) if key in self._known else None

    def after(self, call: CallInfo, result: Any) -> Any:
        """Keep an answer of the plugin. What is returned is the caller's result: do not forget it."""
        if len(self._known) < MOST_KNOWN:
            self._known[call.notes[self]] = result
        return result


class Trace(CallInterceptorBase):
    """Prints how each call went."""

    def after(self, call: CallInfo, result: Any) -> Any:
        """Print and pass on."""
        print(f"  {call.caller or 'outside'} → {call.method}: ok")
        return result

    def error(self, call: CallInfo, error: BaseException) -> None:
        """Print; the error goes on to the caller."""
        print(f"  {call.caller or 'outside'} → {call.method}: {type(error).__name__}")


class Calls:
    """Puts them around the methods that they are for."""

    @hookimpl
    def hostcore_provide_call_interceptors(
        self, host: HostControl, manifest: Manifest, method: str
    ) -> Iterable[CallInterceptor]:
        """Give the interceptors of one method, the outermost first; asked once when its route is made."""
        del host  # an implementation takes only the arguments that it needs; these two stand here to be seen
        found: list[CallInterceptor] = [Trace()]
        if method == "Notes.List":
            found.append(Authorise("digest"))
        if manifest.id == "digest":
            found.append(Cache())
        return found
