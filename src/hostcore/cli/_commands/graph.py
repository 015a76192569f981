"""`polyhost graph`."""

from __future__ import annotations

import sys

import click

from hostcore.cli._find_server import find_server
from hostcore.cli._graph import dot, draw
from hostcore.cli._options import json_option, server_options
from hostcore.cli._output import console, is_terminal, show_line, write_json


@click.command("graph", short_help="Draw who requires whom, and the order of starts.")
@click.option(
    "--dot", "as_dot", is_flag=True, help="Write the graph for Graphviz: polyhost graph --dot | dot -Tsvg"
)
@server_options
@json_option
def graph_command(*, as_dot: bool, server: str | None, data: str | None, as_json: bool) -> None:
    """Draw who requires whom, and in which waves the plugins start.

    Plugins of a wave start together, once all that they require is ready. `polyhost why PLUGIN` says why one was
    picked and not another.
    """
    if as_dot and as_json:
        raise click.UsageError("--dot and --json are two forms: choose one.")
    client = find_server(server, data)
    topology = client.get("/api/topology")
    if as_json:
        write_json(topology)
    elif as_dot:
        click.echo(dot(topology))
    elif topology["plugins"]:
        to = console()
        lines = list(draw(topology))
        while not lines[-1].plain:
            lines.pop()
        for line in lines:
            show_line(line, to=to)
    elif is_terminal(sys.stdout):
        click.echo("no plugins; load one with `polyhost load FOLDER`", err=True)
