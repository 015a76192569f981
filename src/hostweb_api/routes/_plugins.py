"""`/api/plugins`: what plugins there are, and loading and unloading them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from quart import Blueprint

from hostcore.snapshots import PluginSnapshot, as_json
from hostcore.sources import LARGEST_ARCHIVE
from hostweb_api._answers import Dependents, PluginList, PluginSummary, Unloaded
from hostweb_api._models import LoadBody, PluginsQuery, UnloadQuery
from hostweb_api._operations import Answer, note_target, operation
from hostweb_api._problem_sets import CHANGING, NAMING
from hostweb_api._responses import empty_response, json_response
from hostweb_api.intake._fetch import fetch
from hostweb_api.intake._inspection import Inspection
from hostweb_api.intake._intake import Intake
from hostweb_api.routes._uploads import LOADED, LOADING, answer_loaded
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from quart.wrappers.response import Response

    from hostcore.host import HostControl


def plugins_blueprint(host: HostControl, intake: Intake) -> Blueprint:
    """Return the routes of `/api/plugins` that concern plugins as a whole."""
    routes = Blueprint("plugins", __name__, url_prefix="/api/plugins")

    @routes.get("")
    @operation(
        "listPlugins",
        scope=Scope.VIEWER,
        query=PluginsQuery,
        answers={200: (Answer(kind=PluginList, description="The plugins."),)},
    )
    async def list_plugins(query: PluginsQuery) -> Response:
        """List the plugins, or those that are asked for; those that were refused are among them."""
        return json_response(
            as_json(PluginList(plugins=_choose(map(PluginSummary.of, host.plugins()), query)))
        )

    @routes.post("/load")
    @operation(
        "loadPlugin",
        scope=Scope.ADMIN,
        body=LoadBody,
        outlives_client=True,
        answers=LOADED,
        problems=LOADING,
    )
    async def load_plugin(body: LoadBody) -> Response:
        """Load a plugin, and answer when it is ready.

        An archive is fetched, looked at and unpacked first, as one that is uploaded. With `replace` it takes the place of a
        version that is loaded as a reload does.
        """
        if body.url is None:
            path = cast("str", body.path)
            plugin_id = (await intake.inspect_folder(path)).id if body.replace else ""
            return answer_loaded(
                *await intake.put_in(plugin_id, Path(path), replace=body.replace, force=body.force)
            )
        async with intake.place() as place:
            await fetch(body.url, place / "archive", allowed=host.config.sources.allow, limit=LARGEST_ARCHIVE)
            loaded = await intake.load(
                place / "archive",
                sha256=body.sha256,
                named=note_target,
                replace=body.replace,
                force=body.force,
            )
            return answer_loaded(*loaded)

    @routes.post("/load/inspect")
    @operation(
        "inspectLoad",
        scope=Scope.ADMIN,
        body=LoadBody,
        audited=False,
        answers={200: (Answer(kind=Inspection, description="What is there."),)},
        problems=("manifest-invalid", "interface-invalid", "source-refused"),
    )
    async def inspect_load(body: LoadBody) -> Response:
        """Say what `load` would load, and what would follow from that.

        Nothing of it is run, and nothing is kept.
        """
        if body.url is None:
            return json_response(as_json(await intake.inspect_folder(cast("str", body.path))))
        async with intake.place() as place:
            await fetch(body.url, place / "archive", allowed=host.config.sources.allow, limit=LARGEST_ARCHIVE)
            return json_response(as_json(await intake.inspect(place / "archive", sha256=body.sha256)))

    @routes.delete("/<plugin_id>")
    @operation(
        "unloadPlugin",
        scope=Scope.ADMIN,
        query=UnloadQuery,
        outlives_client=True,
        answers={
            200: (Answer(kind=Unloaded, description="With `cascade`: what was unloaded."),),
            204: (Answer(kind=None, description="The plugin is unloaded."),),
        },
        problems=(*CHANGING, "plugin-required"),
    )
    async def unload_plugin(plugin_id: str, query: UnloadQuery) -> Response:
        """Stop a plugin and forget it."""
        unloaded = await host.unload(plugin_id, cascade=query.cascade)
        if query.cascade:
            return json_response(as_json(Unloaded(unloaded=unloaded)))
        return empty_response()

    @routes.get("/<plugin_id>/info")
    @operation(
        "showPlugin",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=PluginSnapshot, description="The plugin."),)},
        problems=NAMING,
    )
    async def show_plugin(plugin_id: str) -> Response:
        """Show everything about a plugin; also why it does not run."""
        return json_response(as_json(host.plugin(plugin_id)))

    @routes.get("/<plugin_id>/dependents")
    @operation(
        "listDependents",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=Dependents, description="Who could not run without it."),)},
        problems=NAMING,
    )
    async def list_dependents(plugin_id: str) -> Response:
        """Say what unloading a plugin with `cascade` would unload before it, in that order."""
        return json_response(as_json(Dependents(plugin=plugin_id, dependents=host.dependents(plugin_id))))

    return routes


_KEYS: Final[Mapping[str, Callable[[PluginSummary], Any]]] = {
    "id": lambda plugin: plugin.id,
    "state": lambda plugin: plugin.state.value,
    "restarts": lambda plugin: plugin.restarts,
    "calls": lambda plugin: plugin.statistics.calls,
}


def _choose(plugins: Iterable[PluginSummary], query: PluginsQuery) -> tuple[PluginSummary, ...]:
    """Return the plugins that a query asks for, in its order."""
    found = sorted((each for each in plugins if _fits(each, query)), key=_KEYS["id"])
    # Sorting keeps the order of equals.
    found.sort(key=_KEYS[query.sort.removeprefix("-")], reverse=query.sort.startswith("-"))
    return tuple(found)


def _fits(plugin: PluginSummary, query: PluginsQuery) -> bool:
    text = (query.text or "").casefold()
    return (
        (query.state is None or plugin.state.value in query.state.split(","))
        and (query.interface is None or query.interface in plugin.provides)
        and (query.enabled is None or query.enabled == (plugin.wanted != "disabled"))
        and (text in plugin.id.casefold() or text in plugin.description.casefold())
    )
