"""The hooks of the server: what an extension may add to the API and to the console."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from quart import Blueprint

from hostcore.hooks import HostControl, hookspec

BLUEPRINTS: Final = "hostweb_provide_blueprints"
NAVIGATION: Final = "hostweb_provide_navigation"

# A word or a few, in a column of the console.
_LONGEST_TITLE: Final = 40
_PATH: Final = re.compile(r"/api/extensions/[A-Za-z0-9._~/-]{1,200}")


@dataclass(frozen=True, kw_only=True, slots=True)
class NavigationEntry:
    """Is an entry that the console shows beside its own.

    Attributes:
        title: one to forty printable characters.
        path: what it leads to: a path of a route of the extension, below `/api/extensions/`.

    Raises:
        ValueError: the title or the path is no such thing.
    """

    title: str
    path: str

    def __post_init__(self) -> None:
        if not 0 < len(self.title) <= _LONGEST_TITLE or not self.title.isprintable():
            raise ValueError(
                f"the title of an entry has 1 to {_LONGEST_TITLE} printable characters, not {self.title!r}"
            )
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"an entry leads to a path below /api/extensions/, not to {self.path!r:.80}")


class WebHooks:
    """Declares the hooks; give it to `open_host` as one of its `declarations`, and extensions may implement them."""

    @hookspec
    def hostweb_provide_blueprints(self, host: HostControl) -> Iterable[Blueprint]:  # type: ignore[empty-body] # a spec has no body
        """Offer routes of the API; called once, when the server is made.

        Args:
            host: the running host.

        Returns:
            Blueprints of Quart, whose routes are all declared with `operation`. They are served below
            `/api/extensions/<name of the blueprint>`. Default: none.
        """

    @hookspec
    def hostweb_provide_navigation(self, host: HostControl) -> Iterable[NavigationEntry]:  # type: ignore[empty-body] # as above
        """Offer entries of the console's navigation; called each time that the console asks for them.

        Args:
            host: the running host.

        Returns:
            Entries. Default: none.
        """
