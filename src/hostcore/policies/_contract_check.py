"""Keeps a reload from breaking the plugins that use what it replaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hostcore.dependencies import Dependency, DependencyKind
from hostcore.hooks import ReloadContext, hookimpl
from hostcore.interfaces import Severity, VersionRange, compare, describe_finding
from hostcore.policies._words import listed

MOST_FINDINGS: Final = 3
"""Findings that are told in full: the first ones show the trouble, and `polyhost check` shows all."""

MOST_NAMES: Final = 5
"""Dependents that are named."""


class ContractCheck:
    """Objects to a new version that lacks, or breaks within the same major, what other plugins use of the old one.

    What a plugin uses are the interfaces that it requires and that this plugin was picked for. Who requires the plugin
    by its id has said with a range which versions will do, and nothing about interfaces.
    """

    @hookimpl
    def hostcore_decide_reload(self, context: ReloadContext) -> str | None:
        """Name all that would break, and whom."""
        problems = [*_plugin_problems(context), *_interface_problems(context)]
        if not problems:
            return None
        return f"{'; '.join(problems)}; if that is meant, force the reload"


def _plugin_problems(context: ReloadContext) -> Iterator[str]:
    asking = [each for each in context.dependents if each.kind is DependencyKind.PLUGIN]
    yield from _refusals(context.new.id, context.new.version, asking)


def _interface_problems(context: ReloadContext) -> Iterator[str]:
    used: dict[str, list[Dependency]] = {}
    for each in context.dependents:
        if each.kind is DependencyKind.INTERFACE:
            used.setdefault(each.name, []).append(each)
    for name, dependents in used.items():
        users = listed([each.dependent for each in dependents], most=MOST_NAMES)
        use = "uses" if len(dependents) == 1 else "use"
        version = context.new.provides.get(name)
        if version is not None:
            yield from _refusals(name, version, dependents)
            breaks = _breaks(name, context)
            if breaks:
                yield f"{name} {version} breaks what {users} {use}: {listed(breaks, most=MOST_FINDINGS)}"
        elif name in context.old.provides:  # else only the hello has ever said that it is there
            yield f"{name} is gone, which {users} {use}"


def _refusals(name: str, version: str, dependents: list[Dependency]) -> Iterator[str]:
    refusing = [
        f"{each.dependent} ({each.range})"
        for each in dependents
        if not VersionRange.parse(each.range).allows(version)
    ]
    if refusing:
        yield f"{name} {version} is not what is required by {listed(refusing, most=MOST_NAMES)}"


def _breaks(name: str, context: ReloadContext) -> list[str]:
    old, new = context.old_interfaces.get(name), context.new_interfaces.get(name)
    if old is None or new is None or old.version.major != new.version.major:
        return []
    return [
        describe_finding(each)
        for each in compare(old, new)
        # That the major stayed although there are breaks is said by the breaks themselves.
        if each.severity is Severity.BREAK and each.rule != "major-not-raised"
    ]
