"""Read a plugin's `plugin.toml` into a `Manifest`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from hostcore.errors import ManifestError
from hostcore.interfaces import (
    MAX_TOML_BYTES,
    MetaSchema,
    SchemaChecker,
    TomlDocument,
    ValidationMode,
    Version,
    VersionError,
    VersionRange,
    did_you_mean,
    key_lines,
    read_bounded,
)
from hostcore.manifest._model import (
    ConfigSpec,
    EnvironmentSpec,
    HealthSpec,
    LimitsSpec,
    LossMode,
    Manifest,
    ManifestSource,
    RecycleSpec,
    ReloadMode,
    ReloadSpec,
    Requirement,
    Requires,
    RestartMode,
    RestartSpec,
    ShutdownSpec,
    StartMode,
)
from hostcore.manifest._sendable import Fault, unsendable, without_json_form

MANIFEST_NAME: Final = "plugin.toml"
DEFAULT_TRANSPORT: Final = "stdio"
# Names that the protocol defines for the plugin's environment.
RESERVED_PREFIX: Final = "POLYHOST_"
# The interface that the host itself offers.
HOST_INTERFACE: Final = "Host"


def load_manifest(
    path: Path | str, *, limits: LimitsSpec | None = None, shutdown: ShutdownSpec | None = None
) -> Manifest:
    """Read the manifest of a plugin.

    Args:
        path: the plugin's folder, or its `plugin.toml`.
        limits: what holds where the manifest says nothing; usually from the host's configuration.
        shutdown: the same for the steps of a stop.

    Raises:
        ManifestError: it cannot be read or is wrong; the location is file, line and key.
    """
    path = Path(path)
    try:
        is_folder = path.is_dir()
        file = (path / MANIFEST_NAME if is_folder else path).absolute()
        is_there = file.exists()
    except OSError as error:  # a name that is too long, a folder above it that may not be entered
        raise ManifestError(
            f"the path cannot be followed: {error.strerror}", location=str(path), hint="check the path"
        ) from error
    if not is_there:
        raise ManifestError(
            "there is no plugin manifest" if is_folder else "there is no such folder",
            location=str(file),
            hint=f"a plugin is a folder with a {MANIFEST_NAME}; check the path",
        )
    document = TomlDocument(file, error=ManifestError)
    meta = MetaSchema("manifest")
    extra = _extra_tables(document, meta)
    document.check(meta)
    return _Reader(document, extra).manifest(limits or LimitsSpec(), shutdown or ShutdownSpec())


def read_source(folder: Path | str) -> ManifestSource:
    """Read the text of a manifest as it stands now, right or wrong.

    Args:
        folder: of the plugin, or the path of its `plugin.toml`.

    Raises:
        ManifestError: it cannot be read, or is larger than a manifest may be.
    """
    path = Path(folder)
    file = path if path.name == MANIFEST_NAME else path / MANIFEST_NAME
    try:
        raw = read_bounded(file, MAX_TOML_BYTES)
    except OSError as error:
        raise ManifestError(f"the file cannot be read: {error.strerror}", location=str(file)) from error
    if len(raw) > MAX_TOML_BYTES:
        raise ManifestError(f"the file is larger than {MAX_TOML_BYTES} bytes", location=str(file))
    text = raw.decode("utf-8", "replace")
    return ManifestSource(file=file, text=text, lines=key_lines(text))


class _Reader:
    """Turns a document that the meta-schema has accepted into a `Manifest`, after the checks across keys."""

    def __init__(self, document: TomlDocument, extra: Mapping[str, Mapping[str, Any]]) -> None:
        self._extra = extra
        self._document = document
        self._data = document.data
        self._folder = document.path.parent
        self._fail = document.fail

    def manifest(self, limits: LimitsSpec, shutdown: ShutdownSpec) -> Manifest:
        data = self._data
        self._check_version()
        self._check_program()
        self._check_paths_of("verify")
        return Manifest(
            folder=self._folder,
            file=self._document.path,
            id=data["id"],
            version=data["version"],
            description=data.get("description", ""),
            transport=data.get("transport", DEFAULT_TRANSPORT),
            command=_strings(data.get("command")),
            runtime=data.get("runtime"),
            entry=data.get("entry"),
            build=_strings(data.get("build")),
            build_sources=_strings(data.get("build_sources")) or (),
            build_outputs=self._build_outputs(),
            provides=self._provides(),
            requires=Requires(
                interfaces=self._requirements("interfaces"), plugins=self._requirements("plugins")
            ),
            start=StartMode(data.get("start", StartMode.EAGER)),
            idle_timeout=self._idle_timeout(),
            instances=data.get("instances", 1),
            validation=ValidationMode(data.get("validation", ValidationMode.BOTH)),
            restart=self._restart(),
            health=HealthSpec(**data.get("health", {})),
            recycle=self._recycle(),
            reload=self._reload(),
            limits=replace(limits, **data.get("limits", {})),
            shutdown=replace(shutdown, **data.get("shutdown", {})),
            environment=self._environment(),
            config=self._config(),
            verify=dict(data.get("verify", {})),
            extra=self._extra,
            sha256=self._document.sha256,
        )

    def _check_version(self) -> None:
        try:
            Version.parse(self._data["version"])
        except VersionError as error:
            raise self._fail(("version",), error.message, error.hint) from error

    def _check_program(self) -> None:
        data = self._data
        if "command" in data and ("runtime" in data or "entry" in data):
            raise self._fail(
                ("command",),
                "command stands beside runtime or entry",
                "write either command, or runtime and entry",
            )
        if "command" not in data and not {"runtime", "entry"} <= data.keys():
            missing = (
                "command"
                if not {"runtime", "entry"} & data.keys()
                else "entry"
                if "runtime" in data
                else "runtime"
            )
            raise self._fail(
                (),
                f"the key {missing!r} is missing",
                'write command = ["./program"], or runtime = "python" and entry = "main.py"',
            )
        if "entry" in data:
            self._check_inside(("entry",), data["entry"], must_exist="build" not in data)
        elif "/" in data["command"][0]:
            self._check_command(data["command"][0])

    def _check_command(self, program: str) -> None:
        if "build" not in self._data and not (self._folder / program).is_file():
            raise self._fail(
                ("command",),
                f"the program {program!r} does not exist in the plugin's folder",
                "a program with a / is relative to the folder; add build = [...] when it has to be built",
            )

    def _check_inside(self, key: tuple[str | int, ...], text: str, *, must_exist: bool) -> None:
        path = PurePosixPath(text)
        target = (self._folder / text).resolve()
        if path.is_absolute() or ".." in path.parts or not target.is_relative_to(self._folder.resolve()):
            raise self._fail(key, f"{text!r} leads out of the plugin's folder", "name a file inside of it")
        if must_exist and not target.is_file():
            raise self._fail(key, f"there is no file {text!r} in the plugin's folder", "check the name")

    def _check_paths_of(self, table: str) -> None:
        for name in self._data.get(table, {}):
            self._check_inside((table, name), name, must_exist=False)

    def _build_outputs(self) -> tuple[str, ...]:
        outputs = _strings(self._data.get("build_outputs")) or ()
        if outputs and "build" not in self._data:
            raise self._fail(("build_outputs",), "there is no build that makes them", "add build = [...]")
        for index, text in enumerate(outputs):
            self._check_inside(("build_outputs", index), text, must_exist=False)
        return outputs

    def _provides(self) -> Mapping[str, str]:
        provides: dict[str, str] = dict(self._data.get("provides", {}))
        if HOST_INTERFACE in provides:
            raise self._fail(
                ("provides", HOST_INTERFACE),
                f"{HOST_INTERFACE} is the host's own interface",
                "choose another name",
            )
        return provides

    def _requirements(self, kind: str) -> Mapping[str, Requirement]:
        made: dict[str, Requirement] = {}
        for name, value in self._data.get("requires", {}).get(kind, {}).items():
            key = ("requires", kind, name)
            if kind == "plugins" and name == self._data["id"]:
                raise self._fail(key, "the plugin requires itself", "leave it out")
            text = value if isinstance(value, str) else value["range"]
            try:
                versions = VersionRange.parse(text)
            except VersionError as error:
                raise self._fail(key, error.message, error.hint) from error
            table = {} if isinstance(value, str) else value
            made[name] = Requirement(
                range=versions,
                optional=table.get("optional", False),
                on_loss=LossMode(table.get("on_loss", LossMode.RESTART)),
            )
        return made

    def _idle_timeout(self) -> float | None:
        value: float | None = self._data.get("idle_timeout")
        if value is not None and self._data.get("start") != StartMode.ON_DEMAND:
            raise self._fail(
                ("idle_timeout",),
                "only a plugin that starts on demand stops when idle",
                'add start = "on-demand"',
            )
        return value

    def _restart(self) -> RestartSpec:
        table = dict(self._data.get("restart", {}))
        spec = RestartSpec(**{**table, "mode": RestartMode(table.get("mode", RestartMode.PERMANENT))})
        if spec.backoff > spec.backoff_max:
            raise self._fail(
                ("restart", "backoff"),
                f"the first wait of {spec.backoff} s exceeds backoff_max, {spec.backoff_max} s",
                "raise backoff_max or lower backoff",
            )
        return spec

    def _recycle(self) -> RecycleSpec:
        spec = RecycleSpec(**self._data.get("recycle", {}))
        killed_above = self._data.get("limits", {}).get("memory")
        if spec.memory is not None and killed_above is not None and spec.memory >= killed_above:
            raise self._fail(
                ("recycle", "memory"),
                f"it would be killed for limits.memory, {killed_above} bytes, before it is replaced",
                "set recycle.memory below limits.memory",
            )
        return spec

    def _reload(self) -> ReloadSpec:
        table = dict(self._data.get("reload", {}))
        table["mode"] = ReloadMode(table.get("mode", ReloadMode.BLUE_GREEN))
        for name in ("watch", "ignore"):
            table[name] = _strings(table.get(name)) or ()
            for index, pattern in enumerate(table[name]):
                if pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
                    raise self._fail(
                        ("reload", name, index),
                        f"{pattern!r} leads out of the plugin's folder",
                        "patterns are relative to it",
                    )
        return ReloadSpec(**table)

    def _environment(self) -> EnvironmentSpec:
        table = self._data.get("env", {})
        values = table.get("set", {})
        for name in (*table.get("pass", ()), *values):
            if name.startswith(RESERVED_PREFIX):
                key = ("env", "set", name) if name in values else ("env", "pass")
                raise self._fail(
                    key, f"{name} belongs to the protocol", f"names may not begin with {RESERVED_PREFIX}"
                )
        return EnvironmentSpec(pass_through=_strings(table.get("pass")) or (), values=dict(values))

    def _config(self) -> ConfigSpec:
        table = self._data.get("config", {})
        values, schema = table.get("values", {}), table.get("schema")
        self._refuse(unsendable(values), ("config", "values"))
        if schema is not None:
            definitions = schema.get("$defs", {})
            bare = {name: value for name, value in schema.items() if name != "$defs"}
            root = ("config", "schema")
            if not isinstance(definitions, dict):
                raise self._fail((*root, "$defs"), "$defs must be a table of schemas")
            self._refuse(without_json_form(schema), root)
            checker = SchemaChecker(definitions=definitions, fail=self._fail, root=root, binary=False)
            checker.check(bare, root)
            schema = checker.close(bare)
        return ConfigSpec(values=values, schema=schema, defaults=values)

    def _refuse(self, faults: Iterable[Fault], root: tuple[str | int, ...]) -> None:
        for path, message, hint in faults:
            raise self._fail((*root, *path), message, hint)


def _extra_tables(document: TomlDocument, meta: MetaSchema) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables that the meta-schema does not know; a misspelt key is told before what is missing for it."""
    known = meta.document["properties"]
    transport = document.data.get("transport", DEFAULT_TRANSPORT)
    extra: dict[str, Mapping[str, Any]] = {}
    for name, table in document.data.items():
        if name in known:
            continue
        if not isinstance(table, Mapping) or (name != transport and not name.startswith("x-")):
            hint = did_you_mean(name, known) or (
                f'a table [{name}] belongs to transport = "{name}"; tables of your own begin with x-'
            )
            raise document.fail((name,), f"the key {name!r} is not known", hint)
        extra[name] = table
    return extra


def _strings(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
