"""Extensions that fail in every way: each is named in an event with its traceback, and the host goes on."""

import sys
from contextlib import asynccontextmanager

import pytest
import trio
from fleet_support import QUIET, a_host, pids, states, wait_for, wait_state, write_link
from real_support import PATIENCE

from hostcore.config import ExtensionsConfig
from hostcore.dependencies import DependencyProblem, StartOrder
from hostcore.errors import CrashedError, HostError, ManifestError, PluginError, ReloadError, UnavailableError
from hostcore.events import ExtensionFailed
from hostcore.hooks import CallInterceptorBase, TransportOffer, hookimpl
from hostcore.transports import StdioLauncher


@pytest.fixture
def extended(tmp_path, monkeypatch):
    """Open a host with an extension, and tell of its failures as (hook, error); each has a traceback."""

    @asynccontextmanager
    async def opened(extension, **facts):
        monkeypatch.setitem(sys.modules, "under_test", extension)
        extensions = ExtensionsConfig(load=("under_test",), disable=QUIET.disable)
        async with a_host(tmp_path, extensions=extensions, **facts) as host:
            yield host

    return opened


async def failures(host, hook):
    """Wait for the first failure in a hook that has raised something, and return the last line of its traceback."""
    with trio.fail_after(PATIENCE):
        async with host.events(after=0) as events:
            while True:
                event = (await anext(events)).event
                if isinstance(event, ExtensionFailed) and event.hook == hook and event.traceback:
                    assert event.extension == "under_test"
                    assert "Traceback" in event.traceback
                    return event.traceback.strip(" |+-\n").splitlines()[-1].strip(" |")


class Raising:
    """Raises in each decision."""

    @hookimpl
    def hostcore_decide_start_order(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_decide_route(self):
        raise PluginError("an answer that this hook does not take")

    @hookimpl
    def hostcore_decide_deadline(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_decide_health(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_decide_reload(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_provide_call_interceptors(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_provide_background_tasks(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_provide_transports(self):
        raise ZeroDivisionError

    @hookimpl
    def hostcore_decide_restart(self):
        raise ZeroDivisionError


async def test_an_extension_that_raises_everywhere_changes_nothing(tmp_path, extended):
    """The next one decides: plugins start in their order, are called, reloaded, looked at and restarted."""
    more = "[health]\ninterval = 0.05\n[restart]\nbackoff = 0.05\n"
    write_link(tmp_path / "a", provides="X", plugins='b = "^1.0"', more=more)
    write_link(tmp_path / "b", provides="X", more=more)
    async with extended(Raising()) as host:
        assert host.start_order().waves == (("b",), ("a",))
        assert (await host.call("X.Say", {"n": 1})) == {"n": 1}
        before = pids(host)
        await host.reload("a")
        with pytest.raises(CrashedError):
            await host.call("X.Exit", plugin="b")
        for each in ("a", "b"):
            await wait_state(host, each, "ready", other_than=before[each])
        for hook in ("start_order", "deadline", "health", "reload", "restart"):
            assert await failures(host, f"hostcore_decide_{hook}") == "ZeroDivisionError"
        assert "an answer that this hook does not take" in await failures(host, "hostcore_decide_route")
        for hook in ("call_interceptors", "background_tasks", "transports"):
            assert await failures(host, f"hostcore_provide_{hook}") == "ZeroDivisionError"


class Orders:
    """Answers with a start order that a test gives."""

    def __init__(self, make):
        self.make = make

    @hookimpl
    def hostcore_decide_start_order(self, nodes):
        return self.make(nodes)


@pytest.mark.parametrize(
    "make",
    [
        lambda nodes: StartOrder(waves=(("nobody", "a"), ("a",))),
        lambda nodes: StartOrder(),
        lambda nodes: StartOrder(waves=(tuple(each.id for each in nodes),) * 3),
    ],
)
async def test_an_order_that_is_none_of_all_plugins_will_do(tmp_path, extended, make):
    """It may leave plugins out, name others or one twice: all are started and stopped."""
    for each in ("a", "b"):
        write_link(tmp_path / each, provides=each.upper())
    async with extended(Orders(make)) as host:
        assert states(host) == {"a": "ready", "b": "ready"}
        await host.stop("a")
        assert await host.unload("b", cascade=True) == ("b",)


async def test_an_order_that_keeps_a_plugin_from_starting(tmp_path, extended):
    """What it calls a problem is shown as one, and keeps the host from nothing else."""
    problem = DependencyProblem(code="not-on-sundays", text="it is Sunday", chain=("a",))
    for each in ("a", "b"):
        write_link(tmp_path / each)
    order = StartOrder(waves=(("b",),), problems={"a": problem, "nobody": problem})
    async with extended(Orders(lambda nodes: order)) as host:
        assert states(host) == {"a": "failed", "b": "ready"}
        assert host.plugin("a").reason.text == "it is Sunday"
        with pytest.raises(HostError, match="a cannot start: it is Sunday"):
            await host.start("a")


@pytest.mark.parametrize(
    "facts",
    [
        {"waves": None},
        {"waves": ((1,),)},
        {"dependencies": ("a",)},
        {"problems": {"a": "no problem"}},
        {"problems": {1: DependencyProblem(code="x", text="y", chain=())}},
    ],
)
async def test_what_is_no_order_is_refused_where_it_is_made(tmp_path, extended, facts):
    """The extension is named, and the built-in order holds."""
    write_link(tmp_path / "a", plugins='b = "^1.0"')
    write_link(tmp_path / "b")
    async with extended(Orders(lambda nodes: StartOrder(**facts))) as host:
        assert host.start_order().waves == (("b",), ("a",))
        assert (await failures(host, "hostcore_decide_start_order")).startswith("TypeError: ")


class Refusing:
    """Raises a `HostError` where that is an answer."""

    @hookimpl
    def hostcore_decide_reload(self):
        raise PluginError("not before the weekend")

    @hookimpl
    def hostcore_decide_restart(self):
        raise PluginError("once is enough")


async def test_an_error_of_the_host_may_be_an_answer(tmp_path, extended):
    """It refuses the reload, and the restart; no failure is told."""
    write_link(tmp_path / "a", provides="A")
    async with extended(Refusing()) as host:
        with pytest.raises(ReloadError, match="not before the weekend"):
            await host.reload("a")
        with pytest.raises(CrashedError):
            await host.call("A.Exit")
        failed = await wait_state(host, "a", "failed")
        assert "once is enough" in failed.reason.text
        extension = next(each for each in host.extensions() if each.name == "under_test")
        assert (extension.failures, extension.last_error) == (0, None)


class Interceptor(CallInterceptorBase):
    def before(self, call):
        raise ZeroDivisionError


class Tasks:
    """Has a task that fails at once, one that fails when it is cancelled, and what is no task."""

    @hookimpl
    def hostcore_provide_background_tasks(self):
        async def fails():
            raise ZeroDivisionError

        async def fails_at_the_end():
            try:
                await trio.sleep_forever()
            finally:
                raise KeyError("too late")

        return [fails, "no task", fails_at_the_end]

    @hookimpl
    def hostcore_provide_call_interceptors(self):
        return [Interceptor()]


async def test_tasks_and_interceptors_that_fail_are_passed_over(tmp_path, extended):
    """Calls go on as if they were not there; the host ends in time."""
    write_link(tmp_path / "a", provides="A")
    async with extended(Tasks()) as host:
        events = host.events(after=0)
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}
        assert await failures(host, "hostcore_provide_background_tasks") == "ZeroDivisionError"
    errors = [each.event.error async for each in events if isinstance(each.event, ExtensionFailed)]
    assert any("ZeroDivisionError" in each for each in errors)
    assert any("too late" in each for each in errors)


class Transport:
    """Offers a transport that fails as a test says."""

    def __init__(self, how):
        self.how = how

    @hookimpl
    def hostcore_provide_transports(self, context):
        inner = StdioLauncher(spawner=context.spawner, nursery=context.nursery, deadlines=context.deadlines)
        return [TransportOffer(name="own", launcher=Launcher(inner, context, self.how))]


class Launcher:
    def __init__(self, inner, context, how):
        self.inner = inner
        self.context = context
        self.how = how

    def check(self, manifest):
        if self.how == "check":
            raise ZeroDivisionError

    @asynccontextmanager
    async def launch(self, spec, listener):
        if self.how == "launch":
            raise ZeroDivisionError
        async with self.inner.launch(spec, listener) as transport:
            if self.how == "task":
                self.context.nursery.start_soon(self.fail, transport)
            elif self.how == "watch":
                transport.wait_ended = self.raise_soon
            elif self.how == "stop":
                transport.stop = self.raise_now
            yield transport

    @staticmethod
    async def fail(transport):
        async with trio.open_nursery():
            await trio.sleep(0.1)
            raise ZeroDivisionError

    @staticmethod
    async def raise_soon():
        await trio.sleep(0.1)
        raise ZeroDivisionError

    @staticmethod
    async def raise_now(**_):
        raise ZeroDivisionError


OWN = 'transport = "own"\n[restart]\nmode = "temporary"\n'
HOOK = "hostcore_provide_transports"


async def test_a_transport_that_fails_to_start_fails_its_plugin(tmp_path, extended):
    """Only that: others run, and the plugin shows what has happened."""
    write_link(tmp_path / "a", more=OWN)
    write_link(tmp_path / "b")
    async with extended(Transport("launch")) as host:
        assert states(host) == {"a": "failed", "b": "ready"}
        assert host.plugin("a").reason.code == "transport-failed"
        assert await failures(host, HOOK) == "ZeroDivisionError"
        assert "ZeroDivisionError" in host.logs("a")[-1].message


async def test_a_transport_that_cannot_check_a_manifest_refuses_it(tmp_path, extended):
    """As if the manifest were wrong, for nobody can tell whether it is."""
    write_link(tmp_path / "a", more=OWN)
    async with extended(Transport("check")) as host:
        assert host.plugin("a").reason.code == "manifest-invalid"
        with pytest.raises(ManifestError, match="the transport own failed to check it"):
            await host.load(tmp_path / "a")
        assert await failures(host, HOOK) == "ZeroDivisionError"


@pytest.mark.parametrize("how", ["watch", "stop"])
async def test_a_transport_that_fails_later_ends_its_plugin(tmp_path, extended, how):
    """Its process is killed, and the host can go on and end."""
    write_link(tmp_path / "a", provides="A", more=OWN)
    async with extended(Transport(how)) as host:
        if how == "stop":
            await host.stop("a")
        await wait_for(host, lambda: states(host)["a"] in {"failed", "stopped"})
        assert await failures(host, HOOK) == "ZeroDivisionError"
        with pytest.raises(UnavailableError):
            await host.call("A.Say")


async def test_a_task_of_a_transport_that_fails_harms_nobody_else(tmp_path, extended):
    """It is told, and the host and its other plugins run on."""
    write_link(tmp_path / "a", provides="A", more=OWN)
    write_link(tmp_path / "b", provides="B")
    async with extended(Transport("task")) as host:
        assert await failures(host, HOOK) == "ZeroDivisionError"
        assert await host.call("B.Say", {"n": 1}) == {"n": 1}
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}


async def test_a_host_that_does_not_open_says_so_at_once(tmp_path):
    """Whatever it waits for at its end has not begun."""
    wrong = ExtensionsConfig(disable=("no-such-policy",))
    with trio.fail_after(PATIENCE), pytest.raises(HostError, match="no-such-policy"):
        async with a_host(tmp_path, extensions=wrong):
            raise AssertionError
