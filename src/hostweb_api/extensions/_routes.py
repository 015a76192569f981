"""Takes over the routes of extensions: each below a path of its own, each declared, or none of its blueprint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from quart import Blueprint
from quart_trio import QuartTrio

from hostweb_api._operations import operation_of
from hostweb_api.extensions._hooks import BLUEPRINTS

if TYPE_CHECKING:
    from hostcore.hooks import HostControl

PREFIX: Final = "/api/extensions"

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


def add_routes(app: QuartTrio, host: HostControl) -> None:
    """Register the blueprints of extensions; one that cannot be used is named in an event, and left out."""
    for extension, blueprint in host.provided(BLUEPRINTS, Blueprint, host=host):
        try:
            _check(app, blueprint)
            app.register_blueprint(blueprint, url_prefix=_prefix(blueprint))
        except Exception as error:  # noqa: BLE001 - what an extension has built may fail in any way
            host.extension_failed(extension, BLUEPRINTS, error)


def _prefix(blueprint: Blueprint) -> str:
    return f"{PREFIX}/{blueprint.name}"


def _check(app: QuartTrio, blueprint: Blueprint) -> None:
    """Look at a blueprint's routes in an app of its own, so that nothing of a wrong one is left in ours.

    Raises:
        ValueError: its name or one of its routes cannot be used.
    """
    if not _NAME.fullmatch(blueprint.name):
        raise ValueError(
            f"the name of a blueprint is a part of its paths: small letters, digits and hyphens, not {blueprint.name!r}"
        )
    if blueprint.name in app.blueprints:
        raise ValueError(f"there is a blueprint of the name {blueprint.name!r} already")
    probe = QuartTrio("probe", static_folder=None)
    probe.register_blueprint(blueprint, url_prefix=_prefix(blueprint))
    taken = {found.name for view in app.view_functions.values() if (found := operation_of(view)) is not None}
    for endpoint, view in probe.view_functions.items():
        contract = operation_of(view)
        if contract is None:
            raise ValueError(
                f"the route {endpoint} is not declared with `operation`: nobody could say who may use it"
            )
        if contract.name in taken:
            raise ValueError(f"there is an operation of the name {contract.name!r} already")
        taken.add(contract.name)
    outside = [
        rule.rule for rule in probe.url_map.iter_rules() if not rule.rule.startswith(f"{_prefix(blueprint)}/")
    ]
    if outside:
        raise ValueError(f"the route {outside[0]} is not below {_prefix(blueprint)}/")
