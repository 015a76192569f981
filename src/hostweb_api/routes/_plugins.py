"""`/api/plugins`: what plugins there are, and loading and unloading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import PluginSnapshot, as_json
from hostweb_api._models import LoadBody, UnloadQuery
from hostweb_api._operations import operation
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl

# What the list shows of each plugin; `info` shows everything.
_LISTED: Final = (
    "id",
    "version",
    "description",
    "state",
    "reason",
    "pid",
    "transport",
    "encoding",
    "provides",
    "start",
    "wanted",
    "waiting_for",
    "restarts",
    "statistics",
)


def plugins_blueprint(host: HostControl) -> Blueprint:
    """Return the routes of `/api/plugins` that concern plugins as a whole."""
    routes = Blueprint("plugins", __name__, url_prefix="/api/plugins")

    @routes.get("")
    @operation("listPlugins", scope=Scope.VIEWER)
    async def list_plugins() -> Response:
        """List the plugins, sorted by id; those that were refused are among them."""
        return json_response({"plugins": [summary_of(plugin) for plugin in host.plugins()]})

    @routes.post("/load")
    @operation("loadPlugin", scope=Scope.ADMIN, body=LoadBody, outlives_client=True)
    async def load_plugin(body: LoadBody) -> Response:
        """Load a plugin, and answer when it is ready."""
        plugin = await host.load(body.path)
        return json_response(
            as_json(plugin), status=201, headers={"Location": f"/api/plugins/{plugin.id}/info"}
        )

    @routes.delete("/<plugin_id>")
    @operation("unloadPlugin", scope=Scope.ADMIN, query=UnloadQuery, outlives_client=True)
    async def unload_plugin(plugin_id: str, query: UnloadQuery) -> Response:
        """Stop a plugin and forget it."""
        unloaded = await host.unload(plugin_id, cascade=query.cascade)
        if query.cascade:
            return json_response({"unloaded": unloaded})
        response = Response(b"", 204)
        # There is no content, so it has no length either.
        del response.headers["Content-Length"]
        return response

    @routes.get("/<plugin_id>/info")
    @operation("showPlugin", scope=Scope.VIEWER)
    async def show_plugin(plugin_id: str) -> Response:
        """Show everything about a plugin; also why it does not run."""
        return json_response(as_json(host.plugin(plugin_id)))

    return routes


def summary_of(plugin: PluginSnapshot) -> dict[str, Any]:
    """Return what the list shows of a plugin."""
    return {name: as_json(getattr(plugin, name)) for name in _LISTED}
