"""`/api/about`: what runs here: the versions, the machine, the limits."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quart import Blueprint
from quart.wrappers.response import Response

from hostcore.snapshots import as_json
from hostweb_api import _settings as settings
from hostweb_api._operations import Answer, operation
from hostweb_api._responses import json_response
from hostweb_api.security._callers import Scope

if TYPE_CHECKING:
    from hostcore.host import HostControl

# Those whose version says how the host behaves; what is not installed is left out.
_LIBRARIES: Final = (
    "cryptography",
    "hypercorn",
    "jsonschema",
    "jsonschema-rs",
    "msgpack",
    "pluggy",
    "protobuf",
    "pydantic",
    "quart",
    "quart-trio",
    "trio",
    "watchfiles",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """Says what runs here.

    Attributes:
        version: the version of Polyhost.
        python: the version of Python, and which one it is.
        libraries: name to version.
        platform: the operating system, its release and the processor's kind.
        cores: how many cores the host may use.
        pid: the process id of the host.
        data: absolute path of the host's data folder.
        run: identifies this run of the host.
        started_at: when the host was opened, seconds since the epoch.
        uptime: seconds since then.
        transports: what manifests may name as their transport.
        extensions: names of the extensions that take part.
        limits: bounds of the API, in bytes, seconds or pieces, as their names say.
    """

    version: str
    python: str
    libraries: Mapping[str, str]
    platform: str
    cores: int
    pid: int
    data: str
    run: str
    started_at: float
    uptime: float
    transports: tuple[str, ...]
    extensions: tuple[str, ...]
    limits: Mapping[str, float]


_LIMITS: Final[Mapping[str, float]] = {
    "call_body_bytes": settings.MAX_CALL_BODY,
    "body_bytes": settings.MAX_SMALL_BODY,
    "body_seconds": settings.BODY_TIMEOUT,
    "call_seconds": settings.MAX_TIMEOUT_MS / 1000,
    "collected_items": settings.MAX_COLLECTED_ITEMS,
    "collected_bytes": settings.MAX_COLLECTED_BYTES,
    "log_lines": settings.MAX_LOG_LINES,
    "grace_seconds": settings.GRACE_SECONDS,
}


def about_blueprint(host: HostControl) -> Blueprint:
    """Return the route `/api/about`."""
    routes = Blueprint("about", __name__)
    libraries = _versions()

    @routes.get("/api/about")
    @operation(
        "showAbout",
        scope=Scope.VIEWER,
        answers={200: (Answer(kind=About, description="What runs here."),)},
    )
    async def show_about() -> Response:
        """Say which versions run here, on what machine, since when, and within which limits."""
        about = About(
            version=host.version,
            python=f"{platform.python_implementation()} {platform.python_version()}",
            libraries=libraries,
            platform=f"{platform.system()} {platform.release()} {platform.machine()}",
            cores=len(os.sched_getaffinity(0)),
            pid=os.getpid(),
            data=str(host.data),
            run=host.run_id,
            started_at=host.started_at,
            uptime=max(0.0, time.time() - host.started_at),
            transports=host.transports(),
            extensions=tuple(each.name for each in host.extensions() if each.enabled),
            limits=_LIMITS,
        )
        return json_response(as_json(about))

    return routes


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
