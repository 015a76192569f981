"""The API server of `polyhost serve`: what binds, builds the app, serves, and stops in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from hostcore.errors import ConfigError
from hostweb_api._app import create_app
from hostweb_api._settings import GRACE_SECONDS
from hostweb_api.security._access import Access
from hostweb_api.security._guard import check_bind
from hostweb_api.serving._serve import serve
from hostweb_api.serving._streams import OpenStreams

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostweb_api._settings import ApiSettings
    from hostweb_api.console._files import Console
    from hostweb_api.serving._connection import ConnectionLimits

_HIGHEST_PORT: Final = 65535


async def serve_api(
    host: HostControl,
    *,
    bind_host: str,
    port: int,
    stopping: trio.Event,
    settings: ApiSettings | None = None,
    access: Access | None = None,
    limits: ConnectionLimits | None = None,
    console: Console | None = None,
    grace: float = GRACE_SECONDS,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the API of a host until `stopping` is set; then end live streams, finish the requests in flight, return.

    Args:
        host: the host to serve; it must stay open until this function has returned.
        bind_host: a loopback address or `localhost`.
        port: 0 takes a free one.
        stopping: ends the serving.
        settings: under which names the API may be reached.
        access: the tokens and sessions; by default there are none, and those that are made end with the server.
        limits: bounds for each client.
        console: what `find_console` found; without it a browser is told that there is none.
        grace: seconds until requests in flight are cut off.
        task_status: started with the base URL, e.g. `http://127.0.0.1:8080`, once connections are accepted.

    Raises:
        ConfigError: the address cannot be listened on, is in use, or is reachable from other machines.
    """
    check_bind(bind_host)
    listener = await _listen(bind_host, port)
    streams = OpenStreams()
    access = access or Access()
    app = create_app(host, settings=settings, streams=streams, access=access, console=console)

    async def wait_for_end() -> None:
        await stopping.wait()
        streams.close()

    async with listener, trio.open_nursery() as keeping:
        keeping.start_soon(access.run)
        async with trio.open_nursery() as nursery:
            await nursery.start(
                lambda task_status: serve(
                    app,
                    listeners=[listener],
                    shutdown_trigger=wait_for_end,
                    limits=limits,
                    grace=grace,
                    task_status=task_status,
                )
            )
            task_status.started(_url(bind_host, listener))
        keeping.cancel_scope.cancel()


async def _listen(host: str, port: int) -> trio.SocketListener:
    # `localhost` may mean two addresses, and a free port of one is not free of the other: the IPv4 one is taken.
    address = "127.0.0.1" if host.lower() == "localhost" else host
    if not 0 <= port <= _HIGHEST_PORT:
        # The resolver would silently take it modulo 65536.
        raise ConfigError(
            f"{port} is no port", hint=f"give one from 1 to {_HIGHEST_PORT}, or 0 for a free one"
        )
    try:
        listeners = await trio.open_tcp_listeners(port, host=address)
    except OSError as error:
        raise ConfigError(
            f"the server cannot listen on {host} port {port}: {error}",
            hint="choose another port; 0 takes a free one",
        ) from error
    return listeners[0]


def _url(host: str, listener: trio.SocketListener) -> str:
    port = listener.socket.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
