"""`polyhost call`."""

from __future__ import annotations

import base64
import binascii
import json
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._client import CALL_SECONDS, Client, plugin_path
from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import find_server
from hostcore.cli._options import Duration, complete_call, is_method, json_option, server_options
from hostcore.cli._output import is_terminal, write_json, write_json_line
from hostcore.cli._params import hint_for_text, read_items, read_params
from hostcore.cli._requirements import is_resting

if TYPE_CHECKING:
    from hostcore.host import Host
    from hostcore.snapshots import PluginSnapshot

# The server answers at the deadline; this much later it has not.
_GRACE_SECONDS = 10.0
_RUNNING = frozenset({"ready", "degraded"})


@click.command("call", short_help="Call a method of a plugin.")
@click.argument(
    "words", nargs=-1, required=True, metavar="[PLUGIN] METHOD [PARAMS]...", shell_complete=complete_call
)
@click.option(
    "--timeout", "-t", type=Duration(), help="Deadline of the call: 5, 500ms, 2m.  [default: the method's]"
)
@click.option(
    "--field",
    metavar="NAME",
    help="Write only this field of the result, text and binary data as they are; a.b for nested ones.",
)
@click.option(
    "--items",
    metavar="FILE",
    help="Items to send to a method that takes a stream: one JSON value a line; - is standard input.",
)
@click.option(
    "--stream",
    type=click.Choice(["in", "out", "both"]),
    metavar="WAY",
    help="Which way items go with a method that no interface file describes: in to the plugin, out of it, or both.",
)
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Start the plugin in this folder only for the call, without a server. Its data is deleted "
    "afterwards unless --data is given.",
)
@server_options
@json_option
def call_command(
    *,
    words: tuple[str, ...],
    timeout: float | None,
    field: str | None,
    items: str | None,
    stream: str | None,
    folder: str | None,
    server: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    """Call METHOD, written Interface.Method, of PLUGIN.

    Without PLUGIN the first plugin by id is taken that provides the interface and runs. PLUGIN may also be a folder
    with a slash in it (./my-plugin); when no server is running, the plugin is started there for this one call.

    \b
    PARAMS are pairs, as HTTPie writes them, or one JSON object:
      key=text          a string
      key:=JSON         a number, true, a list, …
      key=@FILE         the text of a file; - is standard input
      key:=@FILE        the JSON in a file
      key@FILE          the bytes of a file, as binary data
      '{"key": …}'      all params as JSON
      @FILE or -        all params as JSON from a file, from standard input

    \b
    polyhost call kv-python KeyValue.Put key=color value=red
    polyhost call TextTools.ToHtml markdown=@README.md --field html
    """  # noqa: D301 - click wants the character: what follows is not rewrapped
    plugin, method, rest = _split(words)
    call = _Call(method, read_params(rest), read_items(items) if items else None, stream, timeout)
    printer = _Printer(as_json=as_json, field=field)
    if folder is not None and plugin is not None:
        raise CliError(
            f"both --folder and the plugin {plugin!r} are given",
            exit_code=ExitCode.USAGE,
            hint="the folder says which plugin is called; leave one of them out",
        )
    if folder is not None:
        _call_in_process(Path(folder), call, printer, data)
        return
    if plugin is not None and _is_path(plugin):
        _call_folder(Path(plugin), call, printer, server=server, data=data)
        return
    client = find_server(server, data)
    try:
        _call_server(client, plugin or _find_provider(client, method), call, printer)
    except CliError as error:
        if error.exit_code is ExitCode.INVALID and error.hint is None:
            error.hint = hint_for_text(call.params, error.details)
        raise


class _Call:
    """Is what to call with what."""

    def __init__(
        self,
        method: str,
        params: dict[str, Any],
        items: list[Any] | None,
        stream: str | None,
        timeout: float | None,
    ) -> None:
        self.method = method
        self.params = params
        self.items = items
        self.stream = stream
        self.timeout = timeout


class _Printer:
    """Writes what a call brings, as it comes."""

    def __init__(self, *, as_json: bool, field: str | None) -> None:
        self._as_json = as_json
        self._field = field
        self._streamed = False

    def item(self, item: Any) -> None:
        """Write one item of a stream."""
        self._streamed = True
        if self._as_json:
            write_json_line({"item": item})
        elif self._field is not None:
            self._write_raw(item)
        else:
            write_json(item, indent=False)

    def result(self, result: Any) -> None:
        """Write the answer; that of a stream only when it says something."""
        if self._as_json:
            write_json_line({"result": result})
        elif self._field is not None:
            if not self._streamed:
                self._write_raw(result)
        elif result or not self._streamed:
            write_json(result)

    def _write_raw(self, value: Any) -> None:
        value = _pick(value, self._field or "")
        if isinstance(value, dict) and list(value) == ["$bytes"]:
            with suppress(binascii.Error, TypeError):
                sys.stdout.buffer.write(base64.b64decode(value["$bytes"], validate=True))
                sys.stdout.buffer.flush()
                return
        if isinstance(value, str):
            # A result is written letter by letter as the plugin said it; on a terminal the prompt wants a line of its
            # own, and so does each item of a stream.
            wanted = self._streamed or is_terminal(sys.stdout)
            newline = "\n" if wanted and not value.endswith("\n") else ""
            sys.stdout.write(value + newline)
            sys.stdout.flush()
        else:
            write_json(value)


def _split(words: tuple[str, ...]) -> tuple[str | None, str, tuple[str, ...]]:
    """Tell plugin, method and params apart."""
    if is_method(words[0]):
        return None, words[0], words[1:]
    if len(words) > 1 and is_method(words[1]):
        return words[0], words[1], words[2:]
    if len(words) == 1 or "=" in words[1]:
        problem = f"the method is missing after {words[0]!r}"
    else:
        problem = f"{words[1]!r} is no method"
    raise CliError(
        problem,
        exit_code=ExitCode.USAGE,
        hint="a method is written Interface.Method, after the plugin if one is named; "
        "`polyhost info PLUGIN` shows a plugin's methods",
    )


def _is_path(plugin: str) -> bool:
    return "/" in plugin or plugin in {".", ".."}


def _call_server(client: Client, plugin: str, call: _Call, printer: _Printer) -> None:
    body: dict[str, Any] = {"method": call.method, "params": call.params}
    if call.items is not None:
        body["items"] = call.items
    if call.stream is not None:
        body["stream"] = call.stream
    patience = CALL_SECONDS
    if call.timeout is not None:
        body["timeout_ms"] = max(1, round(call.timeout * 1000))
        patience = call.timeout + _GRACE_SECONDS
    with client.lines(
        "POST", plugin_path(plugin, "/call"), body, accept="application/x-ndjson", timeout=patience
    ) as lines:
        for line in lines:
            message = json.loads(line) if line else {}
            if "item" in message:
                printer.item(message["item"])
            elif "result" in message:
                printer.result(message["result"])
                return
            elif "error" in message:
                raise CliError.from_problem(message["error"].get("status", 0), message["error"])
    raise CliError(
        "the server ended the answer before the call was done",
        exit_code=ExitCode.UNAVAILABLE,
        hint="it has probably been stopped; the call may have had its effect or not",
    )


def _find_provider(client: Client, method: str) -> str:
    """Choose a plugin that provides the method's interface: one that runs, or else one that its next call starts."""
    interface = method.rpartition(".")[0]
    plugins = client.get("/api/plugins")["plugins"]
    providers = [plugin for plugin in plugins if interface in plugin["provides"]]
    if not providers:
        known = sorted({name for plugin in plugins for name in plugin["provides"]})
        raise CliError(
            f"no plugin provides the interface {interface}",
            exit_code=ExitCode.NOT_FOUND,
            code="method-not-found",
            hint=f"there are: {', '.join(known)}" if known else "no plugin is loaded; see `polyhost list`",
        )
    for plugin in providers:
        if plugin["state"] in _RUNNING:
            return str(plugin["id"])
    for plugin in providers:
        if is_resting(plugin):  # the call starts it
            return str(plugin["id"])
    first = providers[0]
    raise CliError(
        f"{first['id']} provides {interface} and is {first['state']}: {first['reason']['text']}",
        exit_code=ExitCode.UNAVAILABLE,
        code="plugin-unavailable",
        hint=f"see `polyhost info {first['id']}`",
    )


def _call_folder(
    folder: Path, call: _Call, printer: _Printer, *, server: str | None, data: str | None
) -> None:
    """Call the server's plugin of this folder; without a server start it here."""
    plugin = _id_in(folder)
    try:
        client = find_server(server, data)
        info = client.get(plugin_path(plugin, "/info"))
    except CliError as error:
        if error.exit_code is ExitCode.UNREACHABLE:
            _call_in_process(folder, call, printer, data)
            return
        info = {}
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
    if not info or Path(info["folder"]).resolve() != folder.resolve():
        raise CliError(
            f"the server at {client.url} has not loaded {folder}",
            exit_code=ExitCode.NOT_FOUND,
            code="plugin-not-found",
            hint=f"`polyhost load {folder}` loads it; --folder {folder} calls it without the server",
        )
    _call_server(client, plugin, call, printer)


def _id_in(folder: Path) -> str:
    manifest = folder / "plugin.toml"
    try:
        with manifest.open("rb") as file:
            return str(tomllib.load(file)["id"])
    except (OSError, ValueError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it has no id that can be read ({error})"
        raise CliError(
            f"{manifest}: {reason}",
            exit_code=ExitCode.CONFIG,
            code="manifest-invalid",
            hint=f"`polyhost check {folder}` says what is wrong with it",
        ) from error


def _call_in_process(folder: Path, call: _Call, printer: _Printer, data: str | None) -> None:
    from hostcore.cli._local import exchange, run_with_plugin  # noqa: PLC0415 - imports the host

    async def act(host: Host, plugin: PluginSnapshot) -> None:
        described = {method.name: method.stream_in or method.stream_out for method in plugin.methods}
        if described.get(call.method, call.stream) is not None:
            async with host.stream(
                call.method, call.params, plugin=plugin.id, timeout=call.timeout, json=True
            ) as stream:
                printer.result(await exchange(stream, call.items, printer.item))
        else:
            printer.result(
                await host.call_json(call.method, call.params, plugin=plugin.id, timeout=call.timeout)
            )

    run_with_plugin(folder, act, data=Path(data) if data else None)


def _pick(value: Any, path: str) -> Any:
    """Follow a dotted path into objects and lists."""
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            has = f"it has: {', '.join(value)}" if isinstance(value, dict) and value else None
            raise CliError(f"the result has no field {path!r}", exit_code=ExitCode.FAILED, hint=has)
    return value
