"""The plugin as its author declares it."""

from __future__ import annotations

import os
import sys

from polyhost_plugin._errors import HostGoneError
from polyhost_plugin._host import Host
from polyhost_plugin._method import Method, public_methods
from polyhost_plugin._rules import FRAME_LIMIT_LEAST, INFLIGHT, PROTOCOL_VERSION
from polyhost_plugin._wire import FRAME_LIMIT, FRAME_LIMIT_MAX, Wire, secure

TYPE_CHECKING = False  # not from typing: that import costs 5 ms at every start
if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping
    from typing import Any, Callable, TypeVar

    from polyhost_plugin._engine import Engine

    Handler = TypeVar("Handler", bound=Callable[..., Any])

THREADS = 8
"""Enough for handlers that wait for disks and networks; each idle thread costs little, each busy one shares the GIL."""

EXIT_NOT_A_PLUGIN = 2
"""The exit status when a person starts the program by hand: the same as for a wrong command line."""

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")


class Plugin:
    """Declares what a plugin can do, then serves it with `run()`.

    Args:
        name: the plugin's id, as in its manifest.
        version: the plugin's own version.
        interfaces: the versions (`MAJOR.MINOR`) of the interfaces that `method` adds to; those not named are `1.0`.
        needs: services it calls in the host, such as `Host` or `TextTools`.
        threads: how many slow calls may run beside each other. With 0 everything happens in one thread: for code that
            tolerates no threads; then pings wait while a handler runs, and cancellation shows when a handler asks.
        frame_limit: the largest message to accept, in bytes.

    Attributes:
        host: calls into the host.
        config: the configuration from the host, once `run()` has been welcomed.
        data_dir: the plugin's own folder, kept over restarts; None when there is none.
    """

    def __init__(
        self,
        name: str,
        *,
        version: str = "0.1.0",
        interfaces: Mapping[str, str] | None = None,
        needs: tuple[str, ...] = (),
        threads: int = THREADS,
        frame_limit: int = FRAME_LIMIT,
    ) -> None:
        if not FRAME_LIMIT_LEAST <= frame_limit <= FRAME_LIMIT_MAX:
            raise ValueError(
                f"frame_limit is {frame_limit}; the protocol allows {FRAME_LIMIT_LEAST} to {FRAME_LIMIT_MAX} bytes"
            )
        if threads < 0:
            raise ValueError(f"threads is {threads}; give 0 for a single thread, or more")
        self.name = name
        self.version = version
        self.host = Host()
        self.config: dict[str, Any] = {}
        self.data_dir: str | None = os.environ.get("POLYHOST_DATA_DIR")
        self.methods: dict[str, Method] = {}
        self.start_hooks: list[Callable[[dict[str, Any], str | None], object]] = []
        self.stop_hooks: list[Callable[[], object]] = []
        self._interfaces = dict(interfaces or {})
        self._needs = needs
        self._threads = threads
        self._frame_limit = frame_limit
        self._save: Callable[[], bytes] | None = None
        self._restore: Callable[[bytes], object] | None = None
        self._engine: Engine | None = None

    def __repr__(self) -> str:
        return f"<Plugin {self.name} {self.version} methods={sorted(self.methods)}>"

    # Methods

    def method(self, name: str, *, threaded: bool = False) -> Callable[[Handler], Handler]:
        """Serve `Interface.Method` with the decorated function.

        The params come as keyword arguments; the argument `call`, if there is one, is the `Call`. It returns the
        result, a dict. A generator streams what it yields and returns the trailer.

        Args:
            name: `Interface.Method`.
            threaded: run it in a worker thread from the first call on; else the SDK does so once it has been slow.

        Raises:
            TypeError: the function cannot be a handler.
            ValueError: the name is none, or taken.
        """

        def register(function: Handler) -> Handler:
            self._add(name, function, threaded=threaded)
            return function

        return register

    def provide(self, interface: str, version: str, implementation: object) -> None:
        """Serve an interface with the public methods of an object: `list_keys` or `ListKeys` serves `ListKeys`.

        Args:
            interface: its name.
            version: its version, `MAJOR.MINOR`.
            implementation: any object; names that begin with an underscore stay private.

        Raises:
            TypeError: a public method cannot be a handler, or there is none.
            ValueError: a name is none, or taken.
        """
        methods = public_methods(implementation)
        if not methods:
            raise TypeError(f"{implementation!r} has no public methods to provide {interface} with")
        self._interfaces[interface] = version
        for name, function in methods.items():
            self._add(f"{interface}.{name}", function)

    def _add(self, name: str, function: Callable[..., Any], *, threaded: bool = False) -> None:
        interface, _, method = name.partition(".")
        if not (interface.isidentifier() and method.isidentifier()):
            raise ValueError(f"{name!r} is no method name; write Interface.Method, such as KeyValue.Get")
        if name in self.methods:
            raise ValueError(f"{name} has a handler already")
        self._interfaces.setdefault(interface, "1.0")
        self.methods[name] = Method(name, function, threaded=threaded)

    # Hooks

    def on_start(self, hook: Handler) -> Handler:
        """Run the decorated `hook(config, data_dir)` when the host has said hello, before the first call."""
        self.start_hooks.append(hook)
        return hook

    def on_shutdown(self, hook: Handler) -> Handler:
        """Run the decorated `hook()` once, when calls have finished and the process is about to end."""
        self.stop_hooks.append(hook)
        return hook

    def on_save(self, hook: Handler) -> Handler:
        """Let the decorated `hook() -> bytes` give the state that a newer incarnation of the plugin goes on with."""
        self._save = hook
        self._serve_handover()
        return hook

    def on_restore(self, hook: Handler) -> Handler:
        """Give the state of an older incarnation to the decorated `hook(state)`, before the first call."""
        self._restore = hook
        self._serve_handover()
        return hook

    def _serve_handover(self) -> None:
        self.methods["$/handover"] = Method("$/handover", self._hand_over)

    def _hand_over(self, state: bytes | None = None) -> dict[str, Any]:
        if state is not None:
            if self._restore is not None:
                self._restore(state)
            return {}
        return {"state": self._save() if self._save is not None else b""}

    # Serving

    def describe(self) -> dict[str, Any]:
        """Give the hello: what the plugin is and can do."""
        features = ["cancel", "progress", "streams", "reverse"]
        if self._threads:
            features.append("async")
        if "$/handover" in self.methods:
            features.append("handover")
        return {
            "protocol": [PROTOCOL_VERSION, PROTOCOL_VERSION],
            "name": self.name,
            "version": self.version,
            "interfaces": self._interfaces,
            "features": features,
            "needs": list(self._needs),
            "limits": {"frame": self._frame_limit, "inflight": INFLIGHT},
        }

    def run(self) -> None:
        """Serve until the host closes the connection; the last line of a plugin.

        Started by a person instead of a host, it prints a help text and exits with status 2. With `--describe` it
        prints the hello as JSON. At the end of the connection handlers get 3 s to finish, then the process ends.
        """
        if "--describe" in sys.argv[1:]:
            self._print_description()
            return
        if os.environ.get("POLYHOST_PLUGIN") != "1":
            print(self._help(), file=sys.stderr)
            sys.exit(EXIT_NOT_A_PLUGIN)
        wire = Wire(*secure(), frame_limit=self._frame_limit)
        try:
            wire.send([2, "$/hello", [self.describe()]])
        except HostGoneError:
            return
        from polyhost_plugin._engine import Engine  # noqa: PLC0415 - while the host reads the hello

        self._engine = Engine(self, wire, threads=self._threads)
        self._route_logging()
        status = self._engine.run()
        if status:
            sys.exit(status)

    def welcome(self, hello: Mapping[str, Any]) -> None:
        """Take over what the host's hello says to the plugin."""
        self.config = dict(hello.get("config") or {})
        self.data_dir = hello.get("data_dir") or self.data_dir

    def _print_description(self) -> None:
        import json  # noqa: PLC0415 - only here; start time counts

        text = json.dumps(self.describe()) + "\n"
        os.write(secure()[1], text.encode())

    def _help(self) -> str:
        methods = "\n".join(f"  {name}" for name in sorted(self.methods) if name[0] != "$")
        return (
            f"{self.name} {self.version} is a plugin: a program that a Polyhost host starts and calls.\n"
            f"It has these methods:\n{methods}\n"
            "To try it, run `polyhost check` with its folder; to use it, load its folder into a host.\n"
            "`--describe` prints what it can do as JSON."
        )

    # Logging

    def log(self, level: str, message: str, **fields: Any) -> None:
        """Send a structured log record to the host; before `run()` it goes to stderr.

        Args:
            level: `trace`, `debug`, `info`, `warn`, `error` or `fatal`.
            message: the text.
            fields: further facts: what MessagePack can carry.

        Raises:
            ValueError: there is no such level.
        """
        if level not in LEVELS:
            raise ValueError(f"there is no level {level!r}; take one of {', '.join(LEVELS)}")
        self.log_record(level, message, **({"fields": fields} if fields else {}))

    def log_record(self, level: str, message: str, **record: Any) -> None:
        """Send a log record whose further keys are the protocol's: `logger` and `fields`."""
        if self._engine is None:
            print(f"{level}: {message} {record or ''}", file=sys.stderr)
        else:
            self._engine.log(level, message, **record)

    def log_handler(self) -> logging.Handler:
        """Make a handler for the standard `logging` module that sends records to the host."""
        from polyhost_plugin._logging import HostHandler  # noqa: PLC0415 - logging costs start time

        return HostHandler(self)

    def _route_logging(self) -> None:
        """Send the root logger's records to the host, if the plugin uses `logging` and has not configured it."""
        logging_module = sys.modules.get("logging")
        if logging_module is not None and not logging_module.getLogger().handlers:
            root = logging_module.getLogger()
            root.addHandler(self.log_handler())
            if (
                root.level == logging_module.WARNING
            ):  # the untouched default; the host filters by level itself
                root.setLevel(logging_module.INFO)
