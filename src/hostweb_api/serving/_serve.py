"""Serve an ASGI app inside the host's own run: no workers, no signals, no process of its own."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext

from hostweb_api._settings import GRACE_SECONDS
from hostweb_api.serving._connection import Connection, ConnectionLimits
from hostweb_api.serving._listeners import Listener
from hostweb_api.serving._tls import as_stream

# What a connection may hold before the app takes it, 64 KiB each at most: less than the window of a body, so that
# the app, which takes them all at once before it reads any, never has to wait for itself.
MAX_HELD_MESSAGES: Final = 4

# Between two warnings of connections that were one too many.
_TELL_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


async def serve(
    app: Any,
    *,
    listeners: Sequence[Listener],
    shutdown_trigger: Callable[[], Awaitable[object]],
    limits: ConnectionLimits | None = None,
    grace: float = GRACE_SECONDS,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve an app over HTTP/1.1 until the trigger returns, then finish the requests in flight.

    No client can make this function raise or hang. The listeners are closed when no further connection is to come.

    Args:
        app: an ASGI app; its lifespan is run.
        listeners: where connections are accepted.
        shutdown_trigger: returns when serving is to end. Then no connection is accepted, idle ones are closed at
            once, and each busy one after the answer it is working on.
        limits: bounds for each client.
        grace: seconds until the answers that are still being worked on are cut off.
        task_status: started once connections are accepted.
    """
    limits = limits or ConnectionLimits()
    config = _config()
    context = WorkerContext(None)
    state: dict[str, Any] = {}
    connections: set[Connection] = set()
    refused = _Refused(limits.max_connections)
    lifespan = Lifespan(ASGIWrapper(app), config, state)

    async def handle(listener: Listener, socket: trio.SocketStream) -> None:
        if len(connections) >= limits.max_connections:
            refused.note()
            await trio.aclose_forcefully(socket)
            return
        connection = Connection(
            app=app,
            config=config,
            context=context,
            limits=limits,
            stream=as_stream(socket, listener.tls),
            socket=socket.socket,
            needs_token=listener.needs_token,
            state=state,
        )
        connections.add(connection)
        try:
            await connection.run()
        finally:
            connections.discard(connection)

    async with trio.open_nursery() as life:
        await life.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        async with trio.open_nursery() as handlers:
            async with trio.open_nursery() as accepting:
                for listener in listeners:
                    accepting.start_soon(
                        partial(
                            trio.serve_listeners,
                            partial(handle, listener),
                            [listener.sockets],
                            handler_nursery=handlers,
                        )
                    )
                task_status.started()
                await shutdown_trigger()
                accepting.cancel_scope.cancel()
            await context.terminated.set()
            for connection in tuple(connections):
                connection.close_if_idle()
            handlers.cancel_scope.deadline = trio.current_time() + grace
        await lifespan.wait_for_shutdown()
        life.cancel_scope.cancel()


class _Refused:
    """Tells of connections that were one too many, not of each of them: a flood must not fill the log as well."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._told_at = -math.inf

    def note(self) -> None:
        """Count one."""
        self._count += 1
        now = trio.current_time()
        if now - self._told_at >= _TELL_SECONDS:
            _log.warning("More than %d connections; %d further ones were closed", self._most, self._count)
            self._told_at, self._count = now, 0


def _config() -> Config:
    config = Config()
    # What hypercorn logs goes where the rest of the server does; it would set up handlers of its own.
    config.errorlog = _log
    config.accesslog = None
    config.include_server_header = False
    config.max_app_queue_size = MAX_HELD_MESSAGES
    return config
