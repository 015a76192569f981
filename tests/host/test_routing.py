"""The way from a method's name to an instance."""

import pytest
import trio

from hostcore.errors import CallCycleError, MethodNotFoundError, PluginNotFoundError, UnavailableError
from hostcore.host._route import Route
from hostcore.host._routing import CACHED_ROUTES, Router
from hostcore.host._tally import CallCounter
from hostcore.transports import CallContext


class FakeTransport:
    encoding = "msgpack"

    def __init__(self, name="", load=0):
        self.name = name
        self.load = load
        self.timeouts = []

    is_concurrent = True
    connection = None

    async def call(self, method, params, *, timeout, on_progress=None, context=None, record=None):
        self.timeouts.append(timeout)
        await trio.lowlevel.checkpoint()
        if "fail" in params:
            raise UnavailableError("it is gone")
        return (self.name, method)


async def refuse(route, timeout, context, call_id, *, is_streaming):
    await trio.lowlevel.checkpoint()
    raise UnavailableError("it is stopped")


def route(method, *transports, timeout=30.0, counter=None, wait_callable=refuse):
    return Route(
        method,
        None,
        plugin="one",
        timeout=timeout,
        transports=list(transports),
        counter=counter or CallCounter(),
        wait_callable=wait_callable,
    )


def by_id(_interface, plugins):
    return plugins[0]


def routes(*methods, transports=()):
    return {method: route(method, *transports) for method in methods}


def put(router, plugin, *methods, ready=True, make=lambda _: None):
    router.put(plugin, routes(*methods, transports=[FakeTransport(plugin)] if ready else []), make)


async def called(router, method, plugin=None):
    return await router.find(method, plugin).call({}, None, None)


async def test_the_named_plugin_is_taken(autojump_clock):
    """With a plugin's name its own route is taken, ready or not."""
    router = Router(by_id)
    put(router, "a", "KeyValue.Get")
    put(router, "b", "KeyValue.Get")
    put(router, "c", "KeyValue.Get", ready=False)
    assert await called(router, "KeyValue.Get", "b") == ("b", "KeyValue.Get")
    with pytest.raises(UnavailableError):
        await called(router, "KeyValue.Get", "c")


async def test_who_chooses_is_asked_once_among_several(autojump_clock):
    """Without a name the choice is among those that have the method, by id; one alone is no choice."""
    asked = []

    def choose(interface, plugins):
        asked.append((interface, plugins))
        return plugins[-1]

    router = Router(choose)
    put(router, "b", "KeyValue.Get", ready=False)
    put(router, "c", "KeyValue.Get")
    put(router, "a", "Other.Do")
    assert await called(router, "KeyValue.Get") == ("c", "KeyValue.Get")
    assert await called(router, "KeyValue.Get") == ("c", "KeyValue.Get")
    assert asked == [("KeyValue", ("b", "c"))]
    router.drop("c")
    with pytest.raises(UnavailableError):
        await called(router, "KeyValue.Get")
    assert len(asked) == 1


async def test_a_call_waits_for_an_instance_and_takes_the_route_that_holds_then(autojump_clock):
    """Without an instance the call waits; what it waited is taken off its time, and a reload may change its route."""
    later = FakeTransport("later")

    async def wait(route_, timeout, context, call_id, *, is_streaming):
        await trio.sleep(0.05)
        return route("A.B", later)

    waiting = route("A.B", wait_callable=wait)
    assert await waiting.call({}, 5.0, None) == ("later", "A.B")
    assert 0 < later.timeouts[0] <= 5.0
    assert waiting._counter.snapshot().calls == 1


async def test_a_change_of_readiness_changes_the_route(autojump_clock):
    """After a refresh the better provider is taken, whatever was worked out before."""
    best = ["b"]
    router = Router(lambda _interface, _plugins: best[0])
    put(router, "a", "KeyValue.Get")
    put(router, "b", "KeyValue.Get")
    assert (await called(router, "KeyValue.Get"))[0] == "b"
    best[0] = "a"
    assert (await called(router, "KeyValue.Get"))[0] == "b"
    router.refresh()
    assert (await called(router, "KeyValue.Get"))[0] == "a"


def test_unknown_names_come_with_a_proposal():
    """A misspelt plugin or method is told the nearest one, or all there are."""
    router = Router(by_id)
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
    router = Router(by_id)
    made = []

    def make(method):
        if not method.startswith("Free."):
            return None
        made.append(method)
        return route(method, FakeTransport("free"))

    router.put("free", {}, make)
    found = router.find("Free.Do", "free")
    assert router.find("Free.Do", "free") is found
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


def test_a_plugin_that_waits_for_the_call_is_not_picked():
    """Of instances that do one thing at a time those in the chain of the call are left out; when none is left, it is a cycle."""
    one, other = FakeTransport("one"), FakeTransport("other", load=9)
    for each in (one, other):
        each.is_concurrent, each.connection = False, each
    found = route("A.B", one, other)
    from_one = CallContext(plugin="one", method="A.B", connection=one, depth=1)
    assert found.pick() is one
    assert found.pick(from_one) is other
    with pytest.raises(CallCycleError, match=r"one's A\.B → other's A\.C → one's A\.B"):
        found.pick(CallContext(plugin="other", method="A.C", connection=other, parent=from_one, depth=2))
    one.is_concurrent = True
    assert found.pick(from_one) is one


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
