import pytest
import trio
from my_extensions.calls import Authorise
from my_extensions.chores import Chores
from my_extensions.rules import OnlyDescribed

from hostcore import HostConfig
from hostcore.config import ExtensionsConfig
from hostcore.errors import CallRefusedError, LaunchError
from hostcore.hooks import CallInfo
from hostcore.testing import check_extension, open_plugin


def check_the_hooks() -> None:
    """Find misspelt hooks and arguments without a host."""
    assert check_extension(OnlyDescribed()) == ("hostcore_decide_admission",)
    assert check_extension(Chores()) == ("hostcore_provide_background_tasks",)


def check_a_refusal() -> None:
    """Call an interceptor as a host would: it is an object with three plain methods."""
    call = CallInfo(
        plugin="notes",
        method="Notes.List",
        params={},
        caller="stranger",
        timeout=1.0,
        streaming=False,
        started_at=0.0,
    )
    with pytest.raises(CallRefusedError, match="stranger may not call"):
        Authorise("digest").before(call)


async def check_in_a_host() -> None:
    """Open a host with the extension and a plugin that it is about."""
    ours = HostConfig(extensions=ExtensionsConfig(load=("my_extensions.rules:OnlyDescribed",)))
    async with open_plugin("notes", host=ours) as plugin:
        assert plugin.snapshot().state == "ready"
        assert all(each.failures == 0 for each in plugin.host.extensions())
    with pytest.raises(LaunchError, match="it has no description"):
        async with open_plugin("greeter", host=ours):
            pass


async def check_the_chore() -> None:
    """Run a background task for a moment, against a real host."""
    async with open_plugin("notes") as plugin, trio.open_nursery() as nursery:
        (remind,) = Chores(interval=0.01).hostcore_provide_background_tasks(plugin.host)
        nursery.start_soon(remind)
        with trio.fail_after(10):
            while plugin.snapshot().statistics.calls == 0:  # noqa: ASYNC110 - a count rings no bell
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()


check_the_hooks()
check_a_refusal()
trio.run(check_in_a_host)
trio.run(check_the_chore)
print("the extensions do what they promise")
