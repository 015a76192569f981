"""What an operator has done to one plugin: start it, stop it, reload it, enable it.

Each answers when it is done, with the plugin as `info` shows it, and is finished also when its client has gone: half a
change is worse than one that nobody waits for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import PluginSnapshot, as_json
from hostweb_api._models import ReloadBody
from hostweb_api._operations import Answer, operation
from hostweb_api._problem_sets import CHANGING, STARTING
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl


_ANSWERS: Final[Mapping[int, tuple[Answer, ...]]] = {
    200: (Answer(kind=PluginSnapshot, description="It is done; how the plugin is now."),)
}


def lifecycle_blueprint(host: HostControl) -> Blueprint:
    """Return the routes that change how one plugin runs."""
    routes = Blueprint("lifecycle", __name__, url_prefix="/api/plugins/<plugin_id>")

    @routes.post("/start")
    @operation("startPlugin", scope=Scope.OPERATOR, outlives_client=True, answers=_ANSWERS, problems=STARTING)
    async def start_plugin(plugin_id: str) -> Response:
        """Start a plugin, and answer when it is ready."""
        return json_response(as_json(await host.start(plugin_id)))

    @routes.post("/stop")
    @operation("stopPlugin", scope=Scope.OPERATOR, outlives_client=True, answers=_ANSWERS, problems=CHANGING)
    async def stop_plugin(plugin_id: str) -> Response:
        """Stop a plugin."""
        return json_response(as_json(await host.stop(plugin_id)))

    @routes.post("/restart")
    @operation(
        "restartPlugin", scope=Scope.OPERATOR, outlives_client=True, answers=_ANSWERS, problems=STARTING
    )
    async def restart_plugin(plugin_id: str) -> Response:
        """Stop a plugin and start it again."""
        return json_response(as_json(await host.restart(plugin_id)))

    @routes.post("/reload")
    @operation(
        "reloadPlugin",
        scope=Scope.OPERATOR,
        body=ReloadBody,
        body_is_optional=True,
        outlives_client=True,
        answers=_ANSWERS,
        problems=(*STARTING, "reload-failed"),
    )
    async def reload_plugin(plugin_id: str, body: ReloadBody) -> Response:
        """Put a new version of a plugin in the place of the running one, without losing a call."""
        return json_response(as_json(await host.reload(plugin_id, force=body.force)))

    @routes.post("/enable")
    @operation(
        "enablePlugin", scope=Scope.OPERATOR, outlives_client=True, answers=_ANSWERS, problems=STARTING
    )
    async def enable_plugin(plugin_id: str) -> Response:
        """Let a disabled plugin run again."""
        return json_response(as_json(await host.enable(plugin_id)))

    @routes.post("/disable")
    @operation(
        "disablePlugin", scope=Scope.OPERATOR, outlives_client=True, answers=_ANSWERS, problems=CHANGING
    )
    async def disable_plugin(plugin_id: str) -> Response:
        """Stop a plugin and keep it from starting."""
        return json_response(as_json(await host.disable(plugin_id)))

    @routes.post("/reset")
    @operation("resetPlugin", scope=Scope.OPERATOR, outlives_client=True, answers=_ANSWERS, problems=STARTING)
    async def reset_plugin(plugin_id: str) -> Response:
        """Give a failed plugin another chance."""
        return json_response(as_json(await host.reset(plugin_id)))

    return routes
