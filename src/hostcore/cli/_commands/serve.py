"""`polyhost serve`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._serving import run_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostcore.config import HostConfig

# Setting of the configuration → type, metavar and help of its flag. The names of flag and variable follow from the
# setting's; a test holds this table and `hostcore.config.SETTINGS` together.
_Flag = tuple[click.ParamType[Any] | type, str, str]
_DIRECTORY = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path)
FLAGS: Mapping[str, _Flag] = {
    "plugins": (_DIRECTORY, "DIR...", "Folders to load: each a plugin's, or one with plugins in it."),
    "server.host": (str, "ADDRESS", "Address to serve at; beyond loopback with TLS.  [default: 127.0.0.1]"),
    "server.port": (
        click.IntRange(0, 65535),
        "PORT",
        "Port to serve at; 0 picks a free one.  [default: 8080]",
    ),
    "server.listen": (str, "URL", "Serve at http://…, https://… or unix:PATH, too."),
    "server.socket": (_FILE, "PATH", "Socket in the file system to serve at, too."),
    "server.socket_mode": (str, "MODE", "Permissions of sockets.  [default: 0600]"),
    "server.tls_cert": (_FILE, "FILE", "Certificate for TLS, in PEM."),
    "server.tls_key": (_FILE, "FILE", "Its key, in PEM."),
    "server.insecure_plaintext": (bool, "", "Let other machines connect without TLS."),
    "server.require_token": (bool, "", "Require a token of programs of this machine, too."),
    "server.names": (str, "NAME", "Host name by which the server is reached."),
    "server.public_url": (
        str,
        "URL",
        "Where people reach the server behind a proxy; everybody needs a token.",
    ),
    "server.dev_origins": (
        str,
        "URL",
        "Origin of a development server that passes requests on, e.g. http://localhost:5173.",
    ),
    "server.hsts_seconds": (
        int,
        "SECONDS",
        "How long browsers use nothing but TLS for its name.  [default: 86400]",
    ),
    "server.streams_per_client": (int, "N", "Streams of one client at once.  [default: 32]"),
    "data": (_DIRECTORY, "DIR", "Where the host and its plugins keep data.  [default: polyhost-data]"),
    "plugin_folders": (_DIRECTORY, "DIR", "Folder that is searched for plugins, again and again."),
    "interface_folders": (
        _DIRECTORY,
        "DIR",
        "Folder with interface files, looked at after the plugin's own.",
    ),
    "limits.call_timeout": (float, "SECONDS", "Deadline of calls that have no other.  [default: 30]"),
    "limits.start_timeout": (float, "SECONDS", "From the start of a plugin to its hello.  [default: 10]"),
    "limits.shutdown_timeout": (float, "SECONDS", "For a plugin to stop before it is killed.  [default: 5]"),
    "limits.concurrent_starts": (int, "N", "Plugins that start at once.  [default: twice the cores]"),
    "limits.log_lines": (int, "N", "Log lines kept of each plugin.  [default: 1000]"),
    "limits.event_ring": (int, "N", "Events kept.  [default: 4096]"),
    "logging.format": (click.Choice(["text", "json"]), "FORMAT", "text or json.  [default: text]"),
    "logging.level": (
        click.Choice(["debug", "info", "warning", "error"]),
        "LEVEL",
        "debug, info, warning or error.  [default: warning]",
    ),
    "audit.days": (float, "DAYS", "Days that records of the audit trail are kept.  [default: 90]"),
    "audit.megabytes": (float, "MB", "Largest size of the audit trail.  [default: 100]"),
    "audit.calls": (
        click.Choice(["none", "changes", "all"]),
        "WHICH",
        "Calls in the audit trail: none, changes or all.  [default: changes]",
    ),
    "traffic.calls": (bool, "", "Record each call, with its outcome.  [default: yes]"),
    "traffic.messages": (bool, "", "Record each message, both ways."),
    "traffic.bodies": (bool, "", "Record what they carry, too, without secrets."),
    "traffic.body_bytes": (int, "N", "Characters of one body.  [default: 16384]"),
    "traffic.keep_days": (float, "DAYS", "Delete what is older.  [default: 7]"),
    "traffic.keep_bytes": (int, "N", "Delete the oldest beyond so many bytes.  [default: 256 MiB]"),
    "extensions.load": (str, "MODULE:NAME", "Extension to load that no installed package announces."),
    "extensions.disable": (str, "NAME", "Extension or built-in policy to leave out."),
    "verification.mode": (
        str,
        "MODE",
        "When nobody vouches for files: off, warn or enforce.  [default: off]",
    ),
    "verification.require": (str, "PROOF", "What it takes: any, lock, signature or both.  [default: any]"),
    "verification.lock": (
        _DIRECTORY,
        "FILE",
        "Lock file.  [default: polyhost.lock beside the configuration]",
    ),
    "sources.allow": (str, "URL", "What addresses of archives must begin with that `load` may fetch."),
    "verification.keys": (
        _DIRECTORY,
        "DIR",
        "Trusted keys.  [default: polyhost-keys beside the configuration]",
    ),
}
REPEATABLE = frozenset({
    "plugins",
    "plugin_folders",
    "interface_folders",
    "server.listen",
    "server.names",
    "server.dev_origins",
    "extensions.load",
    "extensions.disable",
    "sources.allow",
})  # fmt: skip


# Settings whose flag has another name than the last word of the key.
NAMES: Mapping[str, str] = {
    "logging.format": "log_format",
    "logging.level": "log_level",
    "audit.days": "audit_days",
    "audit.megabytes": "audit_megabytes",
    "audit.calls": "audit_calls",
    "extensions.load": "extension",
    "verification.mode": "verification",
    "sources.allow": "allow_source",
    "verification.require": "verification_require",
    **{key: key.replace(".", "_") for key in FLAGS if key.startswith("traffic.")},
}


def _setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for each setting."""
    for key, (kind, metavar, text_of_help) in reversed(list(FLAGS.items())):
        name = NAMES.get(key) or key.rpartition(".")[2]
        several = key in REPEATABLE
        if kind is bool:
            command = click.option(
                f"--{name.replace('_', '-')}/--no-{name.replace('_', '-')}",
                key.replace(".", "__"),
                default=None,
                help=text_of_help,
            )(command)
            continue
        command = click.option(
            f"--{name.replace('_', '-')}",
            key.replace(".", "__"),
            type=kind,
            metavar=metavar,
            multiple=several,
            default=None,
            help=text_of_help + (" May be repeated." if several else ""),
        )(command)
    return command


@click.command("serve", short_help="Start plugins, serve the API, supervise.")
@click.argument("more_plugins", nargs=-1, metavar="[DIR]...", type=_DIRECTORY)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration file.  [env: POLYHOST_CONFIG; default: polyhost.toml if there is one]",
)
@_setting_options
def serve_command(*, more_plugins: tuple[Path, ...], config: Path | None, **flags: Any) -> int:
    """Run a host: start its plugins, serve the API, supervise until SIGTERM or Ctrl-C.

    Prints one line on standard output when it is ready; how the plugins are goes to standard error. The first
    signal stops the host in order, a second one at once, a third one ends the process. SIGHUP reads the certificate
    and the configuration again, as `polyhost reload` does; when the terminal that the server was started from is gone, it stops the host.

    Every flag but --config can also be set in the configuration file and in the environment: --call-timeout is
    POLYHOST_CALL_TIMEOUT. Flags win over the environment, the environment over the file.
    """
    flags["plugins"] = (*flags["plugins"], *more_plugins)  # `--plugins a b` gives b as an argument
    return run_server(partial(load_settings, config, flags))


def load_settings(file: Path | None, flags: Mapping[str, Any]) -> HostConfig:
    """Lay the flags, by setting with `__` for the dot, over environment and file."""
    from hostcore.cli._read_config import read_config  # noqa: PLC0415 - other commands do not need it

    given = {key: flags[key.replace(".", "__")] for key in FLAGS}
    # click gives an empty tuple for a repeatable flag that is not there.
    return read_config(file, {key: None if value == () else value for key, value in given.items()})
