"""`/api/interfaces`: which interfaces there are, who has them, who needs them, and what differs between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import trio
from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.errors import InterfaceError
from hostcore.interfaces import Finding, Interface, compare, parse_interface
from hostcore.snapshots import InterfaceSnapshot, as_json
from hostweb_api._answers import InterfaceDiff, InterfaceList
from hostweb_api._models import DiffBody, DiffQuery
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api._settings import MAX_DOCUMENT_BODY
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl

# What the list shows of each interface, beside the names of its methods.
_LISTED: Final = ("name", "version", "description", "aliases", "providers", "requirers", "source")


def interfaces_blueprint(host: HostControl) -> Blueprint:
    """Return the routes of `/api/interfaces`."""
    routes = Blueprint("interfaces", __name__, url_prefix="/api/interfaces")

    @routes.get("")
    @operation(
        "listInterfaces",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=InterfaceList, description="The interfaces."),)},
    )
    async def list_interfaces() -> Response:
        """List the interfaces that plugins have, with who provides and who requires them."""
        return json_response({"interfaces": [_summary(each) for each in host.interfaces()]})

    @routes.get("/<name>/<version>")
    @operation(
        "showInterface",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=InterfaceSnapshot, description="The interface."),)},
        problems=("interface-not-found",),
    )
    async def show_interface(name: str, version: str) -> Response:
        """Show one version of an interface with its methods and schemas."""
        return json_response(as_json(host.interface_of(name, version)))

    @routes.get("/<name>/diff")
    @operation(
        "compareInterfaceVersions",
        scope=Scope.VIEWER,
        query=DiffQuery,
        answers={200: (Answer(kind=InterfaceDiff, description="What differs."),)},
        problems=("interface-not-found", "interface-invalid"),
    )
    async def compare_versions(name: str, query: DiffQuery) -> Response:
        """Compare two versions of an interface and say what the newer one breaks."""
        old, new = host.interface_of(name, query.old), host.interface_of(name, query.new)
        # Large interfaces take tenths of a second; other requests and the plugins go on meanwhile.
        findings = await trio.to_thread.run_sync(_compare, old, new)
        return json_response(
            {"name": new.name, "from": old.version, "to": new.version, "findings": as_json(findings)}
        )

    @routes.post("/<name>/diff")
    @operation(
        "compareInterfaceWithDocument",
        scope=Scope.OPERATOR,
        body=DiffBody,
        body_limit=MAX_DOCUMENT_BODY,
        answers={200: (Answer(kind=InterfaceDiff, description="What differs."),)},
        problems=("interface-not-found", "interface-invalid"),
    )
    async def compare_with_document(name: str, body: DiffBody) -> Response:
        """Compare a version of an interface with an interface file that no plugin has yet; nothing is changed."""
        old = host.interface_of(name, body.old)
        new, findings = await trio.to_thread.run_sync(_compare_with, old, body.document)
        return json_response(
            {
                "name": new.name,
                "from": old.version,
                "to": str(new.version),
                "findings": as_json(findings),
            }
        )

    return routes


def _summary(interface: InterfaceSnapshot) -> dict[str, Any]:
    shown = {name: as_json(getattr(interface, name)) for name in _LISTED}
    return {**shown, "method_names": [method.name for method in interface.methods]}


def _compare(old: InterfaceSnapshot, new: InterfaceSnapshot) -> tuple[Finding, ...]:
    return compare(_read(old), _read(new))


def _compare_with(old: InterfaceSnapshot, document: dict[str, Any]) -> tuple[Interface, tuple[Finding, ...]]:
    new = parse_interface(document, source="the document")
    return new, compare(_read(old), new)


def _read(interface: InterfaceSnapshot) -> Interface:
    if interface.document is None:
        raise InterfaceError(
            f"nothing describes {interface.name} {interface.version}, so it cannot be compared",
            hint="bring an interface file to the plugin that provides it",
        )
    return parse_interface(interface.document, source=f"{interface.name} {interface.version}")
