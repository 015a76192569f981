"""The line with which a plugin of go-plugin says where it can be reached."""

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostcore_grpc._handshake import (
    Handshake,
    HandshakeMisfitError,
    TcpAddress,
    UnixAddress,
    looks_like_handshake,
    parse_address,
    parse_handshake,
    socket_path,
)

SOCKET = UnixAddress(path="/tmp/plugin1")
DER = bytes(range(256))
CERTIFICATE = base64.b64encode(DER).decode().rstrip("=")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1|1|unix|/tmp/plugin1|grpc", Handshake(version=1, address=SOCKET)),
        ("1|5|unix|/tmp/plugin1|grpc|", Handshake(version=5, address=SOCKET)),
        ("  1|1|unix|/tmp/plugin1|grpc|\r", Handshake(version=1, address=SOCKET)),
        (
            "1|1|unix|/tmp/plugin1|grpc|" + CERTIFICATE,
            Handshake(version=1, address=SOCKET, certificate=DER),
        ),
        (
            "1|1|unix|/tmp/plugin1|grpc|" + CERTIFICATE + "==|false",
            Handshake(version=1, address=SOCKET, certificate=DER),
        ),
        ("1|1|unix|/tmp/plugin1|grpc|null", Handshake(version=1, address=SOCKET)),
        ("1|1|unix|@name|grpc", Handshake(version=1, address=UnixAddress(path="\0name"))),
        (
            "1|1|tcp|127.0.0.1:10001|grpc",
            Handshake(version=1, address=TcpAddress(host="127.0.0.1", port=10001)),
        ),
        ("1|1|tcp|[::1]:65535|grpc", Handshake(version=1, address=TcpAddress(host="::1", port=65535))),
        ("1|1|tcp|localhost:1|grpc", Handshake(version=1, address=TcpAddress(host="localhost", port=1))),
    ],
)
def test_a_handshake_is_read(line, expected):
    """With four to seven fields, with and without padding of the certificate, on all kinds of addresses."""
    assert looks_like_handshake(line)
    assert expected == parse_handshake(line, versions=(1, 5))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1|1|unix|/tmp/p", "it speaks netrpc; only plugins that speak gRPC"),
        ("1|1|unix|/tmp/p||", "it speaks netrpc"),
        ("1|1|unix|/tmp/p|netrpc|", "it speaks netrpc"),
        ("2|1|unix|/tmp/p|grpc|", "version 2 of go-plugin's own protocol, not 1"),
        ("1|7|unix|/tmp/p|grpc|", "serves version 7 of its protocol, and the manifest allows 1, 5"),
        ("1|" + "9" * 5000 + "|unix|/tmp/p|grpc|", "of its protocol"),
        ("1|²|unix|/tmp/p|grpc|", "serves version ² of its protocol"),
        ("1|1|unix|/tmp/p|grpc||true", "shares one socket for all connections"),
        ("1|1|unix|/tmp/p|grpc|||", "4 to 7 fields, not 8"),
        ("1|1|unix", "4 to 7 fields, not 3"),
        ("1|1|unix|plugin1|grpc|", "'plugin1' is no path of a socket"),
        ("1|1|unix|/tmp/a\0b|grpc|", "is no path of a socket"),
        ("1|1|pipe|x|grpc|", "'pipe' is no network"),
        ("1|1|tcp|10.0.0.1:80|grpc|", "listens on '10.0.0.1', and only addresses of this machine"),
        ("1|1|tcp|0.0.0.0:80|grpc|", "only addresses of this machine"),
        ("1|1|tcp|example.org:80|grpc|", "only addresses of this machine"),
        ("1|1|tcp|127.0.0.1|grpc|", "only addresses of this machine"),
        ("1|1|tcp|127.0.0.1:0|grpc|", "'0' is no port"),
        ("1|1|tcp|127.0.0.1:65536|grpc|", "'65536' is no port"),
        ("1|1|tcp|127.0.0.1:٣|grpc|", "'٣' is no port"),
        ("1|1|unix|/tmp/p|grpc|" + "!" * 60, "its certificate is no base64"),
        ("1|1|unix|/tmp/p|grpc|" + "é" * 60, "its certificate is no base64"),
        ("1|1|unix|/tmp/p|grpc|" + "A" * 61, "its certificate is no base64"),
    ],
)
def test_what_this_host_does_not_speak_is_refused(line, complaint):
    """The message says what is wrong: the protocol, the version, the address or the certificate."""
    with pytest.raises(HandshakeMisfitError, match=re.escape(complaint)):
        parse_handshake(line, versions=(1, 5))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "starting",
        "a|b|c|d",
        "| name | size | unix | x |",
        "1|1|unix|",
        "1|one|unix|/tmp/p|grpc",
        "12:00|1|tcp|127.0.0.1:1|grpc",
        "{1|1|unix|/tmp/p|grpc}",
    ],
)
def test_other_lines_are_not_taken_for_it(line):
    """What a program prints before its handshake, tables and log lines included, is told from it."""
    assert not looks_like_handshake(line)


# No deadline: the machine is shared. The seeds are fixed so that a run can be repeated.
examples = settings(max_examples=300, deadline=None, derandomize=True)


def outcome(line, versions):
    try:
        return parse_handshake(line, versions=versions)
    except HandshakeMisfitError as error:
        return error


@examples
@given(st.text(max_size=200))
def test_whatever_is_printed_it_is_a_handshake_or_a_misfit(line):
    """No text breaks the reading."""
    made = outcome(line, (1,))
    assert str(made)
    assert looks_like_handshake(line) or isinstance(made, HandshakeMisfitError)


FIELD = st.one_of(
    st.sampled_from(["1", "5", "unix", "tcp", "grpc", "netrpc", "true", "", "/tmp/x", "127.0.0.1:1", "@x"]),
    st.text(st.characters(blacklist_characters="|\n"), max_size=80),
)


@examples
@given(st.lists(FIELD, min_size=1, max_size=9).map("|".join))
def test_whatever_its_fields_hold_it_is_a_handshake_or_a_misfit(line):
    """No mixture of what may and what may not stand in the fields breaks the reading."""
    if looks_like_handshake(line):
        socket_path(line)
    made = outcome(line, (1, 5))
    assert str(made)
    assert isinstance(made, HandshakeMisfitError) or made.version in {1, 5}


@examples
@given(
    version=st.integers(0, 999_999_999),
    der=st.binary(min_size=50, max_size=1200),
    path=st.text(st.characters(codec="utf-8", exclude_characters="|\0\r\n", exclude_categories=["Z", "C"])),
)
def test_what_go_prints_is_read_as_it_was_meant(version, der, path):
    """Version, path and certificate come back, whatever they are."""
    certificate = base64.b64encode(der).decode().rstrip("=")
    line = f"1|{version}|unix|/{path}|grpc|{certificate}"
    expected = Handshake(version=version, address=UnixAddress(path=f"/{path}"), certificate=der)
    assert expected == parse_handshake(line, versions=(version,))
    assert f"/{path}" == socket_path(line)


def test_only_a_socket_in_the_file_system_has_a_path():
    """An abstract socket and a port leave no file."""
    assert socket_path("1|1|unix|/tmp/p|netrpc") == "/tmp/p"
    assert socket_path("1|1|unix|@name|grpc|") is None
    assert socket_path("1|1|tcp|127.0.0.1:1|grpc|") is None


def test_addresses_can_be_shown():
    """An abstract socket is shown as Go writes it."""
    assert str(parse_address("unix", "@name")) == "unix:@name"
    assert str(parse_address("unix", "/tmp/p")) == "unix:/tmp/p"
    assert str(parse_address("tcp", "127.0.0.1:80")) == "tcp:127.0.0.1:80"
