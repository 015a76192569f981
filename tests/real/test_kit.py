"""The test kit, on real plugins."""

import pytest
import trio

from hostcore.errors import ExtensionError, HandshakeError, ManifestError
from hostcore.hooks import hookimpl
from hostcore.snapshots import PluginState
from hostcore.testing import check_extension, check_plugin, open_plugin


async def test_an_open_plugin_can_be_called(programs):
    """The kit gives a ready plugin, with calls, its proxy, its picture and its log."""
    async with open_plugin(programs / "echo", config={"colour": "red"}) as plugin:
        assert await plugin.call("Echo.Say", {"text": "hi"}) == {"text": "hi"}
        assert await plugin.interface("Echo").Say(text="ho") == {"text": "ho"}
        assert (await plugin.call("Echo.Hello"))["config"] == {"colour": "red"}
        assert plugin.snapshot().state is PluginState.READY
        assert any(line.message == "echo is ready" for line in plugin.logs())
        with pytest.raises(trio.TooSlowError):
            await plugin.wait_for(PluginState.FAILED, timeout=0.1)


async def test_a_start_that_fails_is_raised(programs, tmp_path):
    """The test of a plugin that does not start fails with the plugin's own error."""
    with pytest.raises(HandshakeError, match="last words"):
        async with open_plugin(programs / "echo", env={"ECHO_AT_START": "exit"}):
            raise AssertionError
    with pytest.raises(ManifestError):
        async with open_plugin(tmp_path):
            raise AssertionError


def test_a_sound_plugin_passes_the_checks(programs):
    """`check_plugin` runs the examples of the interfaces against the real process."""
    check_plugin(programs / "echo")


def test_an_unsound_plugin_does_not(programs, tmp_path):
    """Each failed check is told, with what to do."""
    with pytest.raises(AssertionError, match=r"plugin\.toml cannot be used"):
        check_plugin(tmp_path)


def test_an_extension_is_checked():
    """The hooks it implements, or what is wrong with them."""

    class Good:
        @hookimpl
        def hostcore_decide_command(self, manifest):
            return None

    class Bad:
        @hookimpl
        def hostcore_decide_comand(self):
            return None

    assert check_extension(Good()) == ("hostcore_decide_command",)
    with pytest.raises(ExtensionError):
        check_extension(Bad())
    with pytest.raises(AssertionError, match="no hook"):
        check_extension(object())
