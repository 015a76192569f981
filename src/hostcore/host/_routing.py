"""Finds the route of a method: which plugins have it, and which of them gets the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from hostcore.errors import MethodNotFoundError, PluginNotFoundError
from hostcore.host._route import Route

CACHED_ROUTES: Final = 4096
"""Routes kept by name; a plugin without interface files accepts any name, and callers could fill the memory."""


class Router:
    """Finds the route of a call.

    Args:
        choose: picks one of several plugins that provide an interface, given its name and their ids.
    """

    def __init__(self, choose: Callable[[str, Sequence[str]], str]) -> None:
        self._choose = choose
        self._routes: dict[tuple[str | None, str], Route] = {}
        self._plugins: dict[str, Mapping[str, Route]] = {}
        self._open: dict[str, Callable[[str], Route | None]] = {}

    def __repr__(self) -> str:
        return f"<Router plugins={len(self._plugins)} routes={len(self._routes)}>"

    def put(self, plugin: str, routes: Mapping[str, Route], make: Callable[[str], Route | None]) -> None:
        """Know a plugin by its routes; `make` makes one for a method that no interface file describes."""
        self._plugins[plugin] = routes
        self._open[plugin] = make
        self.refresh()

    def drop(self, plugin: str) -> None:
        """Forget a plugin."""
        self._plugins.pop(plugin, None)
        self._open.pop(plugin, None)
        self.refresh()

    def refresh(self) -> None:
        """Forget what was worked out: a plugin has become ready, or is it no more."""
        self._routes.clear()

    def find(self, method: str, plugin: str | None) -> Route:
        """Return the route; raises `PluginNotFoundError` or `MethodNotFoundError`."""
        key = (plugin, method)
        route = self._routes.get(key)
        if route is None:
            route = self._find_in(plugin, method) if plugin is not None else self._find_any(method)
            if len(self._routes) >= CACHED_ROUTES:
                self._routes.clear()
            self._routes[key] = route
        return route

    def _find_in(self, plugin: str, method: str) -> Route:
        routes = self._plugins.get(plugin)
        if routes is None:
            raise unknown_plugin(plugin, self._plugins)
        route = routes.get(method) or self._open[plugin](method)
        if route is None:
            raise _unknown_method(method, routes, f"the plugin {plugin}")
        return route

    def _find_any(self, method: str) -> Route:
        found = {
            plugin: route
            for plugin, routes in sorted(self._plugins.items())
            if (route := routes.get(method) or self._open[plugin](method)) is not None
        }
        if not found:
            everything = {name for routes in self._plugins.values() for name in routes}
            raise _unknown_method(method, everything, "any plugin of this host")
        if len(found) == 1:
            return next(iter(found.values()))
        return found[self._choose(method.rpartition(".")[0], tuple(found))]


def unknown_plugin(plugin: str, known: Mapping[str, object]) -> PluginNotFoundError:
    """Make the error for a plugin id that nobody has."""
    near = get_close_matches(plugin, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known plugins: {', '.join(sorted(known)) or 'none'}"
    return PluginNotFoundError(f"there is no plugin {plugin}", hint=hint)


def _unknown_method(method: str, known: Mapping[str, object] | set[str], where: str) -> MethodNotFoundError:
    near = get_close_matches(method, known, n=1)
    nothing = "none that is described; before a plugin has run, `provides` in its manifest says what it has"
    hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(sorted(known)) or nothing}"
    return MethodNotFoundError(f"{where} has no method {method}", hint=hint)
