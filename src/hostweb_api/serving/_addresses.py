"""Where the server listens, and what has to be so for that: addresses as people write them, checked before use."""

from __future__ import annotations

import os
import socket
import ssl
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hostcore.errors import ConfigError
from hostweb_api.security._names import is_loopback
from hostweb_api.serving._tls import ServerTls

if TYPE_CHECKING:
    from hostcore.config import ServerConfig

_HIGHEST_PORT: Final = 65535
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
UNIX: Final = "unix:"
ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - named, not bound
"""Stand for all addresses of the machine; nobody can be reached by them."""
# What the kernel has room for, with the zero at the end (sockaddr_un of Linux).
_LONGEST_SOCKET_PATH: Final = 107
# A server that lives accepts at once; one that hangs is there all the same.
_PROBE_SECONDS: Final = 2.0
_MODES: Final = range(0o1000)
PRIVATE_MODE: Final = 0o600
"""Of a socket: who may open it may do everything, so by default that is the user of the server alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpAddress:
    """Is a port to listen on.

    Attributes:
        host: an address or name; `localhost` is 127.0.0.1.
        port: 0 takes a free one.
        is_tls: whether TLS is spoken there.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    is_tls: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnixAddress:
    """Is a socket in the file system.

    Attributes:
        path: of the socket.
        mode: its permissions: who may write to it may use the server.
    """

    path: Path
    mode: int = PRIVATE_MODE


Address = TcpAddress | UnixAddress


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Says where the server listens.

    Attributes:
        all: at least one; the first is the one that people are told.
        tls_cert: a file with the certificate and those that lead to a root, in PEM; None without TLS.
        tls_key: a file with its key, in PEM; None when it stands in the same file.
        insecure_plaintext: whether other machines may connect without TLS, so that everybody between them and this
            one can read tokens: on purpose.
    """

    all: tuple[Address, ...] = (TcpAddress(),)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure_plaintext: bool = False

    @classmethod
    def from_config(cls, server: ServerConfig) -> Addresses:
        """Read the addresses from the configuration; raises `ConfigError`."""
        main = TcpAddress(host=server.host, port=server.port, is_tls=server.tls_cert is not None)
        mode = _mode(server.socket_mode)
        more = [parse_address(text, mode=mode) for text in server.listen]
        if server.socket is not None:
            more.append(UnixAddress(path=server.socket, mode=mode))
        return cls(
            all=(main, *more),
            tls_cert=server.tls_cert,
            tls_key=server.tls_key,
            insecure_plaintext=server.insecure_plaintext,
        )

    @property
    def reach_others(self) -> bool:
        """Whether other machines can connect to one of them."""
        return any(isinstance(each, TcpAddress) and not each.is_loopback for each in self.all)

    def check(self) -> None:
        """Find out, without listening for more than a moment, whether all of them can be used.

        Raises:
            ConfigError: one is reachable from other machines without TLS, is in use or is none, or there is something
                wrong with the certificate.
        """
        for address in self.all:
            self.check_allowed(address)
        self.tls()
        for address in self.all:
            if isinstance(address, UnixAddress):
                check_socket_path(address.path)
            else:
                _probe(address)

    def check_allowed(self, address: Address) -> None:
        """Refuse to listen where the tokens that other machines send could be read; raises `ConfigError`."""
        if isinstance(address, UnixAddress):
            return
        if not 0 <= address.port <= _HIGHEST_PORT:
            # The resolver would silently take it modulo 65536.
            raise ConfigError(
                f"{address.port} is no port", hint=f"give one from 1 to {_HIGHEST_PORT}, or 0 for a free one"
            )
        if address.is_tls and self.tls_cert is None:
            raise ConfigError(
                f"there is no certificate for TLS on {address.host} port {address.port}",
                hint="give server.tls_cert and server.tls_key",
            )
        if not address.is_loopback and not address.is_tls and not self.insecure_plaintext:
            raise ConfigError(
                f"the server cannot listen on {address.host!r} without TLS: other machines reach it, and whoever sees"
                " a token that they send can run programs on this one",
                hint="give server.tls_cert and server.tls_key; or use 127.0.0.1 and a tunnel (ssh -L) or a proxy with"
                " TLS; server.insecure_plaintext = true is for networks where nobody listens",
            )

    def tls(self) -> ServerTls | None:
        """Return what TLS needs, read from the files now and whenever it is renewed; None without TLS.

        Raises:
            ConfigError: the certificate or the key cannot be read, or they do not belong together; `renew` raises it, too.
        """
        if self.tls_cert is None:
            if self.tls_key is not None:
                raise ConfigError(
                    "there is a key for TLS and no certificate", hint="give server.tls_cert, too"
                )
            return None
        return ServerTls(partial(_read_certificate, self.tls_cert, self.tls_key))


def _read_certificate(cert: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in (cert, key or cert):
        # OpenSSL's own message names no file.
        _check_readable(path)
    try:
        # An empty password: a key with one would be asked for on the terminal.
        context.load_cert_chain(cert, key, password="")
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"the certificate or its key cannot be used: {error}",
            location=f"{cert}" + (f", {key}" if key else ""),
            hint="both are PEM files, the key belongs to the certificate and has no password",
        ) from error
    return context


def parse_address(text: str, *, mode: int = PRIVATE_MODE) -> Address:
    """Read `http://ADDRESS:PORT`, `https://ADDRESS:PORT` or `unix:PATH`; raises `ConfigError`."""
    if text.startswith(UNIX) and len(text) > len(UNIX):
        return UnixAddress(path=Path(text.removeprefix(UNIX)).expanduser().absolute(), mode=mode)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in _DEFAULT_PORTS or not host or not is_bare:
        raise ConfigError(
            f"{text!r} is nothing to listen on",
            hint="write it like https://0.0.0.0:8443, http://127.0.0.1:8081 or unix:/run/polyhost.sock",
        )
    return TcpAddress(
        host=host,
        port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
        is_tls=parts.scheme == "https",
    )


def check_socket_path(path: Path) -> None:
    """Refuse a path at which no socket can be made; one that nobody listens on any more is in nobody's way.

    Raises:
        ConfigError: it is too long, in no folder, in use, or something else than a socket.
    """
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise _no_socket(path, "the path is too long", f"at most {_LONGEST_SOCKET_PATH} bytes fit")
    if not path.parent.is_dir():
        raise _no_socket(path, "its folder is not there", "make the folder")
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise _no_socket(path, "there is something else", "choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return
        except OSError as error:
            raise _no_socket(path, error.strerror or str(error), "choose another path") from error
    raise _no_socket(path, "another server listens there", "stop that one, or choose another path")


def _no_socket(path: Path, why: str, hint: str) -> ConfigError:
    return ConfigError(f"the server cannot listen on the socket {path}: {why}", location=str(path), hint=hint)


def resolve(address: TcpAddress) -> str:
    """Return what to bind: `localhost` may mean two addresses, and a free port of one is not free of the other."""
    return "127.0.0.1" if address.host.lower() == "localhost" else address.host


def cannot_listen(address: TcpAddress, error: OSError) -> ConfigError:
    """Say that an address cannot be listened on, and why."""
    return ConfigError(
        f"the server cannot listen on {address.host} port {address.port}: {error.strerror or error}",
        hint="choose another port with --port or server.port; 0 takes a free one",
    )


def _probe(address: TcpAddress) -> None:
    try:
        found: Sequence[tuple[int, int, int, str, tuple[object, ...]]] = socket.getaddrinfo(
            resolve(address), address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, place = found[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen()
    except OSError as error:
        raise cannot_listen(address, error) from error


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(
            f"a file for TLS cannot be read: {error.strerror}",
            location=str(path),
            hint="server.tls_cert and server.tls_key name PEM files that the server may read",
        ) from error


def _mode(text: str) -> int:
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if mode not in _MODES:
        raise ConfigError(f"{text!r} is no mode of a file", hint="write it like 0600 or 0660")
    return mode
