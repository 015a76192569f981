"""What holds for each example plugin, whatever its language: hello, examples, unknown messages, the end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
import pytest
from driver import CallError, Driver, environment, from_json, to_json

from conftest import Example

PLUGIN_IDS = ["csv-summary-perl", "kv-go-stdio", "kv-python", "misbehaving", "text-node"]
WITH_A_LIBRARY = [plugin_id for plugin_id in PLUGIN_IDS if plugin_id != "csv-summary-perl"]

END_S = 5.0
"""Within so many seconds a plugin must be gone when its input ends."""

every_plugin = pytest.mark.parametrize("plugin_id", PLUGIN_IDS)


def perform(driver: Driver, method: str, example: Mapping[str, Any]) -> tuple[Any, str | None]:
    """Make one call of an interface file; return `(result, name of the error)`."""
    call_id = driver.request(method, from_json(example.get("params", {})), credit=1000)
    try:
        if "items" in example:
            assert driver.notification("$/credit")["n"] >= len(example["items"])
            for item in example["items"]:
                driver.notify("$/data", {"id": call_id, "item": item})
            driver.notify("$/end", {"id": call_id})
        return to_json(driver.response(call_id)), None
    except CallError as error:
        return None, error.name or str(error.error)


def check(
    example: Mapping[str, Any], outcome: tuple[Any, str | None], definitions: Mapping[str, Any]
) -> None:
    result, error = outcome
    assert example.get("error") == error
    if "matches" in example:
        jsonschema.validate(result, {"$defs": definitions, **example["matches"]})
    elif example.get("partial"):
        assert example["result"] == {key: result[key] for key in example["result"]}
    elif "result" in example:
        assert example["result"] == result


def all_examples(
    example: Example,
) -> Iterator[tuple[str, list[tuple[str, Mapping[str, Any]]], Mapping[str, Any]]]:
    for path in example.interface_files:
        interface = json.loads(path.read_text(encoding="utf-8"))
        name, definitions = interface["name"], interface.get("$defs", {})
        steps = [
            (f"{name}.{method}", step)
            for method, declared in interface["methods"].items()
            for step in declared.get("examples", [])
        ]
        yield "the examples in order", steps, definitions
        for scenario in interface.get("scenarios", []):
            steps = [(f"{name}.{step['call']}", step) for step in scenario["steps"]]
            yield scenario["description"], steps, definitions


@every_plugin
def test_the_hello_is_what_the_manifest_says(
    plugin_id: str, start: Callable[..., Driver], built: Callable[[str], Example]
) -> None:
    """A plugin's hello has the name, the version and the interfaces of its manifest."""
    hello = start(plugin_id).hello
    manifest = built(plugin_id).manifest
    assert (manifest["id"], manifest["version"], manifest["provides"]) == (
        hello["name"],
        hello["version"],
        hello["interfaces"],
    )
    assert hello["protocol"] == [1, 1]


@every_plugin
def test_the_examples_of_its_interface_hold(
    plugin_id: str, start: Callable[..., Driver], built: Callable[[str], Example]
) -> None:
    """Every example and scenario of an interface file is true of every plugin that provides it."""
    count = 0
    for number, (_, steps, definitions) in enumerate(all_examples(built(plugin_id))):
        driver = start(plugin_id, data=f"data-{number}")
        for method, step in steps:
            check(step, perform(driver, method, step), definitions)
            count += 1
    assert count > 0


@every_plugin
def test_what_is_unknown_does_no_harm(plugin_id: str, start: Callable[..., Driver]) -> None:
    """Unknown methods and unknown requests of the protocol are answered -32601, unknown notifications are ignored."""
    driver = start(plugin_id)
    driver.notify("$/of-the-future", {"id": 1})
    for method in ("Nobody.Knows", "$/of-the-future"):
        with pytest.raises(CallError) as caught:
            driver.call(method, {"x": 1})
        assert caught.value.code == -32601
    ping = driver.request("$/ping")
    assert driver.expect(lambda message: message.get("id") == ping)


@every_plugin
def test_shutdown_then_the_end_of_input_ends_it_with_0(plugin_id: str, start: Callable[..., Driver]) -> None:
    """A plugin answers the request to stop, and ends with status 0 when its input ends."""
    driver = start(plugin_id)
    answer = driver.request("$/shutdown", {"grace_ms": 2000})
    driver.expect(lambda message: message.get("id") == answer)
    driver.close_stdin()
    assert driver.wait(END_S) == 0
    assert driver.stray == b""


@every_plugin
def test_the_end_of_input_alone_ends_it(plugin_id: str, start: Callable[..., Driver]) -> None:
    """When the host dies, the end of its input is all that a plugin sees, and it ends."""
    driver = start(plugin_id)
    driver.close_stdin()
    assert driver.wait(END_S) == 0


@every_plugin
def test_a_host_that_is_gone_before_the_hello_is_no_reason_to_stay(
    plugin_id: str, start: Callable[..., Driver]
) -> None:
    """A plugin whose input is at its end from the start ends as well."""
    driver = start(plugin_id, greet=False)
    driver.close_stdin()
    assert driver.wait(END_S) == 0


@pytest.mark.parametrize("plugin_id", WITH_A_LIBRARY)
def test_a_person_gets_help_and_a_tool_gets_the_hello(
    plugin_id: str, built: Callable[[str], Example], tmp_path: Any
) -> None:
    """Started by hand a plugin explains itself and exits with 2; `--describe` prints the hello as JSON."""
    example = built(plugin_id)
    variables = environment(tmp_path)
    described = subprocess.run(
        [*example.command, "--describe"],
        cwd=example.folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert json.loads(described.stdout)["name"] == plugin_id
    del variables["POLYHOST_PLUGIN"]
    helped = subprocess.run(
        example.command, cwd=example.folder, env=variables, capture_output=True, timeout=20, check=False
    )
    assert (helped.returncode, helped.stdout) == (2, b"")
    assert b"plugin" in helped.stderr
