"""Plugins that start with their first call, and rest when nobody calls them."""

import os
import signal
import time

import pytest
import trio
from fleet_support import a_host, journal, noted, pids, states, wait_for, wait_state, write_link

from hostcore.config import ExtensionsConfig
from hostcore.errors import CallTimedOutError, DependencyError, HostClosedError, HostError, UnavailableError
from hostcore.snapshots import Reason

LAZY = 'start = "on-demand"\n'
IDLE = Reason(code="idle", text="a test has nothing for it to do")


def write_lazy(folder, *, more="", **facts):
    """Write a plugin that starts on demand."""
    return write_link(folder, more=LAZY + more, **facts)


# -- the first call


async def test_the_first_call_starts_it_and_is_answered(tmp_path):
    """Until then it has no process, and says how it gets one; the load of one is done at once."""
    write_lazy(tmp_path / "a", provides="A")
    async with a_host(tmp_path, plugins=()) as host:
        snapshot = await host.load(tmp_path / "a")
        assert (snapshot.state, snapshot.pid, snapshot.start) == ("stopped", None, "on-demand")
        assert (snapshot.reason.code, snapshot.reason.text) == ("on-demand", "its next call starts it")
        assert journal(tmp_path) == []
        assert (await host.call("A.Who"))["id"] == "a"
        assert states(host) == {"a": "ready"}


async def test_twenty_callers_at_once_start_it_once(tmp_path):
    """All of them wait for the one start, and all are answered by its process."""
    write_lazy(tmp_path / "a", provides="A", start_seconds=0.2)
    async with a_host(tmp_path) as host:
        answers = []

        async def call():
            answers.append(await host.call("A.Who"))

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(call)
        assert {each["pid"] for each in answers} == {host.plugin("a").pid}
        assert len(answers) == 20
        assert noted(tmp_path, "start") == ["a"]


async def test_a_call_waits_no_longer_than_its_deadline(tmp_path):
    """It fails then, and the start goes on for whoever comes next."""
    write_lazy(tmp_path / "a", provides="A", start_seconds=1.5)
    async with a_host(tmp_path) as host:
        with pytest.raises(CallTimedOutError, match=r"the deadline of A\.Say passed while a was starting"):
            await host.call("A.Say", timeout=0.1)
        assert states(host) == {"a": "starting"}
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}
        assert noted(tmp_path, "start") == ["a"]


async def test_a_stream_starts_it_as_well(tmp_path):
    """What the plugin says about a method that is no stream is another matter: it runs."""
    write_lazy(tmp_path / "a", provides="A")
    async with a_host(tmp_path) as host:
        with pytest.raises(HostError):
            async with host.stream("A.Say") as stream:
                await anext(stream)
        assert states(host) == {"a": "ready"}


async def test_a_start_that_fails_fails_its_calls_with_its_reason(tmp_path):
    """Those that wait and those that come later; when it is mended, a reset lets the next call start it."""
    more = "[restart]\nmode = 'temporary'\n"
    write_lazy(tmp_path / "a", provides="A", more=more, fails_if=tmp_path / "broken")
    (tmp_path / "broken").touch()
    async with a_host(tmp_path) as host:
        errors = []

        async def call():
            with pytest.raises(UnavailableError) as caught:
                await host.call("A.Say", timeout=20)
            errors.append(str(caught.value))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(call)
        await call()
        assert len(errors) == 4
        assert all(each.startswith("a is failed: ") and "exit status 3" in each for each in errors)
        assert noted(tmp_path, "start") == ["a"]
        (tmp_path / "broken").unlink()
        await host.reset("a")
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}


async def test_a_start_that_is_tried_again_fails_the_calls_of_the_meantime(tmp_path):
    """Nobody knows how long that takes; whoever calls after it is served."""
    more = "[restart]\nbackoff = 0.5\njitter = 0\n"
    write_lazy(tmp_path / "a", provides="A", more=more, fails_if=tmp_path / "broken")
    (tmp_path / "broken").touch()
    async with a_host(tmp_path) as host:
        with pytest.raises(UnavailableError, match=r"a is backing-off: .*exit status 3"):
            await host.call("A.Say", timeout=20)
        (tmp_path / "broken").unlink()
        await wait_state(host, "a", "ready")
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}


async def test_a_call_does_not_wait_for_what_nobody_starts(tmp_path):
    """One that was stopped, disabled or lacks something says that at once, and so does one that is unloaded meanwhile."""
    write_lazy(tmp_path / "a", provides="A")
    write_lazy(tmp_path / "b", provides="B", requires='Gone = "^1.0"')
    write_lazy(tmp_path / "slow", provides="S", start_seconds=20, more="[limits]\nstart_timeout = 60\n")
    async with a_host(tmp_path) as host:
        with trio.fail_after(20):
            with pytest.raises(UnavailableError, match="b is failed: b requires Gone"):
                await host.call("B.Say")
            await host.stop("a")
            with pytest.raises(UnavailableError, match="a is stopped: it was stopped on request"):
                await host.call("A.Say")
            await host.disable("a")
            with pytest.raises(UnavailableError, match="a is disabled: it is disabled"):
                await host.call("A.Say")
            await host.enable("a")
            assert host.plugin("a").reason.code == "on-demand"
            async with trio.open_nursery() as nursery:

                async def call():
                    with pytest.raises(UnavailableError, match="slow is being unloaded"):
                        await host.call("S.Say", timeout=20)

                nursery.start_soon(call)
                await wait_for(host, lambda: states(host)["slow"] == "starting")
                await host.unload("slow")


async def test_one_that_lacks_something_is_refused_when_it_is_loaded(tmp_path):
    """That it would rest is no excuse: the first call would fail."""
    write_lazy(tmp_path / "a", provides="A", requires='B = "^1.0"')
    write_lazy(tmp_path / "b", provides="B")
    async with a_host(tmp_path, plugins=()) as host:
        with pytest.raises(DependencyError, match=r"a cannot start: a requires B \^1\.0"):
            await host.load(tmp_path / "a")
        assert states(host) == {"a": "failed"}
        await host.load(tmp_path / "b")
        await wait_for(host, lambda: host.plugin("a").reason.code == "on-demand")
        assert (await host.call("A.Call", {"method": "B.Who"}))["result"]["id"] == "b"


async def test_a_host_that_closes_does_not_let_calls_wait(tmp_path):
    """They fail when it begins to stop, and what was coming up is broken off."""
    write_lazy(tmp_path / "a", provides="A", start_seconds=20, more="[limits]\nstart_timeout = 60\n")
    began = time.monotonic()
    async with trio.open_nursery() as nursery, a_host(tmp_path) as host:

        async def call():
            with pytest.raises(HostClosedError):
                await host.call("A.Say", timeout=60)

        nursery.start_soon(call)
        await wait_for(host, lambda: states(host)["a"] == "starting")
    assert time.monotonic() - began < 15


# -- what requires it, and what it requires


async def test_who_requires_it_does_not_wait_for_it(tmp_path):
    """A provider that rests is there: its user is started, and the first call of that wakes it."""
    write_lazy(tmp_path / "b", provides="B")
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"')
    async with a_host(tmp_path) as host:
        assert states(host) == {"a": "ready", "b": "stopped"}
        before = pids(host)["a"]
        assert (await host.call("A.Call", {"method": "B.Who"}))["result"]["id"] == "b"
        await host.rest("b", IDLE)
        assert (pids(host), states(host)) == ({"a": before}, {"a": "ready", "b": "stopped"})


async def test_its_start_waits_for_what_it_requires(tmp_path):
    """A chain of those that rest is woken from its top, each by the call to it."""
    write_lazy(tmp_path / "c", provides="C")
    write_lazy(tmp_path / "b", provides="B", requires='C = "^1.0"')
    write_link(tmp_path / "a", provides="A", start_seconds=0.3)
    write_lazy(tmp_path / "d", provides="D", requires='A = "^1.0"\nB = "^1.0"')
    through = {"method": "B.Call", "params": {"method": "C.Who"}}
    async with a_host(tmp_path) as host:
        assert noted(tmp_path, "start") == ["a"]
        assert (await host.call("D.Call", through))["result"]["result"]["id"] == "c"
        assert noted(tmp_path, "ready") == ["a", "d", "b", "c"]


async def test_the_crash_of_one_that_is_awake_is_a_loss(tmp_path):
    """Only its rest is none: who relies on it is started again."""
    write_lazy(tmp_path / "b", provides="B", more="[restart]\nbackoff = 0.05\n")
    write_link(tmp_path / "a", provides="A", requires='B = "^1.0"')
    async with a_host(tmp_path) as host:
        await host.call("B.Who")
        before = pids(host)
        os.kill(before["b"], signal.SIGKILL)
        await wait_state(host, "a", "ready", other_than=before["a"])


# -- rest


async def test_a_plugin_that_nobody_calls_rests(tmp_path):
    """After its `idle_timeout` its process is stopped; the next call starts another one."""
    write_lazy(tmp_path / "a", provides="A", more="idle_timeout = 0.2\n")
    async with a_host(tmp_path) as host:
        first = (await host.call("A.Who"))["pid"]
        rested = await wait_state(host, "a", "stopped")
        assert rested.reason.code == "on-demand"
        assert noted(tmp_path, "end") == ["a"]
        assert (await host.call("A.Who"))["pid"] != first


async def test_no_call_fails_around_a_rest(tmp_path):
    """Callers go on while it is put to rest again and again; each call is answered, by this process or the next."""
    write_lazy(tmp_path / "a", provides="A", features="reverse,async")
    async with a_host(tmp_path) as host:
        answers, is_over = [], False

        async def hammer(pause):
            while not is_over:
                answers.append((await host.call("A.Who", timeout=20))["pid"])
                await trio.sleep(pause)

        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(hammer, 0.003 * number)
            for _ in range(8):
                began = len(answers)
                await wait_for(host, lambda began=began: len(answers) >= began + 8)
                while any(each.in_flight or each.queued for each in host.plugin("a").instances):
                    await trio.lowlevel.checkpoint()
                await host.rest("a", IDLE)
            is_over = True
        assert len(set(answers)) > 3
        assert host.plugin("a").statistics.errors == 0
        assert set(noted(tmp_path, "end")) == {"a"}


async def test_a_plugin_with_calls_does_not_rest(tmp_path):
    """Nor does one that does not start on demand: nothing happens to them."""
    write_lazy(tmp_path / "a", provides="A")
    write_link(tmp_path / "b", provides="B")
    async with a_host(tmp_path) as host:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.call, "A.Sleep", {"seconds": 1})
            await wait_state(host, "a", "ready")
            await wait_for(host, lambda: host.plugin("a").instances[0].in_flight)
            await host.rest("a", IDLE)
            await host.rest("b", IDLE)
        assert states(host) == {"a": "ready", "b": "ready"}
        assert noted(tmp_path, "stop") == []


async def test_a_plugin_that_ends_by_itself_and_well_rests(tmp_path):
    """As one does that has nothing left to do: the next call starts it, while a crash is a failure."""
    write_lazy(tmp_path / "a", provides="A", more="[restart]\nmode = 'transient'\nbackoff = 20\n")
    async with a_host(tmp_path) as host:
        with pytest.raises(HostError):
            await host.call("A.Exit", {"code": 0})
        await wait_for(host, lambda: host.plugin("a").reason.code == "on-demand")
        assert states(host) == {"a": "stopped"}
        assert await host.call("A.Say", {"n": 1}) == {"n": 1}
        with pytest.raises(HostError):
            await host.call("A.Exit", {"code": 1})
        await wait_state(host, "a", "backing-off")


async def test_a_start_by_hand_wakes_it(tmp_path):
    """As a call would; a stop keeps it from being woken, a restart of one that rests starts it."""
    write_lazy(tmp_path / "a", provides="A")
    async with a_host(tmp_path) as host:
        assert (await host.start("a")).state == "ready"
        await host.rest("a", IDLE)
        assert (await host.restart("a")).state == "ready"
        assert (await host.stop("a")).reason.code == "stopped"
        assert (await host.start("a")).state == "ready"


async def test_a_reload_of_one_that_rests_only_reads_it_anew(tmp_path):
    """Nothing is started; the next call meets the new version."""
    write_lazy(tmp_path / "a", provides="A")
    async with a_host(tmp_path) as host:
        write_lazy(tmp_path / "a", provides="A", version="2.0.0")
        assert (await host.reload("a")).version == "2.0.0"
        assert (await host.configure("a", {"x": 1})).state == "stopped"
        assert journal(tmp_path) == []
        assert (await host.call("A.Who"))["config"] == {"x": 1}
        await host.rest("a", IDLE)
        write_link(tmp_path / "a", provides="A", version="3.0.0")  # from now on it starts with the host
        await host.reload("a")
        assert (await wait_state(host, "a", "ready")).version == "3.0.0"


async def test_a_rest_leaves_a_reload_alone(tmp_path):
    """It is not idle while it is replaced, whatever its calls."""
    write_lazy(tmp_path / "a", provides="A", start_seconds=0.3)
    async with a_host(tmp_path) as host:
        first = (await host.call("A.Who"))["pid"]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.reload, "a")
            await wait_for(host, lambda: noted(tmp_path, "start") == ["a", "a"])
            await host.rest("a", IDLE)
        assert host.plugin("a").pid not in {first, None}


SANDMAN = """
from hostcore.hooks import hookimpl
from hostcore.snapshots import Reason


class Sandman:
    @hookimpl
    async def hostcore_on_plugin_state_changed(self, host, event):
        if event.new == "ready":
            await host.rest(event.plugin, Reason(code="tired", text="it is late"))
"""


async def test_an_extension_may_put_plugins_to_rest(tmp_path, monkeypatch):
    """What the built-in policy does, anybody can: here at once, and the log of the plugin says why."""
    (tmp_path / "sandman_extension.py").write_text(SANDMAN)
    monkeypatch.syspath_prepend(tmp_path)
    write_lazy(tmp_path / "a", provides="A")
    extensions = ExtensionsConfig(load=("sandman_extension:Sandman",), disable=("idle_stop", "hot_reload"))
    async with a_host(tmp_path, extensions=extensions) as host:
        first = (await host.start("a")).pid
        await wait_state(host, "a", "stopped")
        assert (await host.call("A.Who"))["pid"] != first
        assert "stopping: it is late" in [line.message for line in host.logs("a")]
