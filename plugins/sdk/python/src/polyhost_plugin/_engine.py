"""Runs a plugin: takes messages off the wire, has handlers called, and sends exactly one answer to each request."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from threading import get_ident

from polyhost_plugin._call import Call
from polyhost_plugin._errors import (
    CANCELLED,
    DEADLINE_EXCEEDED,
    INTERNAL,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    HostCallError,
    HostGoneError,
    HostProtocolError,
    PluginError,
    StartError,
    UnsendableError,
)
from polyhost_plugin._rules import INFLIGHT, check_hello, check_notification, check_request
from polyhost_plugin._threads import TICK_S, Pending, Relay, Workers
from polyhost_plugin._wire import OversizeFrame, check_value

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable

    from polyhost_plugin._method import Method
    from polyhost_plugin._plugin import Plugin
    from polyhost_plugin._wire import Wire

EXIT_GRACE_S = 3.0
"""How long handlers and hooks may take once the host has closed the connection; then the process ends anyway."""

SHUTDOWN_GRACE_S = 5.0
"""How long `$/shutdown` lets calls finish when the host names no time."""

SHUTDOWN_SHARE = 0.8
"""The part of the host's grace that calls get; the rest is for the hooks and the answer."""

EXIT_DO_NOT_RESTART = 125
"""The exit status that tells the host that another start would end the same way."""

SLOW_SCORE = 16
"""How many quick calls a method must do in a worker, after one slow one, before it is run in place again."""

ERROR_TEXT = 1000
"""How many characters of an error's message are kept when the whole cannot be sent."""

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2


class Job:
    """Is one request on its way to its handler."""

    __slots__ = ("call", "id", "method", "params")

    def __init__(self, call_id: int, method: Method, params: dict[str, Any], call: Call | None) -> None:
        self.id = call_id
        self.method = method
        self.params = params
        self.call = call


class Engine:
    """Serves one connection with the host.

    Args:
        plugin: what is served.
        wire: the connection.
        threads: how many calls may run beside each other in worker threads; 0 runs everything in one thread.
    """

    def __init__(self, plugin: Plugin, wire: Wire, *, threads: int) -> None:
        self._plugin = plugin
        self._methods: dict[str, Method] = plugin.methods
        self._host = plugin.host
        self._wire = wire
        self._calls: dict[int, Call] = {}
        self._running: dict[int, Job] = {}  # by thread
        self._pending = Pending()
        self._relay = Relay(self._lead) if threads else None
        self._workers = Workers(threads)
        self._held: list[Job] | None = []  # what came before on_start had finished; None afterwards
        self._later: deque[Callable[[], object]] = (
            deque()
        )  # one thread only: what came while a handler waited
        self._nested = False
        self._lock = threading.Lock()
        self._inflight: set[int] = set()
        self._welcomed = False
        self._draining = False
        self._hooks_ran = False
        self._closing = False
        self._status = 0
        self._main = get_ident()

    def run(self) -> int:
        """Serve, the hello having been sent, until the host closes the connection; return the exit status. Call it once, in the main thread."""
        self._host.attach(self)
        if self._relay is None:
            self._lead()
        else:
            self._relay.take_part(leading=True)
        self._pending.wait_until_none(EXIT_GRACE_S)
        self._run_stop_hooks()
        return self._status

    def send(self, message: Any) -> None:
        """Write one message; a closed connection begins the end of the process."""
        try:
            self._wire.send(message)
        except HostGoneError:
            self._close()
            raise

    # Reading and dispatching

    def _lead(self) -> bool:
        """Read and dispatch; return False when another thread has taken over, True at the end of the connection."""
        receive, dispatch = self._wire.receive, self._dispatch
        try:
            while True:
                message = receive()
                if message is None:
                    break
                if not dispatch(message):
                    return False
        except HostProtocolError as error:
            self._fail(str(error))
        except HostGoneError:
            pass  # noticed while writing; what follows is the same as at the end of stdin
        self._close()
        return True

    def _dispatch(self, message: Any) -> bool:
        """Act on one message; return whether this thread still leads."""
        if type(message) is OversizeFrame:
            self._on_oversize(message)
            return True
        if type(message) is not list or not message:
            raise HostProtocolError("the host sent a frame that holds no message")
        kind, length = message[0], len(message)
        if kind == REQUEST and length == 4:  # noqa: PLR2004 - the message's fixed number of elements, as below
            _, call_id, name, arguments = message
            meta = check_request(call_id, name, arguments)
            return self._on_request(call_id, name, arguments[0], meta)
        if kind == RESPONSE and length == 4:  # noqa: PLR2004 - as above
            _, call_id, error, result = message
            self._host.settle(call_id, error, result)
        elif kind == NOTIFICATION and length == 3:  # noqa: PLR2004 - as above
            return self._on_notification(message[1], check_notification(message[1], message[2]))
        else:
            raise HostProtocolError(f"the host sent a message of kind {kind!r} with {length} elements")
        return True

    def _on_notification(self, name: str, params: dict[str, Any]) -> bool:
        if name == "$/hello":
            return self._on_hello(params)
        if name not in _ABOUT_A_CALL:
            return True
        call_id = params.get("id")
        if type(call_id) is not int:
            raise HostProtocolError(f"the host sent {name} about the call {call_id!r}")
        if call_id & 1:  # the host's calls have odd ids, ours even ones
            call = self._calls.get(call_id)
            if call is not None:
                _ABOUT_A_CALL[name](call, params)
            elif name == "$/data" and call_id in self._inflight:
                raise HostProtocolError(f"the host streams into call {call_id}, which asked for nothing")
        elif name == "$/data":
            self._host.put(call_id, params.get("item"))
        return True

    def _on_oversize(self, frame: OversizeFrame) -> None:
        message = f"the message has {frame.size} bytes, more than the plugin takes; stream larger data"
        if frame.call_id is None:
            self.log("warn", message)
        elif frame.kind == 0:
            self._refuse(frame.call_id, RESOURCE_EXHAUSTED, message)
        else:
            self._host.settle(frame.call_id, {"code": RESOURCE_EXHAUSTED, "message": message}, None)

    def _on_hello(self, hello: dict[str, Any]) -> bool:
        check_hello(hello)
        if self._welcomed:
            raise HostProtocolError("the host said hello twice")
        self._welcomed = True
        self._wire.peer_limit = (hello.get("limits") or {}).get("frame", self._wire.peer_limit)
        self._host.welcome(hello)
        self._plugin.welcome(hello)
        if self._relay is None:
            self._begin()
            return True
        self._relay.start()
        return self._relay.run(self._begin)

    def _begin(self) -> None:
        """Run the start hooks, then let the calls in that came meanwhile."""
        try:
            for hook in self._plugin.start_hooks:
                hook(self._plugin.config, self._plugin.data_dir)
        except StartError as error:
            print(f"cannot start: {error}", file=sys.stderr)
            exit_now(EXIT_DO_NOT_RESTART)
        except Exception:  # noqa: BLE001 - whatever a hook raises, the plugin has not started
            import traceback  # noqa: PLC0415 - start time counts

            traceback.print_exc()
            exit_now(1)
        with self._lock:
            held, self._held = self._held or [], None
        for job in held:
            if self._relay is None:
                self._run_nested(job)
            else:
                self._workers.submit(lambda job=job: self._work(job))  # type: ignore[misc]  # a bound default

    def _on_request(self, call_id: int, name: str, params: dict[str, Any], meta: Mapping[str, Any]) -> bool:
        if call_id in self._inflight or not self._welcomed:
            fault = "before its hello" if not self._welcomed else "with the id of a call in flight"
            raise HostProtocolError(f"the host sent {name} {fault}")
        method = self._methods.get(name)
        if method is None or self._draining:
            self._on_other_request(call_id, name, params)
            return True
        call = None
        if method.takes_call or method.is_stream:
            call = self._calls[call_id] = Call(self, call_id, name, params, meta)
        if len(self._inflight) >= INFLIGHT and not name.startswith("$/"):
            raise HostProtocolError(f"the host sent more than {INFLIGHT} calls at once")
        self._inflight.add(call_id)
        job = Job(call_id, method, params, call)
        self._pending.add(job)
        if self._held is not None:
            with self._lock:
                if self._held is not None:
                    self._held.append(job)
                    return True
        return self._place(job)

    def _on_other_request(self, call_id: int, name: str, params: dict[str, Any]) -> None:
        """Answer what is no call of a method: the protocol's own requests, and what must be refused."""
        if name == "$/ping":
            self.send([RESPONSE, call_id, None, {}])
        elif name == "$/shutdown" and self._draining:
            self._refuse(call_id, INVALID_REQUEST, "the plugin is shutting down already")
        elif name == "$/shutdown":
            self._draining = True
            grace = params.get("grace_ms", SHUTDOWN_GRACE_S * 1000) / 1000 * SHUTDOWN_SHARE
            if self._relay is None:
                self._later.append(lambda: self._shut_down(call_id, grace))
                if not self._nested:
                    self._run_later()
            else:
                threading.Thread(target=self._shut_down, args=(call_id, grace), daemon=True).start()
        elif name in self._methods:
            self._refuse(call_id, UNAVAILABLE, "the plugin is shutting down")
        else:
            known = ", ".join(name for name in self._methods if name[0] != "$")
            self._refuse(call_id, METHOD_NOT_FOUND, f"no method {name}; there are: {known}")

    # Working

    def _place(self, job: Job) -> bool:
        """Run a call here or give it to a worker; return whether this thread still leads."""
        relay, method = self._relay, job.method
        if relay is None:
            self._run_nested(job)
            return True
        if method.threaded or method.is_stream or method.slow or not relay.standing_by:
            self._workers.submit(lambda: self._work(job))
            return True
        kept = relay.run(self._serve, job)
        if not kept:
            method.slow = SLOW_SCORE
        return kept

    def _work(self, job: Job) -> None:
        """Serve a call in a worker thread, and note when its method has become quick again."""
        begun = time.monotonic()
        try:
            self._serve(job)
        except HostGoneError:
            return
        if job.method.slow:
            job.method.slow = SLOW_SCORE if time.monotonic() - begun > TICK_S else job.method.slow - 1

    def _serve(self, job: Job) -> None:
        """Call the handler and send its one answer."""
        thread = get_ident()
        self._running[thread] = job
        try:
            try:
                result = job.method.invoke(job.call, job.params)
                if job.method.is_stream:
                    assert job.call is not None  # noqa: S101 - made in _on_request; for the type checker
                    result = _send_all(job.call, result)
                self._answer(job, None, _as_result(result))
            except HostGoneError:
                raise
            except SystemExit as error:
                exit_now(error.code if isinstance(error.code, int) else int(error.code is not None))
            except Exception as error:  # noqa: BLE001 - the boundary to the plugin's own code: every call is answered
                self._answer_error(job, error)
        finally:
            del self._running[thread]
            if job.call is not None:
                self._calls.pop(job.id, None)
            self._pending.remove(job)

    def _answer_error(self, job: Job, error: Exception) -> None:
        if isinstance(error, PluginError):
            answer: dict[str, Any] = {"code": error.code, "message": error.message}
            for key in ("name", "data", "retryable"):
                value = getattr(error, key)
                if value is not None:
                    answer[key] = value
        elif isinstance(error, UnsendableError):
            answer = {"code": error.code, "message": f"{job.method.name} returned {error}"}
        elif isinstance(error, HostCallError):
            passed_on = error.code in (CANCELLED, DEADLINE_EXCEEDED)
            answer = {"code": error.code if passed_on else INTERNAL, "message": f"calling the host: {error}"}
        else:
            answer = {"code": INTERNAL, "message": f"{type(error).__name__}: {error}"}
            self._log_exception(job, error)
        try:
            check_value(answer)
            self._answer(job, answer, None)
        except UnsendableError as problem:
            text = f"{answer['message'][:ERROR_TEXT]} (the rest is left out: {problem})"
            self._answer(job, {"code": answer["code"], "message": text}, None)

    def _answer(self, job: Job, error: dict[str, Any] | None, result: dict[str, Any] | None) -> None:
        # Before it is sent: the host may use the place of a call at once when it has the answer.
        self._inflight.discard(job.id)
        self.send([RESPONSE, job.id, error, result])

    def _refuse(self, call_id: int, code: int, message: str) -> None:
        self.send([RESPONSE, call_id, {"code": code, "message": message}, None])

    # Logging

    def log(self, level: str, message: str, **record: Any) -> None:
        """Send a log record; one that cannot be sent is written to stderr instead."""
        running = self._running.get(get_ident())
        if running is not None:
            record["call"] = running.id
        try:
            check_value(record)
            self._wire.send([NOTIFICATION, "$/log", [{"level": level, "message": message, **record}]])
        except (UnsendableError, HostGoneError):
            print(f"{level}: {message} {record}", file=sys.stderr)

    def _log_exception(self, job: Job, error: Exception) -> None:
        import traceback  # noqa: PLC0415 - start time counts

        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.log(
            "error", f"{job.method.name} raised {type(error).__name__}: {error}", fields={"traceback": text}
        )

    # Waiting

    def wait(self, condition: threading.Condition, ready: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until `ready`, while messages keep being read; tell whether it is."""
        if self._relay is not None:
            self._relay.step_aside()
            with condition:
                return condition.wait_for(ready, timeout)
        until = None if timeout is None else time.monotonic() + timeout
        while not ready():
            left = 1.0 if until is None else until - time.monotonic()
            if left <= 0 or self._closing:
                return False
            self._pump(left)
        return True

    def look(self) -> None:
        """Act on what has come meanwhile; only a single-threaded plugin must look itself."""
        if self._relay is None:
            self._pump(0)

    def _pump(self, timeout: float) -> None:
        if get_ident() != self._main:
            raise RuntimeError("a plugin with threads=0 uses its calls and the host in the main thread only")
        while not self._closing and self._wire.ready(timeout):
            timeout = 0
            message = self._wire.receive()
            if message is None:
                self._close()
            else:
                self._dispatch(message)

    def _run_nested(self, job: Job) -> None:
        """Run a call in the only thread, or later when one is running already."""
        self._later.append(lambda: self._serve(job))
        if not self._nested:
            self._run_later()

    def _run_later(self) -> None:
        self._nested = True
        try:
            while self._later:
                self._later.popleft()()
        finally:
            self._nested = False

    def current_call(self, thread: int) -> tuple[int | None, float | None]:
        """Give id and remaining seconds of the call that a thread serves."""
        job = self._running.get(thread)
        if job is None:
            return None, None
        return job.id, job.call.remaining if job.call is not None else None

    def abandon(self, call_id: int) -> None:
        """Tell the host that nobody waits for one of our calls any more."""
        if self._host.abandon(call_id) and "cancel" in self._host.features:
            self.send([NOTIFICATION, "$/cancel", [{"id": call_id}]])

    # Ending

    def _shut_down(self, call_id: int, grace: float) -> None:
        """Let calls finish, run the stop hooks, answer; the host closes the connection afterwards."""
        if not self._pending.wait_until_none(grace):
            self._cancel_calls("the plugin is shutting down")
        self._run_stop_hooks()
        try:
            self.send([RESPONSE, call_id, None, {}])
        except HostGoneError:
            return

    def _run_stop_hooks(self) -> None:
        with self._lock:
            ran, self._hooks_ran = self._hooks_ran, True
        for hook in () if ran else self._plugin.stop_hooks:
            try:
                hook()
            except Exception as error:  # noqa: BLE001, PERF203 - one hook's failure must not keep the others from cleaning up
                self.log("error", f"a shutdown hook raised {type(error).__name__}: {error}")

    def _cancel_calls(self, reason: str) -> None:
        for call in list(self._calls.values()):
            call.cancel(reason)

    def _close(self) -> None:
        """Begin the end: nobody is there to answer any more. The process ends within `EXIT_GRACE_S`."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        threading.Thread(target=self._end_anyway, daemon=True).start()
        self._cancel_calls("the host has closed the connection")
        self._host.close()
        if self._relay is not None:
            self._relay.close()

    def _end_anyway(self) -> None:
        time.sleep(EXIT_GRACE_S)
        exit_now(self._status)

    def _fail(self, message: str) -> None:
        self._status = 1
        print(f"{self._plugin.name}: {message}", file=sys.stderr)


_ABOUT_A_CALL: dict[str, Callable[[Call, Any], None]] = {
    "$/cancel": lambda call, params: call.cancel(str(params.get("reason") or "the caller has gone")),
    "$/credit": lambda call, params: call.add_credit(params.get("n")),
    "$/data": lambda call, params: call.inbox.put(params.get("item")),
    "$/end": lambda call, _: call.inbox.end(),
}


def _as_result(value: Any) -> dict[str, Any]:
    """Check what a handler returned; nothing stands for an empty result."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnsendableError(f"a {type(value).__name__}; a result is a dict")
    check_value(value)
    return value


def _send_all(call: Call, items: Any) -> Any:
    """Send what a generator yields; return what it returns."""
    try:
        while True:
            try:
                item = next(items)
            except StopIteration as end:
                return end.value
            call.send(item)
    finally:
        items.close()


def exit_now(status: int) -> None:
    """End the process without waiting for any thread."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # noqa: PERF203 - two rounds; closed, or never there: nobody is left to tell
            continue
    os._exit(status)
