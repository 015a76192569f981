"""`/api/plugins`: what plugins there are, and loading and unloading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import PluginSnapshot, as_json
from hostweb_api._models import LoadBody, UnloadQuery, current_request, read_body, read_query
from hostweb_api._responses import json_response
from hostweb_api._settings import MAX_SMALL_BODY

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
    async def list_plugins() -> Response:
        return json_response({"plugins": [_summary(plugin) for plugin in host.plugins()]})

    @routes.post("/load")
    async def load_plugin() -> Response:
        body = await read_body(LoadBody, limit=MAX_SMALL_BODY)
        current_request().outlives_client = True
        plugin = await host.load(body.path)
        return json_response(
            as_json(plugin), status=201, headers={"Location": f"/api/plugins/{plugin.id}/info"}
        )

    @routes.delete("/<plugin_id>")
    async def unload_plugin(plugin_id: str) -> Response:
        query = read_query(UnloadQuery)
        current_request().outlives_client = True
        unloaded = await host.unload(plugin_id, cascade=query.cascade)
        if query.cascade:
            return json_response({"unloaded": unloaded})
        response = Response(b"", 204)
        # There is no content, so it has no length either.
        del response.headers["Content-Length"]
        return response

    @routes.get("/<plugin_id>/info")
    async def show_plugin(plugin_id: str) -> Response:
        return json_response(as_json(host.plugin(plugin_id)))

    return routes


def _summary(plugin: PluginSnapshot) -> dict[str, Any]:
    return {name: as_json(getattr(plugin, name)) for name in _LISTED}
