"""Short ways to write plugins down as a resolution sees them."""

from __future__ import annotations

from hostcore.dependencies import DependencyNode
from hostcore.interfaces import VersionRange
from hostcore.manifest import Requirement, Requires


def node(plugin, *wants, version="1.0.0", away="", **provides):
    """Make a node.

    Args:
        plugin: its id.
        wants: `Interface RANGE` or `plugin RANGE` (an id begins with a small letter), `?` in front for an optional one.
        version: its semantic version.
        away: why it may not be given to others.
        provides: interface and version, such as `Text="1.4"`.
    """
    interfaces, plugins = {}, {}
    for want in wants:
        name, _, text = want.lstrip("?").partition(" ")
        kind = interfaces if name[0].isupper() else plugins
        kind[name] = Requirement(range=VersionRange.parse(text or "*"), optional=want.startswith("?"))
    return DependencyNode(
        id=plugin,
        version=version,
        provides=provides,
        requires=Requires(interfaces=interfaces, plugins=plugins),
        available=not away,
        unavailable_because=away,
    )
