"""The name by which people reach the server through a proxy: what comes by it comes from elsewhere, mostly over TLS."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

_PUBLIC: Final = "polyhost.public"
_PORTS: Final = {"http": ":80", "https": ":443"}


def is_public_host(host: str, public_url: str | None) -> bool:
    """Return whether a Host header, in lower case, is that of the public address; its usual port may be named.

    Args:
        host: the header.
        public_url: the address, in lower case and without a slash at its end; None for none.
    """
    if public_url is None:
        return False
    parts = urlsplit(public_url)
    usual = _PORTS[parts.scheme]
    return host.removesuffix(usual) == parts.netloc.removesuffix(usual)


def note_public(scope: MutableMapping[str, Any], public_url: str) -> None:
    """Write into the scope of a request that it came by the public address."""
    scope.setdefault("extensions", {})[_PUBLIC] = public_url


def came_by_proxy(scope: Mapping[str, Any]) -> bool:
    """Return whether a request came by the public address."""
    return _PUBLIC in (scope.get("extensions") or {})


def is_secure(scope: Mapping[str, Any]) -> bool:
    """Return whether the browser speaks TLS, with the server or with the proxy before it."""
    public: str = (scope.get("extensions") or {}).get(_PUBLIC, "")
    return scope["scheme"] in {"https", "wss"} or public.startswith("https:")
