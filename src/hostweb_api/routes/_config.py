"""`/api/plugins/:id/config`: how a plugin is configured, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import trio
from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.interfaces import SchemaValidator, json_pointer
from hostcore.manifest import merged_config, unsendable
from hostcore.snapshots import ConfigSnapshot, PluginSnapshot, as_json
from hostweb_api._answers import Fault
from hostweb_api._masks import MASK, Masks
from hostweb_api._models import ConfigBody
from hostweb_api._operations import Answer, operation
from hostweb_api._problem_sets import NAMING, STARTING
from hostweb_api._problems import Problem, ProblemError
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl

# As many as a schema's check tells.
_MAX_FAULTS: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginConfig:
    """Shows how a plugin is configured; secrets are masked.

    Attributes:
        plugin: the plugin's id.
        schema: JSON Schema that the merged values must satisfy, or None; what it calls `x-secret` is masked.
        manifest: what the plugin's author has set.
        host: what the host's configuration lays over it.
        overrides: what operators have laid over both, or None for nothing.
        effective: what the plugin has been given, or will be by its next start.
        mask: the text that stands for each secret.
    """

    plugin: str
    schema: Mapping[str, Any] | None
    manifest: Mapping[str, Any]
    host: Mapping[str, Any]
    overrides: Mapping[str, Any] | None
    effective: Mapping[str, Any]
    mask: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigCheck:
    """Says what would become of a plugin's configuration.

    Attributes:
        valid: whether the values fit the plugin's schema.
        errors: what is wrong, at most five; the pointers lead into `effective`, or into what was sent for a mask that
            stands for nothing.
        effective: what the plugin would be given; secrets are masked.
    """

    valid: bool
    errors: tuple[Fault, ...]
    effective: Mapping[str, Any]


def config_blueprint(host: HostControl) -> Blueprint:
    """Return the routes of a plugin's configuration."""
    routes = Blueprint("config", __name__, url_prefix="/api/plugins/<plugin_id>/config")

    @routes.get("")
    @operation(
        "showConfig",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=PluginConfig, description="The configuration, layer by layer."),)},
        problems=NAMING,
    )
    async def show_config(plugin_id: str) -> Response:
        """Show how a plugin is configured: its schema, each layer of values, and what follows from them."""
        return json_response(as_json(_masked(host.plugin_config(plugin_id))))

    @routes.post("/validate")
    @operation(
        "validateConfig",
        scope=Scope.OPERATOR,
        body=ConfigBody,
        answers={200: (Answer(kind=ConfigCheck, description="Whether the values would do."),)},
        problems=NAMING,
    )
    async def validate_config(plugin_id: str, body: ConfigBody) -> Response:
        """Check values for a plugin's configuration; nothing is changed."""
        config = host.plugin_config(plugin_id)
        # A schema of a plugin may take its time; other requests and the plugins go on meanwhile.
        return json_response(as_json(await trio.to_thread.run_sync(_check, config, body.values)))

    @routes.put("")
    @operation(
        "configurePlugin",
        scope=Scope.OPERATOR,
        body=ConfigBody,
        outlives_client=True,
        answers={200: (Answer(kind=PluginSnapshot, description="The plugin runs with it, or is at rest."),)},
        problems=(*STARTING, "reload-failed"),
    )
    async def configure_plugin(plugin_id: str, body: ConfigBody) -> Response:
        """Set what is laid over a plugin's configuration, whole, and reload the plugin with it.

        A secret that is sent back masked stays as it is. The plugin is reloaded the way its manifest says, so that no
        call fails; one that does not run has the values when it starts.
        """
        values, lost = _restore(host.plugin_config(plugin_id), body.values)
        if lost:
            raise ProblemError(
                Problem(
                    code="body-invalid",
                    detail=f"{lost[0].pointer}: {lost[0].detail}",
                    hint="send the value itself, or leave it out",
                    extra={"errors": as_json(lost)},
                )
            )
        return json_response(as_json(await host.configure(plugin_id, values)))

    return routes


def _masked(config: ConfigSnapshot) -> PluginConfig:
    masks = Masks(config.schema)
    return PluginConfig(
        plugin=config.plugin,
        schema=config.schema,
        manifest=masks.hide(config.manifest),
        host=masks.hide(config.host),
        overrides=None if config.overrides is None else masks.hide(config.overrides),
        effective=masks.hide(config.effective),
        mask=MASK,
    )


def _restore(config: ConfigSnapshot, sent: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Put the secrets back into values that were sent; tells which masks stand for nothing."""
    values, lost = Masks(config.schema).restore(
        sent, kept=config.overrides or {}, below=merged_config(config.manifest, config.host)
    )
    return values, tuple(Fault(pointer=f"#/values{each.pointer}", detail=each.text) for each in lost)


def _check(config: ConfigSnapshot, sent: Mapping[str, Any]) -> ConfigCheck:
    values, lost = _restore(config, sent)
    effective = merged_config(merged_config(config.manifest, config.host), values)
    problems = SchemaValidator(config.schema).problems(effective) if config.schema is not None else ()
    wrong = tuple(
        Fault(pointer=f"#{json_pointer(path)}", detail=f"{message} ({hint})")
        for path, message, hint in islice(unsendable(effective), _MAX_FAULTS)
    ) or tuple(
        Fault(pointer=f"#{each.pointer}", detail=each.message + (f" ({each.hint})" if each.hint else ""))
        for each in problems
    )
    errors = lost or wrong
    return ConfigCheck(valid=not errors, errors=errors, effective=Masks(config.schema).hide(effective))
