"""The host as a whole: its configuration, its extensions, and who requires whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._operations import operation
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl


def host_blueprint(host: HostControl) -> Blueprint:
    """Return the routes `/api/host/reload`, `/api/extensions` and `/api/topology`."""
    routes = Blueprint("host", __name__, url_prefix="/api")

    @routes.post("/host/reload")
    @operation("reloadHost", scope=Scope.ADMIN, outlives_client=True)
    async def reload_host() -> Response:
        """Read the host's configuration anew and take over what has changed."""
        return json_response(as_json(await host.reload_config()))

    @routes.get("/extensions")
    @operation("listExtensions", scope=Scope.VIEWER)
    async def list_extensions() -> Response:
        """List the extensions, and who implements which hook."""
        return json_response({"extensions": as_json(host.extensions()), "hooks": as_json(host.hooks())})

    @routes.get("/topology")
    @operation("showTopology", scope=Scope.VIEWER)
    async def show_topology() -> Response:
        """Show who requires whom, and in which waves plugins start."""
        return json_response(_topology(host))

    return routes


def _topology(host: HostControl) -> dict[str, Any]:
    """Lay how the plugins are over who requires whom."""
    order = host.start_order()
    waves = {plugin: number for number, wave in enumerate(order.waves) for plugin in wave}
    plugins = [
        {
            "id": plugin.id,
            "version": plugin.version,
            "state": plugin.state,
            "reason": plugin.reason,
            "start": plugin.start,
            "wanted": plugin.wanted,
            "wave": waves.get(plugin.id),
            "waiting_for": plugin.waiting_for,
        }
        for plugin in host.plugins()
    ]
    shown: dict[str, Any] = as_json(
        {
            "waves": order.waves,
            "plugins": plugins,
            "dependencies": order.dependencies,
            "problems": order.problems,
        }
    )
    return shown
