"""`polyhost completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print a completion script.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash   echo 'source <(polyhost completion bash)' >> ~/.bashrc
    zsh    echo 'source <(polyhost completion zsh)' >> ~/.zshrc
    fish   polyhost completion fish > ~/.config/fish/completions/polyhost.fish

    Plugin ids, interfaces and methods are completed from the running server.
    """  # noqa: D301 - click wants the character: what follows is not rewrapped
    found = get_completion_class(shell)
    if found is None:  # pragma: no cover - click has all three
        raise click.UsageError(f"there is no completion for {shell}")
    # The template alone: source() would start the shell to ask for its version.
    complete = found(click.Command("polyhost"), {}, "polyhost", "_POLYHOST_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
