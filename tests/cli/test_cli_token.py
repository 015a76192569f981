"""`polyhost token`, and commands that show a token to a server: over TCP, TLS and sockets."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from cli_support import end, run_polyhost, start_server

sys.path.append(str(Path(__file__).parents[1] / "web"))
from tls_support import make_certificate

TOKEN = r"polyhost_[a-z2-7]{8}_[a-z2-7]{52}"


@pytest.fixture
def serve(tmp_path):
    """Start servers that are stopped after the test."""
    started = []

    def start(*arguments, data="data", **env):
        started.append(start_server(tmp_path / data, *arguments, cwd=tmp_path, **env))
        return started[-1]

    yield start
    for serving in started:
        end(serving)


def test_tokens_of_a_folder(tmp_path):
    """Tokens are made, listed and revoked without a server; the secret is shown once, alone on standard output."""
    data = tmp_path / "data"

    def run(*words):
        return run_polyhost("token", *words, "--data", data)

    made = run("create", "my ci", "--scope", "operator")
    assert made.returncode == 0
    assert re.fullmatch(TOKEN + "\n", made.stdout)
    assert "my ci: operator, good until" in made.stderr
    forever = json.loads(run("create", "forever", "--scope", "admin", "--expires", "never", "--json").stdout)
    assert forever["expires_at"] is None
    listed = run("list")
    assert [line.split()[1] for line in listed.stdout.splitlines()] == ["NAME", "forever", "my"]
    assert made.stdout.strip() not in listed.stdout + run("list", "--json").stdout
    again = run("create", "my ci", "--scope", "viewer")
    assert (again.returncode, again.stdout) == (9, "")
    assert run("revoke", "my ci").stdout == "my ci is revoked\n"
    assert run("revoke", forever["id"]).returncode == 0
    assert run("revoke", "my ci").returncode == 4
    assert json.loads(run("list", "--json").stdout) == {"tokens": []}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("create", "x"), 2, "--scope"),
        (("create", "x", "--scope", "root"), 2, "root"),
        (("create", "x", "--scope", "viewer", "--expires", "soon"), 2, "30d"),
        (("create", " x", "--scope", "viewer"), 8, "#/name: characters that can be seen are expected"),
        (("create", "local", "--scope", "viewer"), 8, "#/name: 'local' stands for somebody without a token"),
        (("create", "x", "--scope", "viewer", "--expires", "9999999d"), 8, "expires_in"),
        (("list", "--data", "none"), 6, "no data folder"),
    ],
)
def test_what_is_no_token(tmp_path, words, code, told):
    """What cannot be done is said, and leaves no folder behind."""
    done = run_polyhost("token", *words, cwd=tmp_path)
    assert done.returncode == code
    assert told in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_server_that_wants_tokens(serve, tmp_path):
    """Commands need a token then, from any of four places; one made in the folder is good at once, until it is revoked."""
    server = serve("--require-token")
    assert re.search(
        r"sign in once, .* http://127\.0\.0\.1:\d+/sign-in#token=polyhost_once_", server.errors.read_text()
    )
    refused = server.run("list")
    assert refused.returncode == 8
    assert "polyhost token create" in refused.stderr
    token = server.run("token", "create", "me", "--scope", "admin").stdout.strip()
    file = tmp_path / "token"
    file.write_text(token + "\n")
    for words, env in (
        (("--token", token), {}),
        (("--token-file", file), {}),
        ((), {"POLYHOST_TOKEN": token}),
        ((), {"POLYHOST_TOKEN_FILE": str(file)}),
    ):
        assert server.run("list", *words, **env).returncode == 0
    assert server.run("list", "--token", "two words").returncode == 2
    assert server.run("list", "--token-file", tmp_path / "none").returncode == 2
    assert server.run("list", "--token", "polyhost_x").returncode == 8
    # Over the API.
    other = run_polyhost(
        "token", "create", "you", "--scope", "viewer", "--server", server.url, POLYHOST_TOKEN=token
    )
    assert re.fullmatch(TOKEN + "\n", other.stdout)
    assert server.run("list", "--token", other.stdout.strip()).returncode == 0
    denied = server.run("stop", "nobody", "--token", other.stdout.strip())
    assert denied.returncode == 8
    assert "scope operator" in denied.stderr
    shown = run_polyhost("token", "list", "--json", "--server", server.url, "--token", token)
    assert [each["name"] for each in json.loads(shown.stdout)["tokens"]] == ["me", "you"]
    assert run_polyhost("token", "revoke", "you", "--server", server.url, "--token", token).returncode == 0
    assert server.run("list", "--token", other.stdout.strip()).returncode == 8
    assert server.run("token", "revoke", "me").returncode == 0
    assert server.run("list", "--token", token).returncode == 8


def test_a_server_with_tls_and_a_socket(serve, tmp_path):
    """Commands trust a certificate that is named, and find a socket by themselves: it needs no token."""
    made = make_certificate(tmp_path)
    path = tmp_path / "p.sock"
    server = serve("--tls-cert", made.cert, "--tls-key", made.key, "--require-token", "--socket", path)
    assert server.url.startswith("https://127.0.0.1:")
    assert f"also at unix:{path}" in server.errors.read_text()
    assert server.run("list").returncode == 0
    assert run_polyhost("list", "--server", f"unix:{path}").returncode == 0
    untrusted = run_polyhost("list", "--server", server.url)
    assert untrusted.returncode == 3
    assert "--ca-file" in untrusted.stderr
    assert run_polyhost("list", "--server", server.url, "--ca-file", tmp_path / "none").returncode == 2
    token = server.run("token", "create", "me", "--scope", "viewer").stdout.strip()
    trusted = run_polyhost("list", "--server", server.url, "--token", token, POLYHOST_CA_FILE=str(made.cert))
    assert trusted.returncode == 0
    assert server.stop() == 0
    assert not path.exists()
    gone = run_polyhost("list", "--server", f"unix:{path}")
    assert gone.returncode == 3
    assert "no such socket" in gone.stderr


def test_what_cannot_be_served_is_told_before_plugins_start(tmp_path):
    """A port in use, plain text for other machines, a certificate that is not there: one error, one exit code."""
    for words, told in (
        (("--host", "0.0.0.0"), "without TLS"),
        (("--tls-cert", tmp_path / "none.pem"), "cannot be read"),
        (("--socket", tmp_path / "no" / "p.sock"), "folder is not there"),
    ):
        done = run_polyhost("serve", "--port", 0, "--data", tmp_path / "data", *words)
        assert done.returncode == 6
        assert told in done.stderr
        assert "starting the plugins" not in done.stderr
