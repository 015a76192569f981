"""The way from a method's name to an instance."""

import pytest
import trio

from hostcore.errors import MethodNotFoundError, PluginNotFoundError, UnavailableError
from hostcore.host._routing import CACHED_ROUTES, CallCounter, Route, Router


class FakeTransport:
    encoding = "msgpack"

    def __init__(self, name="", load=0):
        self.name = name
        self.load = load
        self.timeouts = []

    async def call(self, method, params, *, timeout, on_progress=None, meta=None):
        self.timeouts.append(timeout)
        await trio.lowlevel.checkpoint()
        if "fail" in params:
            raise UnavailableError("it is gone")
        return (self.name, method)


def route(method, *transports, timeout=30.0, counter=None):
    def unavailable():
        return UnavailableError("it is stopped")

    return Route(
        method, None, timeout=timeout, transports=list(transports), counter=counter or CallCounter(), unavailable=unavailable
    )  # fmt: skip


def routes(*methods, transports=()):
    return {method: route(method, *transports) for method in methods}


def put(router, plugin, *methods, ready=True, make=lambda _: None):
    router.put(plugin, routes(*methods, transports=[FakeTransport(plugin)] if ready else []), make)


async def called(router, method, plugin=None):
    return await router.find(method, plugin).call({}, None, None)


async def test_the_named_plugin_is_taken(autojump_clock):
    """With a plugin's name its own route is taken, ready or not."""
    router = Router()
    put(router, "a", "KeyValue.Get")
    put(router, "b", "KeyValue.Get")
    put(router, "c", "KeyValue.Get", ready=False)
    assert await called(router, "KeyValue.Get", "b") == ("b", "KeyValue.Get")
    with pytest.raises(UnavailableError):
        await called(router, "KeyValue.Get", "c")


async def test_any_ready_provider_will_do(autojump_clock):
    """Without a name the first by id that is ready is taken; when none is, the call says why."""
    router = Router()
    put(router, "b", "KeyValue.Get", ready=False)
    put(router, "c", "KeyValue.Get")
    put(router, "a", "Other.Do")
    assert await called(router, "KeyValue.Get") == ("c", "KeyValue.Get")
    router.drop("c")
    with pytest.raises(UnavailableError):
        await called(router, "KeyValue.Get")


async def test_a_change_of_readiness_changes_the_route(autojump_clock):
    """After a refresh the better provider is taken, whatever was worked out before."""
    router = Router()
    early = routes("KeyValue.Get")
    router.put("a", early, lambda _: None)
    put(router, "b", "KeyValue.Get")
    assert (await called(router, "KeyValue.Get"))[0] == "b"
    early["KeyValue.Get"].transports.append(FakeTransport("a"))
    router.refresh()
    assert (await called(router, "KeyValue.Get"))[0] == "a"


def test_unknown_names_come_with_a_proposal():
    """A misspelt plugin or method is told the nearest one, or all there are."""
    router = Router()
    put(router, "kv-python", "KeyValue.Get", "KeyValue.Put")
    with pytest.raises(MethodNotFoundError, match=r"did you mean KeyValue\.Get"):
        router.find("KeyValue.Gett", None)
    with pytest.raises(MethodNotFoundError, match=r"the plugin kv-python has no method .*KeyValue\.Put"):
        router.find("Nothing", "kv-python")
    with pytest.raises(PluginNotFoundError, match="did you mean kv-python"):
        router.find("KeyValue.Get", "kv-pyton")
    with pytest.raises(PluginNotFoundError, match="known plugins: kv-python"):
        router.find("KeyValue.Get", "zzz")


def test_open_plugins_make_their_routes(autojump_clock):
    """A plugin without interface files gets routes as they are asked for; they are kept, within bounds."""
    router = Router()
    made = []

    def make(method):
        if not method.startswith("Free."):
            return None
        made.append(method)
        return route(method, FakeTransport("free"))

    router.put("free", {}, make)
    first = router.find("Free.Do", "free")
    assert router.find("Free.Do", "free") is first
    assert made == ["Free.Do"]
    with pytest.raises(MethodNotFoundError):
        router.find("Other.Do", "free")
    for number in range(2 * CACHED_ROUTES):
        router.find(f"Free.Do{number}", "free")
    assert len(router._routes) <= CACHED_ROUTES


def test_a_route_follows_the_least_load():
    """Of several instances the one with the least to do is taken."""
    busy, idle = FakeTransport("busy", load=3), FakeTransport("idle", load=1)
    found = route("A.B", busy, idle)
    assert found.pick() is idle
    idle.load = 4
    assert found.pick() is busy
    with pytest.raises(UnavailableError, match="it is stopped"):
        route("A.B").pick()


async def test_a_route_counts_and_has_its_own_timeout(autojump_clock):
    """Calls, errors and their time are counted; the caller's timeout wins over the route's."""
    counter = CallCounter()
    transport = FakeTransport("one")
    found = route("A.B", transport, timeout=7.0, counter=counter)
    await found.call({}, None, None)
    await found.call({}, 2.0, None)
    with pytest.raises(UnavailableError):
        await found.call({"fail": True}, 0.5, None)
    assert transport.timeouts == [7.0, 2.0, 0.5]
    facts = counter.snapshot()
    assert (facts.calls, facts.errors) == (3, 1)
    assert facts.total_seconds > 0
