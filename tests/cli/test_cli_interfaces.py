"""`polyhost interfaces` on a real server, and the short form of methods."""

from __future__ import annotations

import json

import pytest
from cli_support import copy_demo, end, run_polyhost, start_server
from test_cli_program import complete, on_terminal

from hostcore.cli._signature import MOST_ALTERNATIVES, MOST_MEMBERS, item_type, signature

NEEDS = (
    '\n[requires.interfaces]\nStore = "^1.0"\nCache = { range = "^2.0", optional = true }\nHost = "^1.0"\n'
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve two versions of a store, one of which is disabled, and a page that needs one of them."""
    folder = tmp_path_factory.mktemp("interfaces")
    copy_demo(folder / "store", interface="Store")
    copy_demo(folder / "page", interface="Page", manifest=NEEDS)
    newer = copy_demo(folder / "newer", interface="Store", manifest='[reload]\nmode = "restart"\n')
    for file in (newer / "plugin.toml", newer / "main.py"):
        file.write_text(file.read_text().replace('"1.0"', '"1.1"'))
    file = newer / "interfaces" / "Store.v1.json"
    document = json.loads(file.read_text())
    document["version"] = "1.1"
    document["methods"]["Zap"] = document["methods"]["Echo"]
    document["methods"]["Sleep"]["params"]["required"] = ["seconds", "more"]
    file.write_text(json.dumps(document))
    serving = start_server(folder / "data", *(folder / name for name in ("store", "page", "newer")))
    serving.run("disable", "newer")
    serving.run("start", "page")  # which was given the newer one, and waits until it is ready with the other
    yield serving
    end(serving)


def test_the_list_is_a_table(server):
    """A line for each version, highest first: who has it and how that is, who was given it; below it what nobody has."""
    done = server.run("interfaces")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "INTERFACE  VERSION  METHODS  PROVIDED BY         REQUIRED BY",
        "Page       1.0            9  ● page              -",
        "Store      1.1           10  ⊘ newer (disabled)  -",
        "Store      1.0            9  ● store             page",
        "",
        "page requires Cache ^2.0, optional: nobody will do",
    ]


def test_programs_get_the_documents(server):
    """--json writes what the API answers: the list, one interface whole, a difference."""
    interfaces = json.loads(server.run("interfaces", "--json").stdout)["interfaces"]
    assert [(each["name"], each["version"]) for each in interfaces] == [
        ("Page", "1.0"),
        ("Store", "1.1"),
        ("Store", "1.0"),
    ]
    assert json.loads(server.run("interfaces", "Store", "--json").stdout)["document"]["version"] == "1.1"
    assert json.loads(server.run("interfaces", "Store", "1.0", "--json").stdout)["version"] == "1.0"
    diff = json.loads(server.run("interfaces", "Store", "--diff", "1.0", "1.1", "--json").stdout)
    assert (diff["from"], diff["to"], len(diff["findings"])) == ("1.0", "1.1", 3)


def test_one_interface_has_all(server):
    """Who provides and requires it, each method in a line with what it takes and answers, its streams and errors."""
    lines = server.run("interfaces", "Store", "1.0").stdout.splitlines()
    source = lines.pop(6)
    assert source.startswith("  source      ")
    assert source.endswith("store/interfaces/Store.v1.json")
    assert lines[:18] == [
        "Store 1.0",
        "What the tests of the command line call.",
        "",
        "  provided by store  ● ready",
        "  required by page   ^1.0 from store 1.0",
        "  versions    also 1.1",
        "",
        "Methods",
        "  Echo(…) → {…}",
        "      Answer with the params.",
        "  Count(to: integer, delay?: number, fail?: boolean) → {…}",
        "      Send numbers, then say how many.",
        "      sends a stream of {…}",
        "      errors: Refused",
        "  Total() → {…}",
        "      Add numbers up.",
        "      takes a stream of integer",
        "  Reverse(data: bytes) → {data: bytes}",
    ]
    assert lines[-3:] == [
        "",
        "ERROR    CODE                 RETRYABLE  DESCRIPTION",
        "Refused  FAILED_PRECONDITION  no         It does not want to.",
    ]


def test_the_highest_version_is_shown(server):
    """Without VERSION it is that one, whether its provider runs or not; who was given another one is told with that."""
    text = server.run("interfaces", "Store").stdout
    assert text.startswith("Store 1.1\n")
    assert "  provided by newer  ⊘ disabled\n  required by page   ^1.0 from store 1.0\n" in text
    assert "  versions    also 1.0\n" in text


def test_a_difference_is_told_breaks_first(server):
    """Each finding has its severity as a word, its message, its rule and its place; at the end they are counted."""
    done = server.run("interfaces", "Store", "--diff", "1.0", "1.1")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Store 1.0 → 1.1",
        "",
        "  ✗ break  more is required now",
        "           property-made-required at /methods/Sleep/params/properties/more",
        "  ✗ break  there are breaks, and it is still 1.1",
        "           major-not-raised at /version",
        "  ✓ ok     the method Zap is new",
        "           method-added at /methods/Zap",
        "",
        "2 break, 1 ok",
    ]
    same = server.run("interfaces", "Page", "--diff", "1.0", "1.0")
    assert same.stdout == "Page 1.0 → 1.0\n\nnothing differs\n"


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (["Stoer"], 4, "no plugin has an interface Stoer", "did you mean Store?"),
        (["Nothing"], 4, "no plugin has an interface Nothing", "known interfaces: Page, Store"),
        (["Store", "3.0"], 4, "no plugin has version 3.0 of the interface Store", "there is 1.1, 1.0"),
        (["Store", "--diff", "1.0", "2"], 4, "no plugin has version 2 of the interface Store", "there is 1.1, 1.0"),
        (
            ["--diff", "1.0", "1.1"],
            2,
            "--diff takes the name of an interface, and the versions itself",
            "see `polyhost interfaces --help`",
        ),
        (
            ["Store", "1.0", "--diff", "1.0", "1.1"],
            2,
            "--diff takes the name of an interface, and the versions itself",
            "see `polyhost interfaces --help`",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(server, words, code, message, hint):
    """The message says what is missing, the hint what there is; for programs with a stable code."""
    done = server.run("interfaces", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == f"polyhost: error: {message}\nhint: {hint}\n"
    told = json.loads(server.run("interfaces", *words, "--json").stderr)["error"]
    assert told["code"] == ("interface-not-found" if code == 4 else "usage")


def test_a_plugin_commands_no_terminal(tmp_path):
    """What a plugin is said to have is shown, not obeyed; one that nothing describes says so."""
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "plugin.toml").write_text(
        'id = "bare"\nversion = "1.0.0"\ncommand = ["true"]\nstart = "on-demand"\n'
        '[provides]\n"kv.v1.KV" = "1.0"\n'
    )
    described = copy_demo(tmp_path / "odd", interface="Odd", manifest='start = "on-demand"\n')
    manifest = described / "plugin.toml"
    manifest.write_text('start = "on-demand"\n' + manifest.read_text().replace('start = "on-demand"\n', ""))
    file = described / "interfaces" / "Odd.v1.json"
    document = json.loads(file.read_text())
    document["description"] = "red \x1b[31m"
    file.write_text(json.dumps(document))
    serving = start_server(tmp_path / "data", folder, described)
    try:
        assert serving.run("interfaces", "Odd").stdout.splitlines()[1] == r"red \x1b[31m"
        lines = serving.run("interfaces", "kv.v1.KV").stdout.splitlines()
    finally:
        end(serving)
    assert lines == [
        "kv.v1.KV 1.0",
        "",
        "  provided by bare  ○ stopped",
        "",
        "Nothing describes its methods: there is no interface file, and the plugin only names it.",
    ]


@pytest.mark.parametrize("columns", [60, 80])
def test_all_of_it_fits_the_terminal(server, columns):
    """No line is wider than the terminal but what must stay whole: a path."""
    for words in ([], ["Store"], ["Store", "--diff", "1.0", "1.1"]):
        text = on_terminal("interfaces", *words, columns=columns, NO_COLOR="1", POLYHOST_SERVER=server.url)
        lines = [line.rstrip() for line in text.splitlines() if " source " not in line]
        assert [line for line in lines if len(line) > columns and " at /" not in line] == []


def test_names_and_versions_are_completed(server):
    """Names come from the running server, each once, versions are those of the name."""
    env = {"POLYHOST_SERVER": server.url}
    assert complete("interfaces ", **env) == ["Page", "Store"]
    assert complete("interfaces S", **env) == ["Store"]
    assert complete("interfaces Store ", **env) == ["1.1", "1.0"]
    assert complete("interfaces Store --diff 1.", **env) == ["1.1", "1.0"]
    assert complete("interfaces Nothing ", **env) == []
    assert complete("interfaces S", POLYHOST_SERVER="http://127.0.0.1:1") == []


def test_an_empty_host_has_no_interfaces(tmp_path):
    """The table is empty, and no error."""
    serving = start_server(tmp_path / "data")
    try:
        done = serving.run("interfaces")
    finally:
        end(serving)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_a_server():
    """It is said where the command looked; exit code 3."""
    for words in ([], ["Store"], ["Store", "1.0"], ["Store", "--diff", "1.0", "1.1"]):
        done = run_polyhost("interfaces", *words, "--server", "http://127.0.0.1:1")
        assert (done.returncode, "does not answer" in done.stderr) == (3, True)


# -- methods in a line

CLOSED = {"type": "object", "additionalProperties": False}
REFERRED = {
    "$ref": "#/$defs/Whole",
    "$defs": {
        "Whole": {
            "type": "object",
            "required": ["key", "next"],
            "properties": {"key": {"$ref": "#/$defs/Key"}, "next": {"$ref": "#/$defs/Whole"}},
        },
        "Key": {"type": "string"},
    },
}


def has(**properties):
    return {"type": "object", "required": list(properties), "properties": properties}


@pytest.mark.parametrize(
    ("params", "result", "written"),
    [
        (CLOSED, CLOSED, "Get() → {}"),
        ({"type": "object"}, {"type": "object"}, "Get(…) → {…}"),
        (has(a={"type": "string"}), {"properties": {"b": {"type": "null"}}}, "Get(a: string) → {b?: null}"),
        (REFERRED, CLOSED, "Get(key: string, next: Whole) → {}"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, CLOSED, "Get(…) → {}"),
        ({"$ref": "#/$defs/Gone"}, CLOSED, "Get(…) → {}"),
    ],
)
def test_a_method_in_a_line(params, result, written):
    """Params stand in parentheses, results in braces; references are followed, circles come to an end."""
    assert written == signature({"name": "kv.v1.KV.Get", "params": params, "result": result})


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        (True, "any"),
        (False, "…"),
        ({}, "any"),
        ({"x-binary": True}, "bytes"),
        ({"type": ["integer", "null"]}, "integer | null"),
        ({"type": "array"}, "[…]"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "[[number]]"),
        ({"type": "object"}, "{…}"),
        (CLOSED, "{}"),
        ({"properties": {"a": {}}}, "{…}"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "{string: integer}"),
        ({"const": 1}, "1"),
        ({"enum": ["ä", None]}, '"ä" | null'),
        ({"enum": list(range(MOST_ALTERNATIVES + 1))}, "0 | 1 | 2 | 3 | …"),
        ({"anyOf": [{"type": "string"}, {"type": "string"}, {"x-binary": True}]}, "string | bytes"),
        ({"oneOf": [{"type": "integer"}, {"type": "object"}]}, "integer | {…}"),
    ],
)
def test_a_type_in_a_word(schema, written):
    """Each kind of schema has a short form."""
    method = {"name": "A.B", "params": CLOSED, "result": has(x=schema)}
    assert f"B() → {{x: {written}}}" == signature(method)


def test_long_lists_are_cut():
    """So many members are shown, and that there are more."""
    names = [f"m{number}" for number in range(MOST_MEMBERS + 1)]
    method = {"name": "A.B", "params": has(**{name: {"type": "string"} for name in names}), "result": CLOSED}
    shown = ", ".join(f"{name}: string" for name in names[:-1])
    assert f"B({shown}, …) → {{}}" == signature(method)


def test_depth_comes_to_an_end():
    """An endless nesting of arrays is cut, and goes on under its name."""
    endless = {"$ref": "#/$defs/A"}
    params = {**has(a=endless), "$defs": {"A": {"type": "array", "items": endless}}}
    assert signature({"name": "A.B", "params": params, "result": CLOSED}) == "B(a: [[A]]) → {}"


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "integer"}, "integer"),
        ({"x-binary": True}, "bytes"),
        (has(a={"type": "string"}), "{a: string}"),
        (REFERRED, "{key: string, next: Whole}"),
        ({"$ref": "#/$defs/Key", "$defs": {"Key": {"type": "string"}}}, "string"),
        (True, "any"),
    ],
)
def test_items_of_a_stream(schema, written):
    """Objects are written out, other values are their type."""
    assert written == item_type(schema)
