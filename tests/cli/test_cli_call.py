"""`polyhost call` on a real server and without one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time

import pytest
from cli_support import DEMO, PROGRAM, end, environment, start_server


def test_a_result_is_pretty_json(server):
    """People get indented JSON; the plugin may be named or not."""
    for named in (["demo"], []):
        done = server.run("call", *named, "Demo.Echo", "a=ü", "b:=[1]")
        assert done.stdout == json.dumps({"a": "ü", "b": [1]}, indent=2, ensure_ascii=False) + "\n"
        assert (done.returncode, done.stderr) == (0, "")


def test_json_is_one_document_on_one_line(server):
    """Programs get `{"result": …}`."""
    done = server.run("call", "Demo.Echo", "a=1", "--json")
    assert done.stdout == '{"result":{"a":"1"}}\n'


def test_items_come_as_they_are_sent(server):
    """The first item is written while the plugin still sends the others."""
    process = subprocess.Popen(
        [*PROGRAM, "call", "Demo.Count", "to:=3", "delay:=0.7", "--json", "--server", server.url],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        first = json.loads(process.stdout.readline())
        (instance,) = json.loads(server.run("info", "demo", "--json").stdout)["instances"]
        rest = [json.loads(line) for line in process.stdout]
    assert first == {"item": {"number": 0, "text": "item 0"}}
    assert [*rest[:2]] == [{"item": {"number": n, "text": f"item {n}"}} for n in (1, 2)]
    assert rest[2] == {"result": {"sent": 3}}
    assert instance["in_flight"] == 1
    assert process.returncode == 0


def test_text_where_another_type_is_expected(server):
    """A number that was written as text is refused with the way to write it."""
    done = server.run("call", "Demo.Count", "to=3")
    assert (done.returncode, done.stdout) == (8, "")
    assert "expected an integer" in done.stderr
    assert "hint: text is written with =, all else with :=, such as to:=3\n" in done.stderr


def test_a_stream_that_fails_keeps_its_items(server):
    """What came before the error is written, the exit code is that of the error."""
    done = server.run("call", "Demo.Count", "to:=2", "fail:=true", "--field", "text")
    assert done.stdout == "item 0\nitem 1\n"
    assert done.returncode == 1
    assert "Refused: not today" in done.stderr


def test_a_field_is_written_as_it_is(server, tmp_path):
    """Text comes letter by letter, binary data byte by byte, and a nested one by its path."""
    assert server.run("call", "Demo.Echo", "a=<p>ü</p>", "--field", "a").stdout == "<p>ü</p>"
    assert server.run("call", "Demo.Echo", 'a:={"b":["x"]}', "--field", "a.b.0").stdout == "x"
    data = bytes(range(256))
    (tmp_path / "data").write_bytes(data)
    done = subprocess.run(
        [
            *PROGRAM,
            "call",
            "Demo.Reverse",
            f"data@{tmp_path / 'data'}",
            "--field",
            "data",
            "--server",
            server.url,
        ],
        capture_output=True,
        env=environment(),
        check=True,
    )
    assert done.stdout == data[::-1]


def test_a_field_that_is_not_there_is_an_error(server):
    """The fields that are there are named."""
    done = server.run("call", "Demo.Echo", "a=1", "b=2", "--field", "c")
    assert done.returncode == 1
    assert "the result has no field 'c'" in done.stderr
    assert "it has: a, b" in done.stderr


def test_params_come_from_standard_input(server):
    """`-` reads a whole object, `=@-` one text."""
    assert server.run("call", "Demo.Echo", "-", "--json", stdin='{"x": 1}').stdout == '{"result":{"x":1}}\n'
    done = server.run("call", "Demo.Echo", "text=@-", "--field", "text", stdin="# Title\n")
    assert done.stdout == "# Title\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["Demo.Refuse"], 1, "Refused: not today"),
        (["Demo.Remember", "word:=1"], 8, "/word"),
        (["Demo.Nothing"], 4, "Demo.Nothing"),
        (["Nothing.At", "all=1"], 4, "no plugin provides the interface Nothing"),
        (["nobody", "Demo.Echo"], 4, "nobody"),
        (["demo"], 2, "the method is missing after 'demo'"),
        (["demo", "a=1"], 2, "the method is missing after 'demo'"),
        (["demo", "word"], 2, "'word' is no method"),
        ([], 2, "missing argument"),
        (["Demo.Echo", "--timeout", "0"], 2, "no time span"),
        (["Demo.Echo", "--timeout", "99999h"], 2, "too long"),
        (["Demo.Sleep", "seconds:=5", "--timeout", "200ms"], 5, "deadline"),
    ],
)
def test_each_kind_of_failure_has_its_exit_code(server, arguments, code, told):
    """One line says what is wrong, and nothing is written to standard output."""
    done = server.run("call", *arguments)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("polyhost: error: ")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_errors_are_json_for_programs(server):
    """With --json the error is one line of JSON on standard error, with the plugin's name and data."""
    done = server.run("call", "Demo.Refuse", "--json")
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "call-failed"
    assert error["exit_code"] == done.returncode == 1
    assert error["details"]["name"] == "Refused"
    assert error["details"]["data"] == {"until": "tomorrow"}


def test_a_crash_during_the_call_is_told(server):
    """The plugin's death is the plugin's unavailability, not a server error; later it answers again."""
    done = server.run("call", "Demo.Crash")
    assert done.returncode == 7
    for _ in range(50):
        if server.run("call", "Demo.Echo").returncode == 0:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the plugin did not come back")


def test_ctrl_c_ends_a_call_quietly(server):
    """The exit code is 130, and there is no traceback."""
    process = subprocess.Popen(
        [*PROGRAM, "call", "Demo.Count", "to:=50", "delay:=0.5", "--server", server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.strip() == ""


def test_without_a_server_a_folder_is_started_for_the_call(polyhost, tmp_path):
    """A path as plugin needs no server; the plugin's data is gone afterwards unless a folder is named."""
    nobody = {"POLYHOST_SERVER": "http://127.0.0.1:1"}
    done = polyhost("call", DEMO, "Demo.Remember", "word=a", "--json", **nobody)
    assert (done.stdout, done.stderr) == ('{"result":{"before":""}}\n', "")
    for before in ("", "a"):
        done = polyhost(
            "call",
            "--folder",
            DEMO,
            "Demo.Remember",
            "word=a",
            "--field",
            "before",
            "--data",
            tmp_path / "kept",
        )
        assert (done.returncode, done.stdout) == (0, before)


def test_a_stream_works_without_a_server(polyhost):
    """Items and result are those of a server."""
    done = polyhost("call", "--folder", DEMO, "Demo.Count", "to:=2", "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"item": {"number": 0, "text": "item 0"}},
        {"item": {"number": 1, "text": "item 1"}},
        {"result": {"sent": 2}},
    ]


def test_errors_without_a_server_are_those_of_a_server(polyhost):
    """The plugin's error has its name, code and exit code in a host of the command's own too."""
    done = polyhost("call", "--folder", DEMO, "Demo.Refuse", "--json")
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, error["code"], error["details"]["name"]) == (1, "call-failed", "Refused")
    assert error["details"]["data"] == {"until": "tomorrow"}


def test_a_folder_means_the_server_s_plugin_when_it_is_loaded(server, tmp_path):
    """A path goes to the running plugin of that folder; one that is not loaded there is not started beside it."""
    assert server.run("call", DEMO, "Demo.Echo", "a=1", "--field", "a").stdout == "1"
    shutil.copytree(DEMO, tmp_path / "other")
    done = server.run("call", tmp_path / "other", "Demo.Echo")
    assert done.returncode == 4
    assert f"has not loaded {tmp_path / 'other'}" in done.stderr
    assert "polyhost load" in done.stderr


def test_a_folder_without_a_manifest_is_named(polyhost, tmp_path):
    """The exit code is that of a manifest that cannot be used."""
    done = polyhost("call", f"{tmp_path}/", "Demo.Echo", POLYHOST_SERVER="http://127.0.0.1:1")
    assert done.returncode == 6
    assert "plugin.toml: No such file" in done.stderr


def test_items_are_sent_from_a_file_and_from_standard_input(server, polyhost, tmp_path):
    """One JSON value a line, empty lines left out, with a server and without one."""
    file = tmp_path / "numbers"
    file.write_text("1\n\n2\n39\n")
    for done in (
        server.run("call", "Demo.Total", "--items", file, "--json"),
        server.run("call", "Demo.Total", "--items", "-", "--json", stdin=file.read_text()),
        polyhost("call", "--folder", DEMO, "Demo.Total", "--items", file, "--json"),
    ):
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout) == {"result": {"total": 42, "count": 3}}


def test_items_that_do_not_fit_are_told(server, tmp_path):
    """A line that is no JSON is named by its number, an item of the wrong type by its pointer."""
    file = tmp_path / "numbers"
    file.write_text("1\nmany\n")
    done = server.run("call", "Demo.Total", "--items", file)
    assert done.returncode == 2
    assert f"{file}:2: this is no JSON" in done.stderr
    file.write_text('1\n"many"\n')
    done = server.run("call", "Demo.Total", "--items", file)
    assert done.returncode == 8, done.stderr
    assert "many" in done.stderr
    done = server.run("call", "Demo.Echo", "--items", file)
    assert done.returncode == 8
    assert "Demo.Echo takes no stream of items" in done.stderr


def test_params_are_utf_8_in_every_locale(server):
    """Also where Python reads the command line as ASCII; what is no UTF-8 is refused with a way out."""
    for word, code, told in ((b"value=\xc3\xa9", 0, '"\\u00e9"'), (b"value=\xff", 2, "is no UTF-8 text")):
        done = subprocess.run(
            [*PROGRAM, "call", "Demo.Echo", word, "--server", server.url],
            env=environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert told in done.stdout + done.stderr


def test_a_stream_of_a_method_that_nothing_describes(polyhost, tmp_path):
    """With a word which way the items go it is called as one that is described."""
    folder = tmp_path / "bare"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("interfaces"))
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('[provides]\nDemo = "1.0"\n', ""))
    server = start_server(tmp_path / "data", "--plugins", folder)
    try:
        for run in (server.run, lambda *words: polyhost(words[0], "--folder", folder, *words[2:])):
            done = run("call", "demo", "Demo.Count", "to:=2", "--stream", "out", "--json")
            kinds = [next(iter(json.loads(line))) for line in done.stdout.splitlines()]
            assert (kinds, done.returncode) == (["item", "item", "result"], 0), done.stderr
        items = tmp_path / "items"
        items.write_text("1\n2\n")
        done = server.run("call", "demo", "Demo.Total", "--stream", "in", "--items", items)
        assert json.loads(done.stdout) == {"total": 3, "count": 2}
    finally:
        end(server)
