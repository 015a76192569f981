"""Which interfaces the plugins of a host have, in which versions, and who needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from hostcore.dependencies import Dependency, DependencyKind, StartOrder
from hostcore.errors import InterfaceNotFoundError
from hostcore.host._edition import Edition
from hostcore.interfaces import Interface, InterfaceVersion, VersionError
from hostcore.snapshots import (
    ErrorSnapshot,
    InterfaceProvider,
    InterfaceRequirer,
    InterfaceSnapshot,
    MethodSnapshot,
    PluginState,
)

DESCRIBED: Final = "described by the plugin"
"""The source of an interface that no file describes and the plugin itself does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Offer:
    """Is what one plugin has of one interface.

    Attributes:
        edition: of the plugin.
        state: of the plugin.
        interface: what describes it, or None.
        document: the same as JSON, as of the version that the plugin provides; None where nothing describes it.
        source: as in the picture.
    """

    edition: Edition
    state: PluginState
    interface: Interface | None
    document: Mapping[str, Any] | None
    source: str

    @property
    def plugin(self) -> str:
        return self.edition.manifest.id


def show_interfaces(
    plugins: Iterable[tuple[Edition, PluginState]], order: StartOrder
) -> tuple[InterfaceSnapshot, ...]:
    """Take a picture of all interfaces that plugins have, sorted by name, the highest version first.

    Args:
        plugins: the present edition of each, and the plugin's state.
        order: says who was picked for what is required.
    """
    known = sorted(plugins, key=lambda each: each[0].manifest.id)
    offers: dict[tuple[str, str], list[_Offer]] = {}
    for edition, state in known:
        for name, version in edition.provides.items():
            offers.setdefault((name, version), []).append(_offer(edition, state, name))
    picks = {
        (each.dependent, each.name): each
        for each in order.dependencies
        if each.kind is DependencyKind.INTERFACE
    }
    editions = [edition for edition, _ in known]
    return tuple(
        _show(name, version, offers[name, version], tuple(_requirers(name, version, editions, picks)))
        for name, version in sorted(offers, key=lambda key: (key[0], _newest_first(key[1])))
    )


def find_interface(known: Sequence[InterfaceSnapshot], name: str, version: str) -> InterfaceSnapshot:
    """Return one version of an interface by its name, or by one of its further names.

    Raises:
        InterfaceNotFoundError: it is not among those known; the hint says what is.
    """
    named = [each for each in known if each.name == name] or [each for each in known if name in each.aliases]
    found = next((each for each in named if each.version == version), None)
    if found is not None:
        return found
    if named:
        versions = [each.version for each in named]
        raise InterfaceNotFoundError(
            f"no plugin has version {version} of the interface {name}",
            hint=f"there is {', '.join(versions)}",
            details={"versions": versions},
        )
    names = list(dict.fromkeys(each.name for each in known))
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known interfaces: {', '.join(names) or 'none'}"
    raise InterfaceNotFoundError(f"no plugin has an interface {name}", hint=hint)


def _newest_first(version: str) -> tuple[int, int, str]:
    parsed = _parse(version)
    return (1, 0, version) if parsed is None else (-parsed.major, -parsed.minor, version)


def _parse(version: str) -> InterfaceVersion | None:
    try:
        return InterfaceVersion.parse(version)
    except VersionError:  # a hello's, such as 01.0: nobody's range has it, and it comes last
        return None


def _offer(edition: Edition, state: PluginState, name: str) -> _Offer:
    interface = edition.interfaces.get(name)
    source = interface.source if interface is not None else DESCRIBED
    if interface is None:
        interface = edition.described.get(name)
    if interface is None:
        return _Offer(edition=edition, state=state, interface=None, document=None, source="")
    return _Offer(
        edition=edition, state=state, interface=interface, document=interface.document, source=source
    )


def _show(
    name: str, version: str, offers: Sequence[_Offer], requirers: tuple[InterfaceRequirer, ...]
) -> InterfaceSnapshot:
    best = min(offers, key=lambda each: (each.document is None, each.source == DESCRIBED))
    aliases = {
        alias
        for offer in offers
        if offer.source == DESCRIBED
        for alias, interface in offer.edition.described.items()
        if interface.name == name != alias
    }
    return InterfaceSnapshot(
        name=name,
        version=version,
        description=best.interface.description if best.interface is not None else "",
        aliases=tuple(sorted(aliases)),
        providers=tuple(
            InterfaceProvider(
                plugin=each.plugin,
                state=each.state,
                differs=each.document is not None and each.document != best.document,
            )
            for each in offers
        ),
        requirers=requirers,
        methods=_methods(name, best),
        errors=_errors(best.interface),
        document=best.document,
        source=best.source,
    )


def _methods(name: str, offer: _Offer) -> tuple[MethodSnapshot, ...]:
    if offer.interface is None:
        return ()
    routes = (offer.edition.routes.get(f"{name}.{method}") for method in offer.interface.methods)
    return tuple(route.description for route in routes if route is not None and route.description is not None)


def _errors(interface: Interface | None) -> Mapping[str, ErrorSnapshot]:
    if interface is None:
        return {}
    return {
        name: ErrorSnapshot(
            name=name,
            code=each.code,
            description=each.description,
            retryable=each.retryable,
            data=each.data,
        )
        for name, each in interface.errors.items()
    }


def _requirers(
    name: str, version: str, editions: Iterable[Edition], picks: Mapping[tuple[str, str], Dependency]
) -> Iterator[InterfaceRequirer]:
    parsed = _parse(version)
    for edition in editions:
        plugin = edition.manifest.id
        requirement = edition.manifest.requires.interfaces.get(name)
        if requirement is None or parsed is None or not requirement.range.allows(parsed):
            continue
        pick = picks.get((plugin, name))
        yield InterfaceRequirer(
            plugin=plugin,
            range=requirement.range.text,
            optional=requirement.optional,
            provider=pick.provider if pick is not None else None,
            version=pick.version if pick is not None else None,
        )
