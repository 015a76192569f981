"""A plugin from the inside: its instances, how its processes have ended, and its manifest."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.errors import PluginNotFoundError
from hostcore.interfaces import VersionRange
from hostcore.manifest import Manifest, read_source
from hostcore.snapshots import ExitReport, InstanceSnapshot, as_json
from hostweb_api._masks import MASK, Masks
from hostweb_api._operations import Answer, operation
from hostweb_api._problem_sets import NAMING
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceList:
    """Shows the instances of a plugin, those that finish their last calls at the end."""

    instances: tuple[InstanceSnapshot, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExitList:
    """Shows how the latest processes of a plugin have ended, the latest first."""

    exits: tuple[ExitReport, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestView:
    """Shows a plugin's manifest.

    Attributes:
        file: absolute path of the `plugin.toml`.
        text: what stands in it now.
        lines: dotted key of each table and key to its line, from 1.
        effective: what the host has made of it, with defaults and with the host's configuration laid over it; null for a
            plugin whose manifest could not be used. Secrets of the configuration, and the values of variables, are masked.
    """

    file: str
    text: str
    lines: Mapping[str, int]
    effective: Mapping[str, Any] | None


def processes_blueprint(host: HostControl) -> Blueprint:
    """Return the routes that show a plugin from the inside."""
    routes = Blueprint("processes", __name__, url_prefix="/api/plugins/<plugin_id>")

    @routes.get("/instances")
    @operation(
        "listInstances",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=InstanceList, description="The instances."),)},
        problems=NAMING,
    )
    async def list_instances(plugin_id: str) -> Response:
        """List the instances of a plugin: how each is, its process, and what it uses."""
        return json_response(as_json(InstanceList(instances=host.plugin(plugin_id).instances)))

    @routes.get("/exits")
    @operation(
        "listExits",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=ExitList, description="The exit reports."),)},
        problems=NAMING,
    )
    async def list_exits(plugin_id: str) -> Response:
        """List how the latest processes of a plugin have ended, at most 20, the latest first."""
        return json_response(as_json(ExitList(exits=host.exits(plugin_id)[::-1])))

    @routes.get("/manifest")
    @operation(
        "showManifest",
        scope=Scope.OPERATOR,
        answers={200: (Answer(kind=ManifestView, description="The manifest."),)},
        problems=(*NAMING, "manifest-invalid"),
    )
    async def show_manifest(plugin_id: str) -> Response:
        """Show the manifest of a plugin: its text, and what the host has made of it.

        The text is that of the file as it is now, also of one that was refused; the plugin runs with what was read last.
        """
        folder = host.plugin(plugin_id).folder
        try:
            effective = show_manifest_as_json(host.manifest(plugin_id))
        except PluginNotFoundError:  # it was refused
            effective = None
        source = await trio.to_thread.run_sync(read_source, folder)
        return json_response(
            as_json(
                ManifestView(file=str(source.file), text=source.text, lines=source.lines, effective=effective)
            )
        )

    return routes


def show_manifest_as_json(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as a JSON-compatible object, without secrets: paths and version ranges as their texts."""
    masks = Masks(manifest.config.schema)
    config = replace(
        manifest.config,
        values=masks.hide(manifest.config.values),
        defaults=masks.hide(manifest.config.defaults),
    )
    environment = replace(manifest.environment, values=dict.fromkeys(manifest.environment.values, MASK))
    shown: dict[str, Any] = _plain(replace(manifest, config=config, environment=environment))
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, Path | VersionRange):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value
