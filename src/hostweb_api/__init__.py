"""The REST API of a Polyhost host."""

from hostweb_api._app import create_app
from hostweb_api._problems import PROBLEMS, Problem, ProblemError
from hostweb_api._settings import ApiSettings
from hostweb_api.console._files import Console, find_console
from hostweb_api.security._guard import check_bind
from hostweb_api.serving._connection import ConnectionLimits
from hostweb_api.serving._serve import serve
from hostweb_api.serving._server import serve_api
from hostweb_api.serving._streams import OpenStreams

__all__ = [
    "PROBLEMS",
    "ApiSettings",
    "ConnectionLimits",
    "Console",
    "OpenStreams",
    "Problem",
    "ProblemError",
    "check_bind",
    "create_app",
    "find_console",
    "serve",
    "serve_api",
]
