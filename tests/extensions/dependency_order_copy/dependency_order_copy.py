"""Starts plugins after what they require: the built-in policy, word for word, from a package."""

from __future__ import annotations

from collections.abc import Sequence

from hostcore.dependencies import DependencyNode, StartOrder, resolve
from hostcore.hooks import hookimpl


class DependencyOrder:
    """Picks the best provider for each requirement, and orders the starts by the depth of what is below a plugin."""

    @hookimpl
    def hostcore_decide_start_order(self, nodes: Sequence[DependencyNode]) -> StartOrder:
        """Resolve the requirements of all plugins."""
        return resolve(nodes)
