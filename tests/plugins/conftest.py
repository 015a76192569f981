"""Starts the example plugins as real processes, the way their manifests say."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio
from driver import Driver, environment

from hostcore.manifest import load_manifest
from hostcore.supervision import build_if_needed
from hostcore.transports import Spawner

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"


def find_program(name: str) -> str:
    """Find a program beside the interpreter or on PATH; without it a plugin cannot be tested, which is a failure."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.fail(
            f"there is no program {name} on this machine; install it to test the plugins that need it"
        )
    return found


def with_tools() -> dict[str, str]:
    """Give the environment, with the programs beside the interpreter on its PATH."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@dataclass(frozen=True, kw_only=True)
class Example:
    """Is one example plugin: its folder, its manifest, and how it is started."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.manifest["id"])

    @property
    def command(self) -> list[str]:
        entry = self.manifest.get("entry", "")
        if self.manifest.get("runtime") == "python":
            return [sys.executable, "-m", "polyhost_plugin", entry]
        if self.manifest.get("runtime") == "node":
            return [find_program("node"), entry]
        program, *arguments = self.manifest["command"]
        return [str(self.folder / program) if "/" in program else find_program(program), *arguments]

    @property
    def interface_files(self) -> list[Path]:
        files = []
        for name, version in self.manifest["provides"].items():
            file = f"{name}.v{version.partition('.')[0]}.json"
            own = self.folder / "interfaces" / file
            files.append(own if own.exists() else ROOT / "schemas" / "interfaces" / file)
        return files

    def build(self) -> None:
        """Build it as a host does, and only if no host has: others may run what is built."""

        async def build() -> None:
            spawner = Spawner(remember=lambda _: None, forget=lambda _: None)
            try:
                manifest = load_manifest(self.folder)
                await build_if_needed(manifest, environment=with_tools(), spawner=spawner, heard=print)
            finally:
                spawner.close()

        with ThreadPoolExecutor(1) as other_thread:  # the test itself may be async
            other_thread.submit(trio.run, build).result()


def load_example(plugin_id: str) -> Example:
    folder = PLUGINS / plugin_id
    return Example(
        folder=folder, manifest=tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
    )


@pytest.fixture(scope="session")
def built() -> Callable[[str], Example]:
    """Give an example plugin, built once in a test run."""
    examples: dict[str, Example] = {}

    def build(plugin_id: str) -> Example:
        if plugin_id not in examples:
            example = load_example(plugin_id)
            example.build()
            examples[plugin_id] = example
        return examples[plugin_id]

    return build


@pytest.fixture
def start(built: Callable[[str], Example], tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    """Start a plugin by its id; its data folder is the same for the whole test, unless another one is given."""
    with ExitStack() as stack:

        def run(plugin_id: str, *, greet: bool = True, data: str = "data", **variables: str) -> Driver:
            example = built(plugin_id)
            driver = Driver(
                example.command, cwd=example.folder, env=environment(tmp_path / data, **variables)
            )
            stack.enter_context(driver)
            if greet:
                driver.greet(data_dir=str(tmp_path / data), services=["Host"])
            return driver

        yield run
