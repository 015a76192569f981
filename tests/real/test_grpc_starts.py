"""Starts of gRPC plugins: handshake, versions, certificates, addresses, descriptors, health, and what goes wrong."""

import shutil
import tempfile

import pytest
import trio
from grpc_support import SOURCES, write_grpc
from real_support import write_plugin

from hostcore import HostConfig, open_host
from hostcore.errors import HandshakeError, IncompatibleError, LaunchError, ManifestError
from hostcore.snapshots import LogSource, PluginState
from hostcore.testing import open_plugin

pytestmark = pytest.mark.usefixtures("leaves_no_file")

QUICK = "[limits]\nstart_timeout = 1.5"
SHORT = "[limits]\nstart_timeout = 0.5"


@pytest.mark.parametrize("encrypted", [True, False])
async def test_noise_before_the_handshake_does_no_harm(tmp_path, encrypted):
    """Lines on stdout before the handshake are stray output in the log; the plugin starts, with TLS and without."""
    grpc = "" if encrypted else "auto_mtls = false"
    async with open_plugin(write_grpc(tmp_path / "m", "misbehaving", "-noise", "200", grpc=grpc)) as plugin:
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
        stray = [line.message for line in plugin.logs() if line.source is LogSource.STRAY]
        assert stray == [f"noise {number + 1} on stdout" for number in range(200)]


@pytest.mark.parametrize(
    ("flags", "more", "expected"),
    [
        (
            ["-noise", "5", "-exit", "4"],
            "",
            (PluginState.BACKING_OFF, "exit status 4 before it printed its handshake"),
        ),
        (
            ["-noise", "5", "-exit", "4"],
            "",
            (PluginState.BACKING_OFF, "on stderr: noise 3 on stderr | noise 4"),
        ),
        (
            ["-noise", "5", "-exit", "4"],
            "",
            (PluginState.BACKING_OFF, "on stdout: noise 3 on stdout | noise 4"),
        ),
        (["-exit", "125"], "", (PluginState.FAILED, "exit status 125")),
        (["-silent"], SHORT, (PluginState.FAILED, "printed no handshake within 0.5 s; it printed nothing")),
        (
            ["-noise", "1", "-silent"],
            SHORT,
            (PluginState.FAILED, "its last line on stdout: noise 1 on stdout"),
        ),
        (["-no-mtls"], "", (PluginState.FAILED, "it shows no certificate although it was asked to")),
        (["-hang-health"], QUICK, (PluginState.BACKING_OFF, "it answered no health check within 1.5 s")),
        (["-no-such-flag"], "", (PluginState.BACKING_OFF, "exit status 2 before it printed its handshake")),
    ],
)
async def test_a_start_that_cannot_work_says_why(tmp_path, flags, more, expected):
    """The error has what was seen and the last words; what another start would only repeat is `failed` at once."""
    state, text = expected
    folder = write_grpc(tmp_path / "m", "misbehaving", *flags, more=more)
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        with pytest.raises(HandshakeError) as caught:
            await host.load(folder)
        assert text in str(caught.value)
        assert host.plugin("misbehaving").state is state


async def test_a_wrong_cookie_is_told_by_the_plugin_itself(tmp_path):
    """A plugin that does not recognize its host says so on stderr and ends; the hint names the keys."""
    cookie = 'cookie_key = "POLYHOST_TEST_PLUGIN"\ncookie_value = "wrong"'
    with pytest.raises(HandshakeError, match="not meant to be executed directly") as caught:
        async with open_plugin(write_grpc(tmp_path / "s", "streaming", cookie=cookie)):
            raise AssertionError
    assert "cookie_key and cookie_value" in caught.value.hint


@pytest.mark.parametrize(
    ("versions", "method", "params", "answer"),
    [
        ("[5, 6]", "greeter6.Greeter.Greet", {"names": ["a"]}, {"texts": ["Hello a"]}),
        ("[6]", "greeter6.Greeter.Greet", {"names": ["a"]}, {"texts": ["Hello a"]}),
        ("[4, 5]", "greeter5.Greeter.Greet", {"name": "a"}, {"text": "Hello a"}),
    ],
)
async def test_the_highest_common_version_is_served(tmp_path, versions, method, params, answer):
    """What the plugin serves under that version is what can be called."""
    folder = write_grpc(tmp_path / "n", "negotiated", grpc=f"versions = {versions}")
    async with open_plugin(folder) as plugin:
        assert await plugin.call(method, params) == answer
        assert len(plugin.snapshot().methods) == 1


async def test_no_common_version_is_refused(tmp_path):
    """A plugin that announces a version that the manifest does not allow is ended, and the error says both."""
    folder = write_grpc(tmp_path / "n", "negotiated", grpc="versions = [7, 8]")
    with pytest.raises(
        HandshakeError, match=r"serves version 5 of its protocol, and the manifest allows 7, 8"
    ):
        async with open_plugin(folder):
            raise AssertionError


async def test_without_auto_mtls_nothing_is_encrypted(tmp_path):
    """`auto_mtls = false` gives the plugin no certificate, and it serves in plain text."""
    async with open_plugin(write_grpc(tmp_path / "s", "streaming", grpc="auto_mtls = false")) as plugin:
        assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}
        handshakes = [line.message for line in plugin.logs() if "mTLS" in line.message]
        assert handshakes == []


async def test_plain_text_is_a_fallback_only_if_the_manifest_says_so(tmp_path):
    """A plugin that shows no certificate may be used then, and the log says that nothing is encrypted."""
    folder = write_grpc(tmp_path / "m", "misbehaving", "-no-mtls", grpc="plaintext_fallback = true")
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
        notes = [line.message for line in plugin.logs() if line.source is LogSource.HOST]
        assert "it does not encrypt the connection, as its manifest allows" in notes


@pytest.mark.parametrize("network", ["tcp", "unix"])
async def test_a_plugin_without_go_plugin_needs_the_handshake_only(tmp_path, network):
    """A server that prints the line is a plugin: over TCP and unix sockets, without health, controller and the rest."""
    folder = write_grpc(tmp_path / "p", "plain", "-network", network, grpc="auto_mtls = false")
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}
        await plugin.host.stop("plain")
        report = plugin.snapshot().last_exit
        assert (report.exit_code, report.stderr[-1]) == (0, "plain: ended in order")


async def test_a_plugin_that_does_not_serve_yet_is_waited_for(tmp_path):
    """NOT_SERVING at the start means later; a start ends when its time does, and says what was answered."""
    flags = ("-health", "NOT_SERVING", "-recovers", "3")
    async with open_plugin(write_grpc(tmp_path / "p", "plain", *flags, grpc="auto_mtls = false")) as plugin:
        assert plugin.snapshot().state is PluginState.READY
    never = write_grpc(
        tmp_path / "q", "plain", *flags[:2], grpc="auto_mtls = false", more=SHORT, plugin_id="never"
    )
    with pytest.raises(HandshakeError, match=r"it said nothing but NOT_SERVING of its health within 0\.5 s"):
        async with open_plugin(never):
            raise AssertionError


HIDDEN = ("-without", "grpc.reflection")
PROTOS = SOURCES / "proto"


async def test_without_reflection_there_must_be_a_file(tmp_path):
    """A plugin that does not tell what it serves is refused, and the hint names the key of the manifest."""
    with pytest.raises(IncompatibleError, match="does not say what it serves") as caught:
        async with open_plugin(write_grpc(tmp_path / "m", "misbehaving", *HIDDEN)):
            raise AssertionError
    assert "descriptors" in caught.value.hint


async def check_described(folder, name):
    write_grpc(folder, "misbehaving", *HIDDEN, grpc=f'descriptors = "{name}"')
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
        assert plugin.snapshot().methods[0].description == "Give back what came: the plugin still works."


async def test_a_descriptor_set_describes_a_plugin(tmp_path):
    """Services, schemas and comments come from the file that the manifest names."""
    shutil.copy(PROTOS / "mischief.pb", tmp_path / "x.pb")
    await check_described(tmp_path, "x.pb")


async def test_a_proto_file_is_compiled(tmp_path):
    """A `.proto` file is compiled at the start, with the compiler that is installed."""
    shutil.copy(PROTOS / "mischief.proto", tmp_path)
    await check_described(tmp_path, "mischief.proto")


async def test_a_proto_file_with_a_mistake_says_where(tmp_path):
    """The compiler's own words are the error."""
    (tmp_path / "x.proto").write_text("syntax = 'proto3';\nmessage A { strin b = 1; }\n")
    write_grpc(tmp_path, "misbehaving", grpc='descriptors = "x.proto"')
    with pytest.raises(
        IncompatibleError, match=r"cannot be compiled: .*x\.proto:2:13: .strin. is not defined"
    ):
        async with open_plugin(tmp_path):
            raise AssertionError


async def test_a_program_that_is_not_there_is_a_launch_error(tmp_path):
    """The program is named, and neither a folder nor a process is left."""
    folder = write_plugin(
        tmp_path / "p",
        'id = "gone"\nversion = "1.0.0"\ntransport = "grpc"\ncommand = ["no-such-program-here"]\n'
        '[grpc]\ncookie_key = "K"\ncookie_value = "v"\n',
    )
    with pytest.raises(LaunchError, match="no-such-program-here"):
        async with open_plugin(folder):
            raise AssertionError


async def test_no_folder_for_sockets_is_a_launch_error(tmp_path, monkeypatch):
    """A host that cannot write its temporary files says so, and what to do."""
    folder = write_grpc(tmp_path / "s", "streaming")
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
        with pytest.raises(LaunchError, match="no folder can be made for its sockets") as caught:
            await host.load(folder)
        monkeypatch.undo()
    assert "TMPDIR" in caught.value.hint


async def test_the_hosts_own_variables_of_the_handshake_do_not_reach_a_plugin(tmp_path, monkeypatch):
    """A host that is somebody's plugin itself does not hand on what it was told."""
    for name in (
        "PLUGIN_CLIENT_CERT",
        "PLUGIN_MULTIPLEX_GRPC",
        "PLUGIN_UNIX_SOCKET_DIR",
        "PLUGIN_PROTOCOL_VERSIONS",
    ):
        monkeypatch.setenv(name, "true")
    folder = write_grpc(
        tmp_path / "s", "streaming", grpc="auto_mtls = false", more='[env]\npass = ["PLUGIN_*"]'
    )
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no-such-program", "a handshake"),
        ("1|1|unix|/nowhere/plugin1|grpc|", "cannot be reached: No such file or directory"),
        ("1|1|tcp|127.0.0.1:1|grpc|", "cannot be reached"),
        ("1|1|unix|/nowhere/plugin1|netrpc|", "speaks netrpc; only plugins that speak gRPC"),
        ("2|1|unix|/nowhere/plugin1|grpc|", "version 2 of go-plugin's own protocol"),
        ("1|1|tcp|8.8.8.8:53|grpc|", "only addresses of this machine"),
        ("1|1|unix|/nowhere/plugin1|grpc|" + "A" * 64, "its certificate cannot be read"),
        ("1|1|unix|/nowhere/plugin1|grpc||true", "shares one socket"),
    ],
)
async def test_a_handshake_that_cannot_be_used_says_what_it_lacks(tmp_path, text, complaint):
    """What the line says is held against what this host speaks; a process that lives on is ended."""
    if text == "no-such-program":
        text, complaint = "hello", "printed no handshake within 0.5 s; its last line on stdout: hello"
    mtls = "auto_mtls = true" if text.endswith("A") else "auto_mtls = false"
    folder = write_plugin(
        tmp_path / "p",
        f'id = "odd"\nversion = "1.0.0"\ntransport = "grpc"\n'
        f'command = ["sh", "-c", "echo \'{text}\'; exec sleep 100"]\n{SHORT}\n'
        f'[grpc]\ncookie_key = "K"\ncookie_value = "v"\n{mtls}\n',
    )
    with pytest.raises(HandshakeError) as caught:
        async with open_plugin(folder):
            raise AssertionError
    assert complaint in str(caught.value)


async def test_a_mistake_in_the_table_is_found_when_the_plugin_is_loaded(tmp_path):
    """No process is started for a manifest that cannot be used; the plugin is failed, with the key."""
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        with pytest.raises(ManifestError, match="'verions' is not known"):
            await host.load(write_grpc(tmp_path / "s", "streaming", grpc="verions = [1]"))


async def test_a_start_can_be_broken_off(tmp_path):
    """A plugin that never prints its handshake is gone as soon as it is unloaded."""
    folder = write_grpc(tmp_path / "m", "misbehaving", "-silent", more="[limits]\nstart_timeout = 60")
    async with open_host(HostConfig(data=tmp_path / "data")) as host, trio.open_nursery() as nursery:

        async def load():
            with pytest.raises(Exception, match="misbehaving"):
                await host.load(folder)

        nursery.start_soon(load)
        with trio.fail_after(10):
            while not any(each.state is PluginState.STARTING for each in host.plugins()):  # noqa: ASYNC110 - a start
                await trio.sleep(0.01)
            await trio.sleep(0.2)
            await host.unload("misbehaving")
