"""The command group, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._options import Invocation
from hostcore.cli._output import drop_output, dump_json, prepare_streams, printable

PROGRAM = "polyhost"

# Section of the help → command → module that holds it, as an attribute of the command's name.
COMMANDS: Mapping[str, Mapping[str, str]] = {
    "Run a host": {"serve": "serve"},
    "See how plugins are": {
        "list": "show",
        "info": "show",
        "why": "why",
        "graph": "graph",
        "interfaces": "interfaces",
        "exits": "exits",
        "logs": "logs",
        "events": "events",
        "traffic": "traffic",
        "extensions": "extensions",
        "about": "about",
    },
    "Change plugins of a running host": {
        "load": "change",
        "unload": "change",
        "start": "lifecycle",
        "stop": "lifecycle",
        "restart": "lifecycle",
        "reload": "reload",
        "enable": "lifecycle",
        "disable": "lifecycle",
        "reset": "lifecycle",
        "config": "config",
    },
    "Call and check plugins, with or without a running host": {
        "call": "call",
        "replay": "traffic",
        "check": "check",
    },
    "Say which plugins may run": {"lock": "lock", "sign": "sign", "keys": "keys"},
    "Say who may use a server, and see who has": {"token": "token", "audit": "audit"},
    "This program": {"completion": "completion", "version": "version"},
}


class _ReaderGoneError(Exception):
    """Says that nobody reads standard output any more."""


class LazyGroup(click.Group):
    """Imports the module of a command when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return [name for commands in COMMANDS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or return None when there is none of this name."""
        del ctx
        for commands in COMMANDS.values():
            if cmd_name in commands:
                module = importlib.import_module(f"hostcore.cli._commands.{commands[cmd_name]}")
                command: click.Command = getattr(module, f"{cmd_name}_command")
                return command
        return None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a broken pipe is told by another name, since click would end the process with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in sections, all with the same column."""
        width = max(map(len, self.list_commands(ctx)))
        for section, commands in COMMANDS.items():
            with formatter.section(section):
                rows = []
                for name in commands:
                    command = self.get_command(ctx, name)
                    if command is not None:
                        rows.append((name.ljust(width), command.get_short_help_str(formatter.width)))
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the exit codes say."""
        del ctx
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{code.value:>3}", code.meaning) for code in ExitCode])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say what was meant when there is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            import difflib  # noqa: PLC0415 - only for typing errors

            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"did you mean `{PROGRAM} {close[0]}`?" if close else f"see `{PROGRAM} --help`"
            raise CliError(f"there is no command {name!r}", exit_code=ExitCode.USAGE, hint=hint)
        return super().resolve_command(ctx, args)


def _show_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value and not context.resilient_parsing:
        from hostcore._version import VERSION  # noqa: PLC0415 - reads the metadata of installed packages

        click.echo(f"{PROGRAM} {VERSION}")
        context.exit()


@click.group(
    cls=LazyGroup,
    name=PROGRAM,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def polyhost() -> None:
    """Run plugins written in any language, call them, and see how they are.

    `polyhost serve` runs a host; the other commands talk to it. Each command has its own --help.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code; never raises.

    Args:
        arguments: what follows the program's name; None takes those of this process.
    """
    invocation = Invocation()
    prepare_streams()
    try:
        result = polyhost.main(
            args=None if arguments is None else list(arguments),
            prog_name=PROGRAM,
            standalone_mode=False,
            obj=invocation,
        )
        sys.stdout.flush()
    except CliError as error:
        return _tell(error, as_json=invocation.json)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    except click.UsageError as error:
        return _tell(_usage_error(error), as_json=invocation.json)
    except click.ClickException as error:
        wrong = CliError(error.format_message(), exit_code=ExitCode.USAGE)
        return _tell(wrong, as_json=invocation.json)
    except BaseException as error:  # noqa: BLE001 - the boundary of the program
        return _end_with(error, as_json=invocation.json)
    return result if isinstance(result, int) else ExitCode.OK


def _end_with(error: BaseException, *, as_json: bool) -> int:
    """Tell what no command has turned into a message."""
    from hostcore.errors import HostError  # noqa: PLC0415 - a client command needs none of them

    while isinstance(
        error, BaseExceptionGroup
    ):  # a nursery wraps what its tasks raised; one of them tells it
        error = error.exceptions[0]
    match error:
        case SystemExit():  # what click does after completing a word
            return error.code if isinstance(error.code, int) else ExitCode.OK
        case click.Abort() | KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case BrokenPipeError() | _ReaderGoneError():
            drop_output()
            return ExitCode.BROKEN_PIPE
        case CliError():
            told = error
        case HostError():
            told = CliError.from_host(error)
        case OSError():
            # Files that a command reads or writes have their own messages: this is the output, or the machine.
            told = CliError(str(error.strerror or error), exit_code=ExitCode.FAILED, location=error.filename)
        case _:
            told = _bug(error)
    return _tell(told, as_json=as_json)


def _tell(error: CliError, *, as_json: bool) -> int:
    with suppress(OSError):  # there is nobody left to tell
        if as_json:
            sys.stderr.write(dump_json(error.as_json(), indent=False) + "\n")
        else:
            place = f"{error.location}: " if error.location and error.location not in error.message else ""
            first, *more = printable(f"{place}{error.message}").splitlines() or [""]
            lines = [f"{_paint(f'{PROGRAM}: error:', '1;31')} {first}", *(f"  {line}" for line in more)]
            if error.hint:
                lines.append(f"{_paint('hint:', '1;36')} {printable(error.hint)}")
            sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    with suppress(OSError):
        sys.stdout.flush()
    return error.exit_code


def _bug(error: BaseException) -> CliError:
    """Tell of an error nobody foresaw; the traceback is for the report."""
    if os.environ.get("POLYHOST_TRACEBACK"):
        import traceback  # noqa: PLC0415 - only for bugs

        traceback.print_exception(error)
    hint = "this is a bug in Polyhost; run it again with POLYHOST_TRACEBACK=1 and report what it shows"
    return CliError(f"{type(error).__name__}: {error}", exit_code=ExitCode.INTERNAL, hint=hint)


def _usage_error(error: click.UsageError) -> CliError:
    path = error.ctx.command_path if error.ctx is not None else PROGRAM
    message = error.format_message().rstrip(".").replace("is not a valid integer range", "is no whole number")
    hint = f"see `{path} --help`"
    if isinstance(error, click.NoSuchOption) and path == PROGRAM:
        hint = f"options of a command follow it, as in `{PROGRAM} list {error.option_name}`; {hint}"
    return CliError(message[:1].lower() + message[1:], exit_code=ExitCode.USAGE, hint=hint)


def _paint(word: str, style: str) -> str:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stderr.isatty()
    return word if plain else f"\x1b[{style}m{word}\x1b[0m"
