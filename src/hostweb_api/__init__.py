"""The REST API of a Polyhost host."""

from hostweb_api._app import create_app
from hostweb_api._operations import Answer, RequestHeader, operation
from hostweb_api._problems import PROBLEMS, Problem, ProblemError
from hostweb_api._reading import current_request
from hostweb_api._responses import empty_response, json_response
from hostweb_api._settings import ApiSettings
from hostweb_api.console._files import Console, find_console
from hostweb_api.extensions._hooks import NavigationEntry, WebHooks
from hostweb_api.routes._tokens import check_token_wish, token_as_json
from hostweb_api.security._access import Access
from hostweb_api.security._access_file import ACCESS_FILE, Token
from hostweb_api.security._audit import AuditTrail
from hostweb_api.security._audit_file import AUDIT_FILE, AuditRecord, Outcome
from hostweb_api.security._callers import Caller, CallerKind, Scope
from hostweb_api.serving._addresses import Addresses, TcpAddress, UnixAddress, parse_address
from hostweb_api.serving._connection import ConnectionLimits
from hostweb_api.serving._listeners import Listener
from hostweb_api.serving._serve import serve
from hostweb_api.serving._server import serve_api
from hostweb_api.serving._streams import OpenStreams
from hostweb_api.serving._tls import ServerTls

__all__ = [
    "ACCESS_FILE",
    "AUDIT_FILE",
    "PROBLEMS",
    "Access",
    "Addresses",
    "Answer",
    "ApiSettings",
    "AuditRecord",
    "AuditTrail",
    "Caller",
    "CallerKind",
    "ConnectionLimits",
    "Console",
    "Listener",
    "NavigationEntry",
    "OpenStreams",
    "Outcome",
    "Problem",
    "ProblemError",
    "RequestHeader",
    "Scope",
    "ServerTls",
    "TcpAddress",
    "Token",
    "UnixAddress",
    "WebHooks",
    "check_token_wish",
    "create_app",
    "current_request",
    "empty_response",
    "find_console",
    "json_response",
    "operation",
    "parse_address",
    "serve",
    "serve_api",
    "token_as_json",
]
