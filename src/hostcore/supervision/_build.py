"""Builds a plugin when its sources have changed since the build that last worked."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import trio

from hostcore.errors import LaunchError
from hostcore.manifest import Manifest
from hostcore.transports import LineSplitter, Spawner

BUILD_TIMEOUT: Final = 600.0
"""Seconds a build may take; a cold `go build` or `npm ci` on a slow machine takes one or two minutes."""

STAMP_FOLDER: Final = ".build"
"""Where in the plugin's folder the stamp is kept; also the custom place for what a build makes."""

STAMP: Final = "stamp"

LOCK: Final = "lock"
"""Beside the stamp; held by whoever builds, as several hosts may run the plugins of one folder."""

LOCK_LOOK: Final = 0.1
"""Seconds between two looks whether another host has built the plugin; builds take seconds."""

SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "target", "tests"})
"""Folders that hold no sources of the plugin itself; hidden ones are skipped as well."""

PIPE_GRACE: Final = 1.0
"""Seconds in which what the build left running may still hold the pipes open."""


async def build_if_needed(
    manifest: Manifest,
    *,
    environment: Mapping[str, str],
    spawner: Spawner,
    heard: Callable[[str], None],
) -> bool:
    """Run the manifest's build command unless its sources are those of the last build that worked.

    Args:
        manifest: the plugin.
        environment: all of the build's environment.
        spawner: starts the process.
        heard: takes each line the build prints.

    Returns:
        Whether it was built.

    Raises:
        LaunchError: the command is not there, failed, or took longer than `BUILD_TIMEOUT`.
    """
    if manifest.build is None:
        return False
    try:
        return await _build_if_changed(manifest, manifest.build, environment, spawner, heard)
    except OSError as error:
        raise LaunchError(
            f"cannot build {manifest.id}: {error.strerror}: {error.filename}",
            location=str(manifest.file),
            hint="the host must be able to read the sources, and to write into the folder",
        ) from error


async def _build_if_changed(
    manifest: Manifest,
    command: Sequence[str],
    environment: Mapping[str, str],
    spawner: Spawner,
    heard: Callable[[str], None],
) -> bool:
    wanted = await trio.to_thread.run_sync(_hash_of_sources, manifest)
    stamp = manifest.folder / STAMP_FOLDER / STAMP
    if _is_built(manifest, stamp, wanted):
        return False
    stamp.parent.mkdir(exist_ok=True)
    with stamp.with_name(LOCK).open("a") as lock:
        await _wait_for_turn(manifest, lock, heard)
        if _is_built(manifest, stamp, wanted):  # by another host, meanwhile
            return False
        heard(f"building: {' '.join(command)}")
        await _build(manifest, command, environment, spawner, heard)
        new = stamp.with_suffix(".new")
        new.write_text(wanted, encoding="ascii")
        new.replace(stamp)
    return True


def _is_built(manifest: Manifest, stamp: Path, wanted: str) -> bool:
    with contextlib.suppress(OSError):
        return stamp.read_text(encoding="ascii") == wanted and _product_is_there(manifest)
    return False


async def _wait_for_turn(manifest: Manifest, lock: IO[str], heard: Callable[[str], None]) -> None:
    """Wait until no other host builds in the folder; the next one waits until the lock is closed."""
    waits = False
    with trio.move_on_after(BUILD_TIMEOUT):
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waits:
                    heard("waiting for another host that builds it")
                waits = True
                await trio.sleep(LOCK_LOOK)
            else:
                return
    raise LaunchError(
        f"another host has been building {manifest.id} for {BUILD_TIMEOUT:g} s", location=str(manifest.file)
    )


def _product_is_there(manifest: Manifest) -> bool:
    """Look whether the program was not deleted since."""
    program = manifest.command[0] if manifest.command else ""
    return "/" not in program or (manifest.folder / program).exists()


def _hash_of_sources(manifest: Manifest) -> str:
    digest = hashlib.sha256(repr(manifest.build).encode())
    for path in _sources(manifest):
        digest.update(os.fsencode(path.relative_to(manifest.folder)))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(manifest: Manifest) -> list[Path]:
    if manifest.build_sources:
        return sorted(
            {path for glob in manifest.build_sources for path in manifest.folder.glob(glob) if path.is_file()}
        )
    made = {manifest.folder / each for each in manifest.build_outputs or (manifest.command or ())[:1]}
    return sorted(path for path in _walk(manifest.folder) if not made & {path, *path.parents})


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".") and each not in SKIPPED_FOLDERS]
        paths = (Path(root, each) for each in files if not each.startswith("."))
        yield from (path for path in paths if path.is_file())  # no broken links, sockets or pipes


async def _build(
    manifest: Manifest,
    command: Sequence[str],
    environment: Mapping[str, str],
    spawner: Spawner,
    heard: Callable[[str], None],
) -> None:
    where = str(manifest.file)
    try:
        process = await spawner.spawn(command, folder=manifest.folder, environment=environment)
    except OSError as error:
        raise LaunchError(
            f"cannot build {manifest.id}: {command[0]}: {error.strerror}",
            location=where,
            hint=f"install {command[0]}, or correct `build`",
        ) from error
    said, complained = _Ear(heard), _Ear(heard)
    try:
        process.close_stdin()
        with trio.move_on_after(BUILD_TIMEOUT) as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_listen, process.stdout, said)
                nursery.start_soon(_listen, process.stderr, complained)
                await process.wait_exited()
                nursery.cancel_scope.deadline = trio.current_time() + PIPE_GRACE
    finally:
        status = await process.reap()
    if scope.cancelled_caught:
        raise LaunchError(f"the build of {manifest.id} took longer than {BUILD_TIMEOUT:g} s", location=where)
    if status.exit_code != 0:
        last = complained.last or said.last
        words = f"; its last line: {last}" if last else ""
        raise LaunchError(
            f"the build of {manifest.id} failed with {status}{words}",
            location=where,
            hint=f"run `{' '.join(command)}` in {manifest.folder}, or see the plugin's log",
        )


class _Ear:
    """Hands lines on and remembers the last one that says something; what comes on stderr tells more of a failure."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self.last = ""

    def __call__(self, line: str) -> None:
        self.last = line if line.strip() else self.last
        self._heard(line)


async def _listen(fd: int, heard: Callable[[str], None]) -> None:
    """Hand on the lines of one pipe until its end."""
    lines = LineSplitter()
    while True:
        try:
            chunk = os.read(fd, 65536)
        except BlockingIOError:
            await trio.lowlevel.wait_readable(fd)
            continue
        for line in lines.feed(chunk) if chunk else lines.flush():
            heard(line)
        if not chunk:
            return
        await trio.lowlevel.checkpoint()
