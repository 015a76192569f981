"""`polyhost interfaces`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._find_server import find_server
from hostcore.cli._options import (
    complete_interface,
    complete_interface_version,
    json_option,
    server_options,
)
from hostcore.cli._output import (
    STATES,
    console,
    is_terminal,
    show,
    show_line,
    state_text,
    table,
    text,
    write_json,
)
from hostcore.cli._requirements import provider, requirement
from hostcore.cli._signature import item_type, signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.text import Text

    from hostcore.cli._client import Client

_SEVERITIES = {"break": ("✗", "bold red"), "warn": ("!", "yellow"), "ok": ("✓", "green")}


@click.command("interfaces", short_help="Show interfaces, who has them and who needs them.")
@click.argument("name", required=False, shell_complete=complete_interface)
@click.argument("version", required=False, shell_complete=complete_interface_version)
@click.option(
    "--diff",
    nargs=2,
    metavar="OLD NEW",
    shell_complete=complete_interface_version,
    help="Show what differs between two versions of NAME, and whom that breaks.",
)
@server_options
@json_option
def interfaces_command(
    *,
    name: str | None,
    version: str | None,
    diff: tuple[str, str] | None,
    server: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    """List the interfaces of the plugins, or show one: methods, errors, who has it, who needs it.

    Of an interface that is there in several versions, the highest one is shown unless VERSION says otherwise.
    """
    if diff is not None and (name is None or version is not None):
        raise click.UsageError("--diff takes the name of an interface, and the versions itself.")
    client = find_server(server, data)
    if name is None:
        _list(client, as_json=as_json)
    elif diff is not None:
        _compare(client, name, diff, as_json=as_json)
    else:
        _show(client, name, version, as_json=as_json)


# -- all of them


def _list(client: Client, *, as_json: bool) -> None:
    document = client.get("/api/interfaces")
    if as_json:
        write_json(document)
        return
    needs = client.get("/api/topology")["dependencies"]
    interfaces = document["interfaces"]
    to = console()
    if interfaces:
        rows = [
            (
                text((each["name"], "bold")),
                each["version"],
                str(len(each["method_names"])),
                _providers(each["providers"]),
                ", ".join(_served(each)) or "-",
            )
            for each in interfaces
        ]
        headers = ("INTERFACE", "VERSION", ">METHODS", "PROVIDED BY", "REQUIRED BY")
        show(table(headers, rows, droppable=("METHODS",), width=to.width), to=to)
    elif is_terminal(sys.stdout):
        click.echo("no interfaces; load a plugin with `polyhost load FOLDER`", err=True)
    _tell_unmet(needs, to, is_below=bool(interfaces))


def _served(interface: Mapping[str, Any]) -> list[str]:
    """Name the plugins that this version was picked for."""
    return [each["plugin"] for each in interface["requirers"] if each["version"] == interface["version"]]


def _providers(providers: Sequence[Mapping[str, Any]]) -> Text:
    """Name the plugins with the symbol of their state, and with its word where they are not ready."""
    line = text()
    for each in providers:
        symbol, style = STATES.get(each["state"], ("?", ""))
        line.append_text(text(", " if line else "", (symbol, style), f" {each['plugin']}"))
        if each["state"] != "ready":
            line.append_text(text((f" ({each['state']})", style)))
    return line


def _tell_unmet(needs: Sequence[Mapping[str, Any]], to: Console, *, is_below: bool) -> None:
    """Tell what is required and nobody was picked for: what nobody has is in no row."""
    # The interface of the host itself has a version and no provider.
    unmet = [each for each in needs if each["kind"] == "interface" and each["version"] is None]
    if unmet and is_below:
        show(text(""), to=to)
    for each in unmet:
        style = "" if each["optional"] else STATES["failed"][1]
        line = text((each["dependent"], f"bold {style}".strip()), f" requires {requirement(each)}")
        note = ", optional" if each["optional"] else ""
        show_line(line.append_text(text(f"{note}: nobody will do")), to=to)


# -- one of them


def _show(client: Client, name: str, version: str | None, *, as_json: bool) -> None:
    versions: list[str] = []
    if version is None or not as_json:
        versions = _versions_of(client, name)
    interface = client.get(_path(name, version or versions[0]))
    if as_json:
        write_json(interface)
        return
    to = console()
    show(text((interface["name"], "bold"), f" {interface['version']}"), to=to)
    if interface["description"]:
        show(text(interface["description"]), to=to)
    show(text(""), to=to)
    for label, value in _facts(interface, versions):
        show_line(text((f"  {label:<11} ", "dim")).append_text(value), to=to)
    show(text(""), to=to)
    for indent, line in _methods(interface):
        _show_indented(indent, line, to)
    _show_errors(interface["errors"], to)


def _versions_of(client: Client, name: str) -> list[str]:
    """Return the versions of an interface, the highest first; at least one."""
    interfaces = client.get("/api/interfaces")["interfaces"]
    found = [each["version"] for each in interfaces if each["name"] == name]
    found = found or [each["version"] for each in interfaces if name in each["aliases"]]
    if not found:
        import difflib  # noqa: PLC0415 - only for typing errors

        names = list(dict.fromkeys(each["name"] for each in interfaces))
        near = difflib.get_close_matches(name, names, n=1)
        raise CliError(
            f"no plugin has an interface {name}",
            exit_code=ExitCode.NOT_FOUND,
            code="interface-not-found",
            hint=f"did you mean {near[0]}?" if near else f"known interfaces: {', '.join(names) or 'none'}",
        )
    return found


def _facts(interface: Mapping[str, Any], versions: Sequence[str]) -> Iterator[tuple[str, Text]]:
    width = max(
        (len(each["plugin"]) for each in (*interface["providers"], *interface["requirers"])), default=0
    )
    for number, each in enumerate(interface["providers"]):
        line = text(f"{each['plugin']:<{width}}  ").append_text(state_text(each["state"]))
        if each["differs"]:
            line.append_text(text((", describes it otherwise than below", "yellow")))
        yield "" if number else "provided by", line
    for number, each in enumerate(interface["requirers"]):
        note = ", optional" if each["optional"] else ""
        yield (
            "" if number else "required by",
            text(f"{each['plugin']:<{width}}  {each['range']}{note}", (" from ", "dim"), provider(each)),
        )
    others = [each for each in versions if each != interface["version"]]
    if others:
        yield "versions", text(f"also {', '.join(others)}")
    if interface["aliases"]:
        yield "also called", text(", ".join(interface["aliases"]))
    if interface["source"]:
        yield "source", text(interface["source"])


def _methods(interface: Mapping[str, Any]) -> Iterator[tuple[int, Text]]:
    """Tell the methods in lines, each with the columns that it is indented by."""
    if not interface["methods"]:
        yield (
            0,
            text("Nothing describes its methods: there is no interface file, and the plugin only names it."),
        )
        return
    yield 0, text(("Methods", "bold"))
    written = (interface["document"] or {}).get("methods", {})
    for method in interface["methods"]:
        yield 2, text(signature(method))
        if method["description"]:
            yield 6, text((" ".join(method["description"].split()), "dim"))
        for verb, schema in (("takes", method["stream_in"]), ("sends", method["stream_out"])):
            if schema is not None:
                yield 6, text(f"{verb} a stream of {item_type(schema)}")
        errors = written.get(method["name"].rpartition(".")[2], {}).get("errors", ())
        if errors:
            yield 6, text("errors: ", ", ".join(errors))
        if method["deprecated"]:
            yield 6, text(("deprecated: ", "yellow"), method["deprecated"])


def _show_indented(indent: int, line: Text, to: Console) -> None:
    """Print a line that the terminal's width wraps between words, all of it as far from the left."""
    from rich.padding import Padding  # noqa: PLC0415 - 60 ms that JSON output need not pay

    show(Padding(line, (0, 0, 0, indent), expand=False), to=to)


def _show_errors(errors: Mapping[str, Mapping[str, Any]], to: Console) -> None:
    if not errors:
        return
    rows = [
        (
            each["name"],
            each["code"],
            "yes" if each["retryable"] else "no",
            " ".join(each["description"].split()) or "-",
        )
        for each in errors.values()
    ]
    show(text(""), to=to)
    show(
        table(
            ("ERROR", "CODE", "RETRYABLE", "DESCRIPTION"),
            rows,
            droppable=("RETRYABLE", "CODE"),
            width=to.width,
        ),
        to=to,
    )


# -- two versions of one


def _compare(client: Client, name: str, versions: tuple[str, str], *, as_json: bool) -> None:
    old, new = versions
    diff = client.get(_path(name, "diff") + "?" + urlencode({"from": old, "to": new}))
    if as_json:
        write_json(diff)
        return
    to = console()
    for line in _tell(diff):
        show_line(line, to=to)


def _tell(diff: Mapping[str, Any]) -> Iterator[Text]:
    """Tell each finding with its rule and place below it, and at the end how many there are."""
    yield text((diff["name"], "bold"), f" {diff['from']} → {diff['to']}")
    yield text()
    counts: Counter[str] = Counter()
    for finding in diff["findings"]:
        severity = finding["severity"]
        counts[severity] += 1
        mark, style = _SEVERITIES.get(severity, ("?", ""))
        yield text("  ", (f"{mark} {severity:<5}", style), f"  {finding['message']}")
        where = f" at {finding['pointer']}" if finding["pointer"] else ""
        yield text((f"           {finding['rule']}{where}", "dim"))
    if counts:
        yield text()
        yield text(", ".join(f"{count} {severity}" for severity, count in counts.items()))
    else:
        yield text("nothing differs")


def _path(name: str, rest: str) -> str:
    return f"/api/interfaces/{quote(name, safe='')}/{quote(rest, safe='')}"
