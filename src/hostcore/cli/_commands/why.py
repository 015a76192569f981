"""`polyhost why`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hostcore.cli._client import plugin_path
from hostcore.cli._find_server import find_server
from hostcore.cli._options import complete_plugin, json_option, server_options
from hostcore.cli._output import console, show_line, state_text, text, write_json
from hostcore.cli._requirements import notes, requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.text import Text

    from hostcore.cli._client import Client

_WANTED = {"stopped": "It is to stay stopped.", "disabled": "It is to stay disabled."}


@click.command("why", short_help="Explain how a plugin is, and what it requires of whom.")
@click.argument("plugin", shell_complete=complete_plugin)
@server_options
@json_option
def why_command(*, plugin: str, server: str | None, data: str | None, as_json: bool) -> None:
    """Explain why a plugin is as it is.

    Says for each of its requirements who was picked and why, who else was looked at and why not, and who requires the
    plugin itself.
    """
    facts = _facts(find_server(server, data), plugin)
    if as_json:
        write_json(facts)
        return
    to = console()
    for line in _explain(facts):
        show_line(line, to=to)


def _facts(client: Client, plugin: str) -> dict[str, Any]:
    """Take from the topology what is about one plugin."""
    client.get(plugin_path(plugin, "/info"))  # which says what is wrong when there is no such plugin
    topology = client.get("/api/topology")
    needs = topology["dependencies"]
    return {
        "plugin": next(each for each in topology["plugins"] if each["id"] == plugin),
        "requires": [need for need in needs if need["dependent"] == plugin],
        "required_by": [need for need in needs if need["provider"] == plugin],
        "problem": topology["problems"].get(plugin),
    }


def _explain(facts: Mapping[str, Any]) -> Iterator[Text]:
    plugin, problem = facts["plugin"], facts["problem"]
    line = text((plugin["id"], "bold"), f" {plugin['version']}".rstrip(), " is ")
    reason = plugin["reason"]["text"]
    yield line.append_text(state_text(plugin["state"])).append_text(text(f": {reason}" if reason else ""))
    if plugin["wanted"] in _WANTED and plugin["wanted"] != plugin["state"]:
        yield text(_WANTED[plugin["wanted"]])
    if problem is not None:
        if problem["text"] != reason:
            yield text(f"It cannot start: {problem['text']}")
        if len(problem["chain"]) > 1:
            yield text("  ", (" → ".join(problem["chain"]), "bold red"))
    if facts["requires"]:
        yield text()
        yield text(("Requires", "bold"))
    for need in facts["requires"]:
        yield text(f"  {requirement(need)}", (notes(need), "dim"))
        yield from _candidates(need)
    yield from _dependents(facts["required_by"])


def _candidates(need: Mapping[str, Any]) -> Iterator[Text]:
    if not need["candidates"]:
        yield text("    ", ("✗ nobody has it", "dim" if need["optional"] else "bold red"))
    named = [f"{each['plugin']} {each['version']}".strip() for each in need["candidates"]]
    width = max(map(len, named), default=0)
    for name, each in zip(named, need["candidates"], strict=True):
        is_picked = each["plugin"] == need["provider"]
        mark, style = ("●", "green") if is_picked else ("○", "") if each["accepted"] else ("✗", "dim")
        yield text("    ", (mark, style), f" {name:<{width}}  ", (each["text"], "" if is_picked else "dim"))


def _dependents(needs: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    if not needs:
        return
    yield text()
    yield text(("Required by", "bold"))
    width = max(len(need["dependent"]) for need in needs)
    for need in needs:
        yield text(f"  {need['dependent']:<{width}}  {requirement(need)}", (notes(need), "dim"))
