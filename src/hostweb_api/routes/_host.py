"""The host as a whole: its configuration, its extensions, and who requires whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import ConfigChange, as_json
from hostweb_api._answers import ExtensionList, Topology, TopologyPlugin
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl
    from hostweb_api.serving._tls import ServerTls


def host_blueprint(host: HostControl, tls: ServerTls | None) -> Blueprint:
    """Return the routes `/api/host/reload`, `/api/extensions` and `/api/topology`."""
    routes = Blueprint("host", __name__, url_prefix="/api")

    @routes.post("/host/reload")
    @operation(
        "reloadHost",
        scope=Scope.ADMIN,
        outlives_client=True,
        answers={200: (Answer(kind=ConfigChange, description="What that has changed."),)},
        problems=("config-invalid", "storage-failed", "host-closed"),
    )
    async def reload_host() -> Response:
        """Read the host's configuration anew and take over what has changed.

        The server's certificate is read again, too.
        """
        if tls is not None:
            tls.renew()
        return json_response(as_json(await host.reload_config()))

    @routes.get("/extensions")
    @operation(
        "listExtensions",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=ExtensionList, description="The extensions and the hooks."),)},
    )
    async def list_extensions() -> Response:
        """List the extensions, and who implements which hook."""
        return json_response(as_json(ExtensionList(extensions=host.extensions(), hooks=host.hooks())))

    @routes.get("/topology")
    @operation(
        "showTopology",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=Topology, description="Who requires whom."),)},
    )
    async def show_topology() -> Response:
        """Show who requires whom, and in which waves plugins start."""
        return json_response(as_json(_topology(host)))

    return routes


def _topology(host: HostControl) -> Topology:
    """Lay how the plugins are over who requires whom."""
    order = host.start_order()
    waves = {plugin: number for number, wave in enumerate(order.waves) for plugin in wave}
    plugins = tuple(
        TopologyPlugin(
            id=plugin.id,
            version=plugin.version,
            state=plugin.state,
            reason=plugin.reason,
            start=plugin.start,
            wanted=plugin.wanted,
            wave=waves.get(plugin.id),
            waiting_for=plugin.waiting_for,
        )
        for plugin in host.plugins()
    )
    return Topology(
        waves=order.waves, plugins=plugins, dependencies=order.dependencies, problems=order.problems
    )
