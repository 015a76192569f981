"""What an operator has done to one plugin: start it, stop it, reload it, configure it.

Each answers when it is done, with the plugin as `info` shows it, and is finished also when its client has gone: half a
change is worse than one that nobody waits for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import PluginSnapshot, as_json
from hostweb_api._models import ConfigBody, ReloadBody, current_request, read_body
from hostweb_api._responses import json_response
from hostweb_api._settings import MAX_SMALL_BODY

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from hostcore.host import HostControl


def lifecycle_blueprint(host: HostControl) -> Blueprint:
    """Return the routes that change how one plugin runs."""
    routes = Blueprint("lifecycle", __name__, url_prefix="/api/plugins/<plugin_id>")

    @routes.post("/start")
    async def start_plugin(plugin_id: str) -> Response:
        return await _finish(host.start(plugin_id))

    @routes.post("/stop")
    async def stop_plugin(plugin_id: str) -> Response:
        return await _finish(host.stop(plugin_id))

    @routes.post("/restart")
    async def restart_plugin(plugin_id: str) -> Response:
        return await _finish(host.restart(plugin_id))

    @routes.post("/reload")
    async def reload_plugin(plugin_id: str) -> Response:
        body = await read_body(ReloadBody, limit=MAX_SMALL_BODY, may_be_empty=True)
        return await _finish(host.reload(plugin_id, force=body.force))

    @routes.post("/enable")
    async def enable_plugin(plugin_id: str) -> Response:
        return await _finish(host.enable(plugin_id))

    @routes.post("/disable")
    async def disable_plugin(plugin_id: str) -> Response:
        return await _finish(host.disable(plugin_id))

    @routes.post("/reset")
    async def reset_plugin(plugin_id: str) -> Response:
        return await _finish(host.reset(plugin_id))

    @routes.put("/config")
    async def configure_plugin(plugin_id: str) -> Response:
        body = await read_body(ConfigBody, limit=MAX_SMALL_BODY)
        return await _finish(host.configure(plugin_id, body.values))

    return routes


async def _finish(change: Awaitable[PluginSnapshot]) -> Response:
    # Now that the body has been read; the change itself begins with the await.
    current_request().outlives_client = True
    return json_response(as_json(await change))
