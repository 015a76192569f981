"""The API server of `polyhost serve`: what binds, builds the app, serves, and stops in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from hostweb_api._app import create_app
from hostweb_api._settings import GRACE_SECONDS
from hostweb_api.live._history import History
from hostweb_api.security._access import Access
from hostweb_api.security._audit import AuditTrail
from hostweb_api.security._own_changes import note_own_changes
from hostweb_api.serving._addresses import Addresses
from hostweb_api.serving._listeners import open_listeners, urls_of
from hostweb_api.serving._serve import serve
from hostweb_api.serving._streams import OpenStreams

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostweb_api._settings import ApiSettings
    from hostweb_api.console._files import Console
    from hostweb_api.serving._connection import ConnectionLimits
    from hostweb_api.serving._tls import ServerTls

# For the answers that say that a request was cut off; who does not take one by then hears nothing.
_LAST_WORDS_SECONDS: Final = 1.0


async def serve_api(
    host: HostControl,
    *,
    stopping: trio.Event,
    addresses: Addresses | None = None,
    tls: ServerTls | None = None,
    settings: ApiSettings | None = None,
    access: Access | None = None,
    audit: AuditTrail | None = None,
    limits: ConnectionLimits | None = None,
    console: Console | None = None,
    grace: float = GRACE_SECONDS,
    task_status: trio.TaskStatus[tuple[str, ...]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the API of a host until `stopping` is set; then end live streams, finish the requests in flight, return.

    Args:
        host: the host to serve; it must stay open until this function has returned.
        stopping: ends the serving.
        addresses: where it listens; by default on 127.0.0.1 port 8080.
        tls: what `Addresses.tls` gave, for whoever wants to renew it; `POST /api/host/reload` does so, too.
        settings: under which names the API may be reached.
        access: the tokens and sessions; by default there are none, and those that are made end with the server.
        audit: keeps who has changed what; by default nobody does.
        limits: bounds for each client.
        console: what `find_console` found; without it a browser is told that there is none.
        grace: seconds until requests in flight are cut off; each is told so.
        task_status: started with the base URLs, e.g. `http://127.0.0.1:8080` and `unix:/run/polyhost.sock`, once connections
            are accepted.

    Raises:
        ConfigError: an address cannot be listened on, is in use, or is reachable from other machines without TLS.
    """
    streams = OpenStreams()
    access, audit = access or Access(), audit or AuditTrail()
    history = History(host)
    addresses = addresses or Addresses()
    tls = tls or addresses.tls()
    app = create_app(
        host,
        settings=settings,
        streams=streams,
        access=access,
        audit=audit,
        console=console,
        history=history,
        tls=tls,
    )

    async def wait_for_end() -> None:
        await stopping.wait()
        streams.close()
        keeping.start_soon(cut_off)

    async def cut_off() -> None:
        await trio.sleep(grace)
        streams.cut()

    async with open_listeners(addresses, tls) as listeners, trio.open_nursery() as keeping:
        keeping.start_soon(access.run)
        keeping.start_soon(audit.run)
        keeping.start_soon(history.run)
        if audit.is_kept:
            keeping.start_soon(note_own_changes, host, audit)
        async with trio.open_nursery() as nursery:
            await nursery.start(
                lambda task_status: serve(
                    app,
                    listeners=listeners,
                    shutdown_trigger=wait_for_end,
                    limits=limits,
                    grace=grace + _LAST_WORDS_SECONDS,
                    task_status=task_status,
                )
            )
            task_status.started(urls_of(listeners))
        keeping.cancel_scope.cancel()
