"""`/api/navigation`: what extensions add to the console's navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api.extensions._hooks import NAVIGATION, NavigationEntry
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.hooks import HostControl


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownEntry:
    """Is an entry of the console's navigation that an extension has added.

    Attributes:
        extension: whose it is.
        title: what is shown.
        path: what it leads to: a route of the extension.
    """

    extension: str
    title: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Navigation:
    """Is what extensions add to the console's navigation.

    Attributes:
        entries: in calling order of the extensions.
    """

    entries: tuple[ShownEntry, ...]


_SHOWN: Final = Answer(kind=Navigation, description="The entries, in their order.")


def navigation_blueprint(host: HostControl) -> Blueprint:
    """Return the route of the console's further entries."""
    routes = Blueprint("navigation", __name__)

    @routes.get("/api/navigation")
    @operation("showNavigation", scope=Scope.VIEWER, answers={200: (_SHOWN,)})
    async def show_navigation() -> Response:
        """Show what extensions add to the console's navigation."""
        found = host.provided(NAVIGATION, NavigationEntry, host=host)
        entries = tuple(
            ShownEntry(extension=extension, title=entry.title, path=entry.path) for extension, entry in found
        )
        return json_response(as_json(Navigation(entries=entries)))

    return routes
