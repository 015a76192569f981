"""The REST API of a Polyhost host."""

from hostweb_api._app import create_app
from hostweb_api._problems import PROBLEMS, Problem, ProblemError
from hostweb_api._settings import ApiSettings
from hostweb_api.console._files import Console, find_console
from hostweb_api.security._access import Access
from hostweb_api.security._access_file import ACCESS_FILE, Token
from hostweb_api.security._callers import Caller, CallerKind, Scope
from hostweb_api.security._guard import check_bind
from hostweb_api.serving._connection import ConnectionLimits
from hostweb_api.serving._serve import serve
from hostweb_api.serving._server import serve_api
from hostweb_api.serving._streams import OpenStreams

__all__ = [
    "ACCESS_FILE",
    "PROBLEMS",
    "Access",
    "ApiSettings",
    "Caller",
    "CallerKind",
    "ConnectionLimits",
    "Console",
    "OpenStreams",
    "Problem",
    "ProblemError",
    "Scope",
    "Token",
    "check_bind",
    "create_app",
    "find_console",
    "serve",
    "serve_api",
]
