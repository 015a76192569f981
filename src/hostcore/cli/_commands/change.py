"""`polyhost load` and `unload`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._archives import archive_type, send_archive, show_inspection
from hostcore.cli._client import plugin_path
from hostcore.cli._commands.lifecycle import tell_plugin
from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import show, text, waiting, write_json
from hostcore.cli._requirements import requirement

if TYPE_CHECKING:
    from hostcore.cli._client import Client


@click.command("load", short_help="Load the plugin in a folder or an archive.")
@click.argument("path", metavar="PATH|URL", type=click.Path())
@click.option("--inspect", is_flag=True, help="Show what would be loaded; load nothing.")
@click.option("--sha256", metavar="HEX", help="Hash that the archive at the URL must have.")
@click.option(
    "--replace", is_flag=True, help="Have it take the place of a plugin of its id, without losing a call."
)
@click.option("--force", is_flag=True, help="With --replace: also when it breaks what others use.")
@server_options
@json_option
def load_command(
    *,
    path: str,
    inspect: bool,
    sha256: str | None,
    replace: bool,
    force: bool,
    server: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    """Load the plugin in a folder, or in an archive, and start it.

    An archive is a zip, tar or tar.gz. One on this machine is sent to the server, with its signature if there is a file
    of its name and .minisig beside it; one at a URL is fetched by the server, which must allow that address.

    Waits until the plugin is ready. A plugin that does not start stays listed with the reason.

    With --replace what is in it is shown first. If it does not start, the version that is there serves on.
    """
    client = find_server(server, data)
    if force and not replace:
        raise CliError("--force is for --replace", exit_code=ExitCode.USAGE)
    is_url = path.startswith(("https://", "http://"))
    media_type = None if is_url else archive_type(Path(path))
    if sha256 is not None and not is_url:
        raise CliError("--sha256 is for the archive at a URL", exit_code=ExitCode.USAGE)
    # The server has its own working directory.
    body: dict[str, Any] = {"url": path} if is_url else {"path": str(Path(path).absolute())}
    if sha256 is not None:
        body["sha256"] = sha256

    def ask(what: str, route: str, **wish: bool) -> Any:
        with waiting(f"{what} {path} …"):
            if media_type is None:
                return client.post(f"/api/plugins/{route}", {**body, **wish})
            query = "&".join(f"{name}=true" for name in wish)
            return send_archive(client, f"{route}?{query}" if query else route, Path(path), media_type)

    looked_at = "load/inspect" if media_type is None else "inspect"
    if inspect:
        show_inspection(ask("Inspecting", looked_at), as_json=as_json)
        return
    if replace and not as_json:
        show_inspection(ask("Inspecting", looked_at), as_json=False)
    wish = {name: True for name, given in (("replace", replace), ("force", force)) if given}
    tell_plugin(ask("Loading", "load" if media_type is None else "upload", **wish), as_json=as_json)


@click.command("unload", short_help="Stop a plugin and forget it.")
@click.argument("plugin", shell_complete=complete_plugin)
@click.option("--cascade", is_flag=True, help="Also unload the plugins that require it, before it.")
@server_options
@json_option
def unload_command(
    *, plugin: str, cascade: bool, server: str | None, data: str | None, as_json: bool
) -> None:
    """Stop a plugin and forget it; its data stays.

    A plugin that others require is not unloaded without --cascade.
    """
    client = find_server(server, data)
    try:
        with waiting(f"Unloading {plugin} …"):
            answer = client.delete(plugin_path(plugin, "?cascade=true" if cascade else ""))
    except CliError as error:
        if error.code == "plugin-required":
            raise _required(client, plugin, error) from error
        raise
    unloaded = answer["unloaded"] if cascade else [plugin]
    if as_json:
        write_json({"unloaded": unloaded})
    else:
        for each in unloaded:
            show(text((each, "bold"), " is unloaded"))


def _required(client: Client, plugin: str, error: CliError) -> CliError:
    """Say of each that would be lost what it requires, and of whom when that is another one that would be."""
    lost = list(error.details.get("required_by") or ())
    lines = []
    with suppress(CliError):  # what the server has said will do
        for need in client.get("/api/topology")["dependencies"]:
            if need["dependent"] in lost and need["provider"] in {plugin, *lost} and not need["optional"]:
                of = "" if need["provider"] == plugin else f" of {need['provider']}"
                lines.append(f"{need['dependent']} requires {requirement(need)}{of}")
    return CliError(
        "\n".join([error.message, *lines]),
        exit_code=error.exit_code,
        code=error.code,
        hint=f"unload them, too: polyhost unload {plugin} --cascade",
        details=error.details,
    )
