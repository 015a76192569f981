"""What a manifest's table `[grpc]` may say."""

import re

import pytest

from hostcore.errors import ManifestError
from hostcore.manifest import load_manifest
from hostcore_grpc._handshake import TcpAddress, UnixAddress
from hostcore_grpc._settings import Callback, Reattach, Settings, read_settings

COOKIE = 'cookie_key = "K"\ncookie_value = "v"\n'


@pytest.fixture
def read(tmp_path):
    def run(table, more=""):
        (tmp_path / "plugin.toml").write_text(
            f'id = "p"\nversion = "1.0.0"\ntransport = "grpc"\ncommand = ["true"]\n{more}\n[grpc]\n{table}\n'
        )
        return read_settings(load_manifest(tmp_path))

    return run


def test_cookie_and_nothing_else_will_do(read):
    """A plugin that nobody here knows needs its cookie; AutoMTLS is on, and nothing is done without it."""
    assert read(COOKIE) == Settings(
        cookie_key="K", cookie_value="v", versions=(1,), auto_mtls=True, plaintext_fallback=False
    )


def test_all_keys_are_read(read, tmp_path):
    """Versions once each, files relative to the folder, bindings, and what is lent."""
    (tmp_path / "x.pb").write_bytes(b"")
    settings = read(
        COOKIE
        + """
        versions = [6, 5, 6]
        auto_mtls = false
        plaintext_fallback = true
        descriptors = "x.pb"
        [grpc.bind.KeyValue]
        service = "kv.v1.KV"
        [grpc.callbacks]
        "Counter.Add" = { field = "helper", interface = "Helper" }
        "Counter.Sub" = { field = "helper", interface = "Helper", service = "callback.v1.Helper", keep = true }
        """,
        '[provides]\nKeyValue = "1.0"\n[requires.interfaces]\nHelper = "^1.0"',
    )
    assert settings.versions == (6, 5)
    assert not settings.auto_mtls
    assert settings.plaintext_fallback
    assert settings.descriptors == tmp_path / "x.pb"
    assert settings.bind["KeyValue"].service == "kv.v1.KV"
    assert settings.callbacks == {
        "Counter.Add": Callback(field="helper", interface="Helper", service="Helper"),
        "Counter.Sub": Callback(field="helper", interface="Helper", service="callback.v1.Helper", keep=True),
    }


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ('Network = "unix", String = "/tmp/plugin1"', UnixAddress(path="/tmp/plugin1")),
        ('Network = "tcp", String = "127.0.0.1:81"', TcpAddress(host="127.0.0.1", port=81)),
    ],
)
def test_a_running_plugin_is_named_as_it_has_printed_itself(read, address, expected):
    """What go-plugin's debug mode prints is taken as it is; there is no cookie and no AutoMTLS then."""
    settings = read(
        f'reattach = {{ Protocol = "grpc", ProtocolVersion = 5, Pid = 7, Test = true, Addr = {{ {address} }} }}'
    )
    assert settings.reattach == Reattach(pid=7, version=5, address=expected)
    assert not settings.auto_mtls
    assert settings.cookie_key is None


PRINTED = (
    '{"Protocol":"grpc","ProtocolVersion":5,"Pid":7,"Test":true,"Addr":{"Network":"unix","String":"/tmp/p"}}'
)


@pytest.mark.parametrize("text", [PRINTED, f'{{"registry.example.org/acme/zoo":{PRINTED}}}'])
def test_a_running_plugin_may_be_named_by_the_json_that_it_printed(read, text):
    """The line can be pasted between quotes as it is, with the plugin's name around it, as Terraform has it, or without."""
    expected = Reattach(pid=7, version=5, address=UnixAddress(path="/tmp/p"))
    assert read(f"reattach = '{text}'").reattach == expected


@pytest.mark.parametrize("size", [4096, 2**31 - 1])
def test_the_largest_message_may_be_set(read, size):
    """From a page to what protobuf itself can read."""
    assert read(f"{COOKIE}max_message = {size}").max_message == size


@pytest.mark.parametrize(
    ("table", "place", "complaint"),
    [
        ("", "cookie_key", "'cookie_key' is missing"),
        ('cookie_key = "K"', "cookie_value", "'cookie_value' is missing"),
        ('cookie_key = "A=B"\ncookie_value = "v"', "cookie_key", "without ="),
        ('cookie_key = ""\ncookie_value = "v"', "cookie_key", "not empty"),
        ('cookie_key = 5\ncookie_value = "v"', "cookie_key", "must be a text"),
        ('cookie_key = "K"\ncookie_value = "a\\u0000b"', "cookie_value", "without NUL"),
        (COOKIE + "verions = [5]", "verions", "'verions' is not known"),
        (COOKIE + "versions = []", "versions", "list of 1 to 32 whole numbers"),
        (COOKIE + "versions = 5", "versions", "list of 1 to 32 whole numbers"),
        (COOKIE + "versions = [true]", "versions", "list of 1 to 32 whole numbers"),
        (COOKIE + "versions = [-1]", "versions", "list of 1 to 32 whole numbers"),
        (COOKIE + f"versions = {list(range(33))}", "versions", "list of 1 to 32 whole numbers"),
        (COOKIE + 'auto_mtls = "yes"', "auto_mtls", "true or false"),
        (COOKIE + "plaintext_fallback = 1", "plaintext_fallback", "true or false"),
        (COOKIE + 'descriptors = "none.pb"', "descriptors", "there is no file 'none.pb'"),
        (COOKIE + 'descriptors = "../x.pb"', "descriptors", "leads out of the plugin's folder"),
        (COOKIE + 'descriptors = "/x.pb"', "descriptors", "leads out of the plugin's folder"),
        (COOKIE + "descriptors = []", "descriptors", "must be a text"),
        (COOKIE + "bind = 5", "grpc.bind", "must be a table"),
        (COOKIE + '[grpc.bind.KeyValue]\nservice = "KV"', "bind.KeyValue", "KeyValue is not provided"),
        (COOKIE + "callbacks = 5", "callbacks", "a table of tables"),
        (COOKIE + '[grpc.callbacks]\n"A.B" = 5', "callbacks", "a table of tables"),
        (COOKIE + '[grpc.callbacks."A.B"]\nfield = "f"', "callbacks.A.B", "has the keys field and interface"),
        (
            COOKIE + '[grpc.callbacks."A.B"]\nfield = "f"\ninterface = "I"\nmore = "x"',
            "callbacks.A.B",
            "has the keys field and interface",
        ),
        (
            COOKIE + '[grpc.callbacks."A.B"]\nfield = "f"\ninterface = "Helper"\nkeep = "yes"',
            "callbacks.A.B",
            "keep, which is true or false",
        ),
        (
            COOKIE + '[grpc.callbacks."A.B"]\nfield = "f"\ninterface = "Helper"',
            "callbacks.A.B",
            "Helper is not required",
        ),
        (COOKIE + "max_message = 4095", "max_message", "a whole number from 4096 to 2147483647"),
        (COOKIE + "max_message = 2147483648", "max_message", "a whole number from 4096 to 2147483647"),
        (COOKIE + "max_message = true", "max_message", "a whole number"),
        (COOKIE + 'max_message = "1 GiB"', "max_message", "a whole number"),
        ("reattach = 'no JSON'", "reattach", "a table with Addr"),
        ("reattach = '[]'", "reattach", "a table with Addr"),
        ("reattach = 5", "reattach", "a table with Addr"),
        ("reattach = { Pid = 1 }", "reattach", "a table with Addr"),
        ('reattach = { Protocol = "netrpc", Addr = {} }', "reattach.Protocol", "only grpc"),
        ('reattach = { Pid = "1", Addr = {} }', "reattach", "whole numbers"),
        ("reattach = { Pid = 0, Addr = {} }", "reattach", "whole numbers"),
        ("reattach = { Pid = 1, Addr = {} }", "reattach.Addr", "is no network"),
        (
            'reattach = { Pid = 1, Addr = { Network = "tcp", String = "10.0.0.1:5" } }',
            "reattach.Addr",
            "only addresses of this machine",
        ),
    ],
)
def test_a_mistake_is_told_with_its_key(read, tmp_path, table, place, complaint):
    """The error names the file, the key and what is wrong with it."""
    with pytest.raises(ManifestError, match=re.escape(complaint)) as caught:
        read(table)
    assert str(tmp_path / "plugin.toml") in caught.value.location
    assert caught.value.location.endswith(place)


def test_a_misspelt_key_has_a_hint(read):
    """The word that was probably meant is named."""
    with pytest.raises(ManifestError) as caught:
        read(COOKIE + "versoins = [5]")
    assert "versions" in caught.value.hint


def test_descriptors_may_be_what_the_build_makes(read):
    """A file that is not there yet is no mistake in a plugin that is built."""
    assert read(COOKIE + 'descriptors = "x.pb"', 'build = ["make"]').descriptors.name == "x.pb"
