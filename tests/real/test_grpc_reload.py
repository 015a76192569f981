"""Hot reload of gRPC plugins: no call fails, streams are finished, nothing is left of the old process."""

import pytest
import trio
from grpc_support import write_grpc
from real_support import PATIENCE
from reload_support import left_behind, resources, under_load

from hostcore.errors import HostError
from hostcore.snapshots import PluginState
from hostcore.testing import open_plugin

pytestmark = pytest.mark.usefixtures("leaves_no_file")

ECHO = {"data": "eA=="}


async def test_calls_do_not_fail_while_a_plugin_is_replaced(tmp_path):
    """Sixteen callers call without a pause while their plugin is replaced again and again: each call has its answer."""
    folder = write_grpc(tmp_path / "s", "streaming")
    async with open_plugin(folder) as plugin:

        async def call():
            assert await plugin.call("Streams.Echo", ECHO) == ECHO

        pids = {plugin.snapshot().pid}
        before = resources()
        async with under_load(call, callers=16) as load:
            for number in range(4):
                await load.wait_calls(50)
                write_grpc(folder, "streaming", version=f"1.{number + 1}.0")
                with trio.fail_after(PATIENCE):
                    snapshot = await plugin.host.reload("streaming")
                assert snapshot.version == f"1.{number + 1}.0"
                pids.add(snapshot.pid)
            await load.wait_calls(50)
        assert load.errors == []
        assert load.calls > 250
        assert len(pids) == 5
        assert await left_behind(before) == {}


async def test_a_stream_is_finished_by_the_process_that_began_it(tmp_path):
    """The old process serves its last stream to the end while the new one takes the calls."""
    folder = write_grpc(tmp_path / "s", "streaming")
    async with open_plugin(folder) as plugin:
        async with plugin.stream("Streams.Count", {"to": 50, "pauseMs": 20}) as stream:
            await anext(stream)
            old = plugin.snapshot().pid
            write_grpc(folder, "streaming", version="2.0.0")
            snapshot = await plugin.host.reload("streaming")
            assert snapshot.pid != old
            assert await plugin.call("Streams.Echo", ECHO) == ECHO
            assert len([item async for item in stream]) == 49
        await plugin.wait_for(PluginState.READY)


async def test_a_version_that_does_not_start_leaves_the_old_one(tmp_path):
    """The reload says why it has failed, and calls go on."""
    folder = write_grpc(tmp_path / "m", "misbehaving")
    async with open_plugin(folder) as plugin:
        pid = plugin.snapshot().pid
        write_grpc(folder, "misbehaving", "-exit", "3", version="2.0.0")
        with pytest.raises(HostError, match="exit status 3 before it printed its handshake"):
            await plugin.host.reload("misbehaving")
        assert plugin.snapshot().pid == pid
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}


async def test_what_can_be_called_changes_with_the_version(tmp_path):
    """After a reload with other protocol versions the plugin shows and takes what it serves now."""
    folder = write_grpc(tmp_path / "n", "negotiated", grpc="versions = [5]")
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Greeter.Greet", {"name": "a"}) == {"text": "Hello a"}
        write_grpc(folder, "negotiated", grpc="versions = [5, 6]", version="2.0.0")
        await plugin.host.reload("negotiated", force=True)
        assert await plugin.call("Greeter.Greet", {"names": ["a"]}) == {"texts": ["Hello a"]}


async def test_several_instances_share_the_work(tmp_path):
    """Each instance has a process, a connection and sockets of its own."""
    folder = write_grpc(tmp_path / "s", "streaming", more="instances = 3")
    async with open_plugin(folder) as plugin:
        async with trio.open_nursery() as nursery:
            for _ in range(6):
                nursery.start_soon(plugin.call, "Streams.Wait")
            with trio.fail_after(PATIENCE):
                while [each.in_flight for each in plugin.snapshot().instances] != [2, 2, 2]:  # noqa: ASYNC110 - as it says
                    await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        assert len({each.pid for each in plugin.snapshot().instances}) == 3
