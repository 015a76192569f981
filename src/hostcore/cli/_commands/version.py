"""`polyhost version`."""

from __future__ import annotations

import platform

import click

from hostcore.cli._options import json_option
from hostcore.cli._output import write_json


@click.command("version", short_help="Show the versions of what runs.")
@json_option
def version_command(*, as_json: bool) -> None:
    """Show the versions of Polyhost, of Python and of the system."""
    from hostcore._version import VERSION  # noqa: PLC0415 - reads the metadata of installed packages

    facts = {
        "polyhost": VERSION,
        "protocol": 1,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }
    if as_json:
        write_json(facts)
    else:
        click.echo(f"polyhost {VERSION} (Python {facts['python']}, {facts['system']})")
