"""`polyhost about`."""

from __future__ import annotations

import click

from hostcore.cli._find_server import find_server
from hostcore.cli._options import json_option, server_options
from hostcore.cli._output import clock, console, duration, show_line, text, write_json


@click.command("about", short_help="Show what a server runs on: versions, machine, limits.")
@server_options
@json_option
def about_command(*, server: str | None, data: str | None, as_json: bool) -> None:
    """Show the versions that a server runs with, its machine and data folder, since when it runs, and its limits."""
    client = find_server(server, data)
    about = client.get("/api/about")
    if as_json:
        write_json(about)
        return
    to = console()
    show_line(text(("Polyhost", "bold"), f" {about['version']} at {client.url}"), to=to)
    facts = (
        ("running for", f"{duration(about['uptime'])}, since {clock(about['started_at'], full=True)}"),
        ("pid", str(about["pid"])),
        ("data", about["data"]),
        ("machine", f"{about['platform']}, {about['cores']} cores"),
        ("Python", about["python"]),
        ("libraries", ", ".join(f"{name} {version}" for name, version in about["libraries"].items())),
        ("transports", ", ".join(about["transports"])),
        ("extensions", ", ".join(about["extensions"]) or "-"),
        ("limits", ", ".join(f"{name} {value:.15g}" for name, value in about["limits"].items())),
    )
    for label, value in facts:
        show_line(text((f"  {label:<12} ", "dim"), value), to=to)
