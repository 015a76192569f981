"""Hooks at work in a real host: an extension brings a transport, picks among providers, and hears what happens."""

import sys

import trio
from real_support import echo_with

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.errors import CallRefusedError
from hostcore.hooks import Answer, CallInterceptorBase, CallObserverBase, TransportOffer, hookimpl
from hostcore.transports import StdioLauncher


def offered(monkeypatch, extension, name="under_test"):
    """Make an object loadable as a module, and return the configuration that loads it."""
    monkeypatch.setitem(sys.modules, name, extension)
    return ExtensionsConfig(load=(name,))


class OwnTransport:
    """Speaks the plugin protocol, under a name of its own."""

    @hookimpl
    def hostcore_provide_transports(self, context):
        launcher = StdioLauncher(
            spawner=context.spawner, nursery=context.nursery, deadlines=context.deadlines
        )
        return [TransportOffer(name="own", launcher=launcher)]


async def test_an_extension_brings_a_transport(tmp_path, monkeypatch):
    """A manifest names it, and the plugin is started, called and stopped like any other."""
    config = HostConfig(data=tmp_path / "data", extensions=offered(monkeypatch, OwnTransport()))
    folder = echo_with(tmp_path / "echo", 'transport = "own"')
    async with open_host(config) as host:
        snapshot = await host.load(folder)
        assert snapshot.transport == "own"
        assert await host.call("Echo.Say", {"text": "hello"}) == {"text": "hello"}


class LastOne:
    """Sends calls to the last provider by id."""

    @hookimpl
    def hostcore_decide_route(self, interface, candidates):
        assert interface == "Echo"
        assert all(each.callable for each in candidates)
        return candidates[-1].plugin


async def test_an_extension_picks_among_providers(tmp_path, monkeypatch):
    """Calls that name no plugin go where the hook says; those that name one go there."""
    folders = tuple(echo_with(tmp_path / name, plugin_id=name) for name in ("first", "second"))
    config = HostConfig(data=tmp_path / "data", plugins=folders, extensions=offered(monkeypatch, LastOne()))
    async with open_host(config) as host:
        for _ in range(3):
            await host.call("Echo.Say", {"text": "hello"})
        await host.call("Echo.Say", {"text": "hello"}, plugin="first")
        assert (host.plugin("first").statistics.calls, host.plugin("second").statistics.calls) == (1, 3)


class Gate(CallInterceptorBase):
    """Refuses one text, answers another one itself, and counts what comes back."""

    def __init__(self):
        self.results = []

    def before(self, call):
        match call.params.get("text"):
            case "forbidden":
                raise CallRefusedError("this text may not be said")
            case "known":
                return Answer(result={"text": "from the gate"})
        return None

    def after(self, call, result):
        self.results.append((call.plugin, call.method, call.caller))
        return result


class Porter:
    """Puts the gate around one method, works in the background, and listens."""

    def __init__(self):
        self.gate = Gate()
        self.heard = []
        self.worked = trio.Event()

    @hookimpl
    def hostcore_provide_call_interceptors(self, manifest, method):
        return [self.gate] if method == "Echo.Say" else []

    @hookimpl
    def hostcore_provide_background_tasks(self, host):
        async def work():
            async with host.events() as events:
                async for recorded in events:
                    if recorded.event.kind == "plugin-state-changed" and recorded.event.new == "ready":
                        self.worked.set()

        return [work]

    @hookimpl
    async def hostcore_on_host_started(self, host):
        await trio.lowlevel.checkpoint()
        self.heard.append(("started", len(host.plugins())))

    @hookimpl
    def hostcore_on_plugin_state_changed(self, event):
        self.heard.append((event.plugin, event.new.value))

    @hookimpl
    async def hostcore_on_host_stopping(self, host, reason):
        answer = await host.call("Echo.Say", {"text": "last words"})
        self.heard.append((reason.code, answer["text"]))


async def test_an_extension_stands_around_calls_and_hears_the_host(tmp_path, monkeypatch):
    """Calls are refused, answered and seen; plugins can still be called when the host begins to stop."""
    porter = Porter()
    config = HostConfig(
        data=tmp_path / "data",
        plugins=(echo_with(tmp_path / "echo"),),
        extensions=offered(monkeypatch, porter),
    )
    async with open_host(config) as host:
        with trio.fail_after(20):
            await porter.worked.wait()
        assert await host.call("Echo.Say", {"text": "hello"}) == {"text": "hello"}
        assert await host.call("Echo.Say", {"text": "known"}) == {"text": "from the gate"}
        refused = None
        try:
            await host.call("Echo.Say", {"text": "forbidden"})
        except CallRefusedError as error:
            refused = str(error)
        assert refused == "this text may not be said"
        assert porter.gate.results == [("echo", "Echo.Say", None)]
        assert (host.plugin("echo").statistics.calls, host.plugin("echo").statistics.errors) == (3, 1)
    assert ("started", 1) in porter.heard
    assert ("host-stopping", "last words") in porter.heard
    assert [state for who, state in porter.heard if who == "echo"] == [
        "starting",
        "ready",
        "stopping",
        "stopped",
    ]


class Ledger(CallObserverBase):
    """Notes calls and messages of one plugin, and when the host has stopped."""

    def __init__(self):
        self.calls = []
        self.messages = []
        self.is_open = True
        self.asked = 0

    @hookimpl
    def hostcore_provide_call_observers(self, host, manifest):
        self.asked += 1
        return [self] if self.is_open else []

    @hookimpl
    def hostcore_provide_facilities(self, host):
        return [self]

    @hookimpl
    async def hostcore_on_host_stopped(self, host):
        await trio.lowlevel.checkpoint()
        self.calls.append(("stopped", [each.state.value for each in host.plugins()]))

    def call_ended(self, record, params, result):
        self.calls.append((record.method, record.outcome, params, result))

    def message_passed(self, record):
        self.messages.append((record.kind, record.method))


async def test_an_extension_observes_calls_and_is_found_by_others(tmp_path, monkeypatch):
    """It is told of calls and messages until it wants no more, can be asked for by its class, and hears of the end."""
    ledger = Ledger()
    folder = echo_with(tmp_path / "echo")
    config = HostConfig(data=tmp_path / "data", plugins=(folder,), extensions=offered(monkeypatch, ledger))
    async with open_host(config) as host:
        assert host.facility(Ledger) is ledger
        assert host.facility(Porter) is None
        await host.call("Echo.Say", {"text": "a"})
        ledger.is_open = False
        host.observe_again("echo")
        await host.call("Echo.Say", {"text": "b"})
        assert ledger.asked == 2
        assert ledger.messages == [
            ("hello", None),
            ("hello", None),
            ("request", "Echo.Say"),
            ("response", "Echo.Say"),
        ]
    assert ledger.calls == [
        ("Echo.Say", "ok", {"text": "a"}, {"text": "a"}),
        ("stopped", ["stopped"]),
    ]


async def test_an_extension_hears_of_the_end_of_a_cancelled_host(tmp_path, monkeypatch):
    """What it does before its first wait is done also then."""
    heard = []

    class Hasty:
        @hookimpl
        async def hostcore_on_host_stopped(self, host):
            heard.append("stopped")
            await trio.sleep(60)
            heard.append("late")

    config = HostConfig(data=tmp_path / "data", extensions=offered(monkeypatch, Hasty()))
    with trio.CancelScope() as scope:
        async with open_host(config):
            scope.cancel()
    assert heard == ["stopped"]
