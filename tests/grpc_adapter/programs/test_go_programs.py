"""The plugins are right by go-plugin's own client: what fails with the adapter is the adapter's fault."""

from __future__ import annotations

import os
import subprocess
import tempfile

import pytest

RUN_SECONDS = 60
KV = ["-cookie-key", "KV_GO_PLUGIN", "-cookie-value", "9f1d6b0e-key-value"]
# The flags of the host, its check, the program and its flags.
RUNS = {
    "kv": (KV, "kv", "kv-go", []),
    "kv-plain": (["-plain", *KV], "kv", "kv-go", []),
    "streaming": ([], "streaming", "streaming", []),
    "streaming-plain": (["-plain"], "streaming", "streaming", []),
    "bidirectional": ([], "bidirectional", "bidirectional", []),
    "bidirectional-plain": (["-plain"], "bidirectional", "bidirectional", []),
    "version-5": ([], "greeter5", "negotiated", []),
    "version-6": ([], "greeter6", "negotiated", []),
    "misbehaving": ([], "mischief", "misbehaving", []),
    "misbehaving-no-mtls": (["-plain"], "mischief", "misbehaving", ["-no-mtls"]),
    "misbehaving-no-reflection": ([], "mischief", "misbehaving", ["-without", "grpc.reflection"]),
}


def run(built, tmp_path, how):
    flags, check, program, program_flags = how
    command = [built / "host", *flags, check, built / program, *program_flags]
    # go-plugin's host leaves the sockets of plugins that it had to kill; a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="h-") as folder:
        environment = {**os.environ, "POLYHOST_DATA_DIR": str(tmp_path), "TMPDIR": folder}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )


@pytest.mark.long
@pytest.mark.parametrize("how", RUNS.values(), ids=RUNS)
def test_a_program_does_what_it_says(built, tmp_path, how):
    """go-plugin's own client runs the program, and the program answers as it is described."""
    done = run(built, tmp_path, how)
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stderr


@pytest.mark.long
@pytest.mark.parametrize("program_flags", [["-exit", "3"], ["-noise", "2"]], ids=["exit", "noise"])
def test_a_program_without_a_handshake_is_no_plugin(built, tmp_path, program_flags):
    """A program that ends, or prints something else, before its handshake cannot be run by go-plugin's client."""
    done = run(built, tmp_path, ([], "mischief", "misbehaving", program_flags))
    assert (done.stdout, done.returncode) == ("", 1)


@pytest.mark.long
def test_without_stdio_a_flood_blocks_the_plugin(built, tmp_path):
    """A plugin whose output nobody drains hangs in its call: this is why the adapter opens the stream at once."""
    how = (["-timeout", "3s"], "mischief", "misbehaving", ["-without", "plugin.GRPCStdio"])
    done = run(built, tmp_path, how)
    assert done.returncode == 1
    assert "DeadlineExceeded" in done.stderr
