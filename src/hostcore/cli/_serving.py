"""The process of `polyhost serve`: a host and its API from the first look at the configuration to the last signal."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from hostcore.cli._client import UNIX
from hostcore.cli._describe import change_lines, what_happened
from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode
from hostcore.cli._output import clock, console, drop_output, show_line, state_text, text
from hostcore.cli._server_package import server_package

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    import trio
    from rich.console import Console

    from hostcore.config import HostConfig
    from hostcore.events import Recorded
    from hostcore.host import DesiredState, Host
    from hostcore.snapshots import LogLine
    from hostweb_api import Access, AuditTrail, ServerTls

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOCK_FILE = "server.lock"
STATE_FILE = "host.sqlite3"
_OWN_TERMINAL = "/dev/tty"
# Kinds of events that a person in front of the server is told of as `polyhost events` tells them.
_TOLD = frozenset({
    "plugin-wanted-changed",
    "plugin-reloaded",
    "plugin-reload-failed",
    "plugin-unverified",
    "instance-recycled",
    "extension-failed",
})  # fmt: skip
# Those, and the ones that it is told of in other words.
_ALL_TOLD = _TOLD | {"plugin-state-changed", "plugin-refused", "plugin-unloaded", "config-reloaded"}


def run_server(read: Callable[[], HostConfig]) -> int:
    """Serve until a signal comes; returns the exit code.

    Args:
        read: reads the configuration, now and whenever it is to be read again.
    """
    import trio  # noqa: PLC0415 - client commands start without it

    from hostcore.host import DesiredState  # noqa: PLC0415 - as above

    config = read()
    api = server_package()
    # Before any plugin is started; `serve_api` has the last word.
    addresses = api.Addresses.from_config(config.server)
    addresses.check()
    from hostcore.cli._logging import logging_to_stderr  # noqa: PLC0415 - as above

    with (
        logging_to_stderr(form=config.logging.format, level=config.logging.level, told=_ALL_TOLD),
        _locked(config.data),
        DesiredState.open(config.data / STATE_FILE) as desired,
        api.Access.open(config.data / api.ACCESS_FILE) as access,
        api.AuditTrail.open(
            config.data / api.AUDIT_FILE,
            days=config.audit.days,
            megabytes=config.audit.megabytes,
            calls=config.audit.calls,
        ) as audit,
    ):
        return trio.run(_Server(config, read, desired, access, audit, tls=addresses.tls()).run)


class _Server:
    """Holds a host and its API together while they run."""

    def __init__(
        self,
        config: HostConfig,
        read: Callable[[], HostConfig],
        desired: DesiredState,
        access: Access,
        audit: AuditTrail,
        *,
        tls: ServerTls | None,
    ) -> None:
        import trio  # noqa: PLC0415 - as above

        self._config = config
        self._read = read
        self._desired = desired
        self._access = access
        self._audit = audit
        self._tls = tls
        self._host: Host | None = None
        self._terminals = _terminals()
        self._console: Console = console(sys.stderr)
        self._stopping = trio.Event()
        self._is_up = False
        self._everything = trio.CancelScope()
        self._code = ExitCode.OK

    async def run(self) -> int:
        """Run until stopped; returns the exit code."""
        import trio  # noqa: PLC0415 - as above

        # Under nohup the end of the terminal is to be survived.
        heard = [
            number
            for number in _SIGNALS
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        ]
        with trio.open_signal_receiver(*heard) as signals:
            async with trio.open_nursery() as watching:
                watching.start_soon(self._watch, signals, watching)
                with self._everything:
                    await self._serve()
                watching.cancel_scope.cancel()
        self._say("stopped" if self._code is ExitCode.OK else "stopped at once")
        return self._code

    async def _serve(self) -> None:
        from hostcore.host import open_host  # noqa: PLC0415 - as above

        self._tell_empty_folders()
        self._say("starting the plugins")
        async with open_host(
            self._config,
            desired=self._desired,
            reread=self._read,
            on_event=self._tell_event,
            on_log=self._tell_line,
            declarations=(server_package().WebHooks,),
        ) as host:
            self._host = host
            if not self._stopping.is_set():
                await self._serve_api(host)
            self._host = None
            self._say("stopping the plugins")

    async def _serve_api(self, host: Host) -> None:
        import trio  # noqa: PLC0415 - as above

        from hostcore.cli._run_file import remove_run_file  # noqa: PLC0415 - as above

        server, api = self._config.server, server_package()
        async with trio.open_nursery() as serving:

            async def start(
                task_status: trio.TaskStatus[tuple[str, ...]] = trio.TASK_STATUS_IGNORED,
            ) -> None:
                await api.serve_api(
                    host,
                    stopping=self._stopping,
                    addresses=api.Addresses.from_config(server),
                    tls=self._tls,
                    settings=api.ApiSettings.from_config(server),
                    access=self._access,
                    audit=self._audit,
                    console=api.find_console(),
                    task_status=task_status,
                )

            urls: tuple[str, ...] = await serving.start(start)
            self._write_run_file(_best_for_commands(urls), host)
            self._is_up = True
            # What is here stays as long as the process: each full collection would look at all of it, and stop every
            # call for a tenth of a second.
            gc.collect()
            gc.freeze()
            for url in urls[1:]:
                self._say(f"also at {url}")
            self._tell_link(urls)
            # At last: whoever waits for this line finds all else said.
            self._tell_ready(urls[0])
        remove_run_file(self._config.data, run=host.run_id)

    def _write_run_file(self, url: str, host: Host) -> None:
        from hostcore.cli._run_file import RUN_FILE, write_run_file  # noqa: PLC0415 - as above

        try:
            write_run_file(self._config.data, url=url, run=host.run_id)
        except OSError as error:
            raise CliError(
                f"the file that tells clients of the server cannot be written: {error.strerror}",
                exit_code=ExitCode.CONFIG,
                code="config-invalid",
                location=str(self._config.data / RUN_FILE),
                hint="remove what is in its place, or choose another folder with --data DIR",
            ) from error

    def _tell_empty_folders(self) -> None:
        """Say which folders of plugins hold none: nothing is wrong, but somebody may have meant another one."""
        from hostcore.policies import folders_without_plugins  # noqa: PLC0415 - as above

        for folder in folders_without_plugins(self._config):
            self._say(
                f"there is no plugin in {folder}: a plugin is a folder in it with a plugin.toml; add one and run"
                " `polyhost reload`, or load one from elsewhere with `polyhost load DIR`"
            )

    def _tell_ready(self, url: str) -> None:
        """Write the one line of standard output; whoever was to read it may have gone, the plugins still run."""
        ready = f"Polyhost is ready at {url}"
        try:
            sys.stdout.write(f"{ready}\n")
            sys.stdout.flush()
        except OSError as error:
            drop_output()
            self._say(f"{ready}; standard output cannot be written: {error.strerror}")

    def _tell_link(self, urls: Sequence[str]) -> None:
        """Say how to sign in where nobody could: tokens are needed, and no administrator has one."""
        pages = [url for url in urls if not url.startswith(UNIX)]
        server = self._config.server
        addresses = server_package().Addresses.from_config(server)
        is_open = server.require_token or server.names or server.public_url or addresses.reach_others
        if is_open and not self._access.has_admin:
            base = (server.public_url or pages[0]).rstrip("/")
            # What follows the # stays in the browser: it is in no request, no proxy's log and no Referer.
            self._say(f"sign in once, within an hour, at {base}/sign-in#token={self._access.make_code()}")

    def _tell_event(self, recorded: Recorded) -> None:
        """Say on standard error what a person in front of it should know."""
        event = recorded.as_json()
        if event["kind"] == "plugin-state-changed":
            line = text(f"{event['plugin']} is ").append_text(state_text(event["new"]))
            why = event["reason"]["text"]
            self._say_line(line.append_text(text(f": {why}" if event["new"] != "ready" and why else "")))
        elif event["kind"] == "plugin-refused":
            self._say(f"{event['plugin']} is refused: {event['reason']['text']}")
        elif event["kind"] == "plugin-unloaded":
            self._say(f"{event['plugin']} is unloaded")
        elif event["kind"] == "config-reloaded":
            for told in change_lines(event["change"]):
                self._say(f"configuration: {told}")
        elif event["kind"] in _TOLD:
            self._say_line(
                text(f"{event.get('plugin') or event['extension']} ").append_text(what_happened(event))
            )

    def _tell_line(self, line: LogLine) -> None:
        """Show what the host says of a plugin until all are up: a build may take minutes."""
        if line.source == "host" and not self._is_up:
            self._say(f"{line.plugin}: {line.message}")

    async def _watch(self, signals: AsyncIterator[int], nursery: trio.Nursery) -> None:
        """Stop in order at the first signal, at once at the second, and end the process at the third.

        A SIGHUP that does not tell of the end of the terminal is no wish to stop: the configuration is read again.
        """
        count = 0
        async for number in signals:
            if number == signal.SIGHUP and self._terminals <= _terminals():
                nursery.start_soon(self._reload)
                continue
            count += 1
            name = signal.Signals(number).name
            if count == 1:
                self._say(f"{name}: finishing requests, then stopping the plugins; once more to stop at once")
                self._stopping.set()
                if not self._is_up:
                    self._everything.cancel()
            elif count == 2:  # noqa: PLR2004 - the second of three
                self._say(f"{name}: stopping at once")
                self._code = ExitCode.INTERRUPTED
                self._everything.cancel()
            else:
                os._exit(ExitCode.INTERRUPTED)

    async def _reload(self) -> None:
        from hostcore.errors import HostClosedError, HostError  # noqa: PLC0415 - as above

        if self._host is None or self._stopping.is_set():
            self._say("SIGHUP: the host is starting or stopping; the configuration is not read again")
            self._note_reload(HostClosedError.code)
            return
        problem = self._renew_certificate()
        self._say("SIGHUP: reading the configuration again")
        try:
            await self._host.reload_config()  # what has changed is an event
        except HostError as error:
            self._say(f"the configuration stays as it was: {error}")
            problem = error.code
        finally:
            self._note_reload(problem)

    def _renew_certificate(self) -> str:
        """Read the certificate for TLS again, if there is one; returns the code of what was wrong, or nothing."""
        from hostcore.errors import ConfigError  # noqa: PLC0415 - as above

        if self._tls is None:
            return ""
        try:
            self._tls.renew()
        except ConfigError as error:
            self._say(f"SIGHUP: the certificate for TLS stays as it was: {error}")
            return error.code
        self._say("SIGHUP: the certificate for TLS was read again; new connections get it")
        return ""

    def _note_reload(self, problem: str) -> None:
        """Tell the audit trail of a reload that nobody has asked for over the API."""
        import time  # noqa: PLC0415 - as above

        api = server_package()
        self._audit.note(
            api.AuditRecord(
                at=time.time(),
                outcome=api.Outcome.FAILED if problem else api.Outcome.DONE,
                caller="SIGHUP",
                kind=api.CallerKind.SIGNAL.value,
                address="local",
                operation="reloadHost",
                target=str(self._config.source or ""),
                problem=problem,
            )
        )

    def _say(self, message: str) -> None:
        self._say_line(text(message))

    def _say_line(self, line: Any) -> None:
        import time  # noqa: PLC0415 - as above

        now = time.time()
        with suppress(OSError):  # nobody reads standard error any more; the host goes on
            if self._config.logging.format == "json":
                from hostcore.cli._logging import as_json_line  # noqa: PLC0415 - as above

                sys.stderr.write(as_json_line(line.plain, at=now) + "\n")
                sys.stderr.flush()
                return
            full = text((clock(now, full=not self._console.is_terminal), "dim"), " ").append_text(line)
            show_line(full, to=self._console)


def _best_for_commands(urls: Sequence[str]) -> str:
    """Return the address that commands of this machine get along with best: a socket needs no token, TLS a root."""
    return min(urls, key=lambda url: (not url.startswith(UNIX), not url.startswith("http://")))


def _terminals() -> frozenset[int | str]:
    """Return which standard streams are terminals, and whether there is one that the process belongs to."""
    found: set[int | str] = {descriptor for descriptor in range(3) if os.isatty(descriptor)}
    with suppress(OSError):
        os.close(os.open(_OWN_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
        found.add(_OWN_TERMINAL)
    return frozenset(found)


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Keep the data folder for this process alone; the kernel lets it go however the process ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CliError(
            f"the data folder {data} cannot be used: {error.strerror}",
            exit_code=ExitCode.CONFIG,
            code="config-invalid",
            hint="choose another one with --data DIR",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CliError(
                f"another `polyhost serve` uses the data folder {data}",
                exit_code=ExitCode.CONFLICT,
                hint="stop it, or choose another folder with --data DIR",
            ) from error
        yield
    finally:
        os.close(descriptor)
