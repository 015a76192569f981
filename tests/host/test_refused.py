"""A plugin that was found and refused is listed with its reason, and calling it says the reason, too."""

import pytest

from hostcore.config import HostConfig
from hostcore.errors import PluginNotFoundError, UnavailableError
from hostcore.host import open_host


async def test_calling_what_was_refused_says_why(tmp_path):
    """The caller learns what is wrong with the manifest, not that there is no such plugin."""
    folder = tmp_path / "plugins" / "broken"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text('id = "Broken!"\nversion = "1.0.0"\ncommand = ["true"]\n')
    config = HostConfig(plugin_folders=(tmp_path / "plugins",), data=tmp_path / "data")
    async with open_host(config) as host:
        assert [(each.id, each.state) for each in host.plugins()] == [("broken", "failed")]
        with pytest.raises(UnavailableError, match=r"broken was refused: .*plugin\.toml"):
            await host.call("Any.Thing", plugin="broken")
        with pytest.raises(PluginNotFoundError):
            await host.call("Any.Thing", plugin="another")
