"""The sessions of the build: `./test` runs them all, `./test SESSION` some, `./test --list` names them.

Every session installs from the lock files under `requirements/`; `nox -s lock` renews those.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = [
    *("lint", "tests", "sdk_python", "plugins", "extensions", "docs", "console", "package"),
    "console_browser",
    "benchmarks_smoke",
]

ROOT = Path(__file__).parent
SDK = ROOT / "plugins" / "sdk" / "python"
HOST_WEB = ROOT / "host_web"
PYTHON_SOURCES = ["src", "tests", "plugins", "benchmarks", "docs", "tools", "noxfile.py"]

# `./test --full` sets it: the suites marked `long` run too.
FULL = os.environ.get("FULL_TESTS") == "1"
MARKERS = [] if FULL else ["-m", "not long"]

# Processes that share the tests of the framework: one more than cores, because many of the tests wait for real clocks
# and real plugins; with more of them each would only wait for its turn. The bound is for large machines: memory.
WORKERS = min(len(os.sched_getaffinity(0)) + 1, 8)
IN_PARALLEL = ["--numprocesses", str(WORKERS), "--dist", "worksteal"]

# pytest says 5 when it ran nothing: fine for one plugin whose tests are all long, never for ours.
NO_TESTS_RUN = 5

# What a browser would fetch from another host while it shows a page of ours.
LOADED_FROM_ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe)\b[^>]+\bsrc=["']?(?:https?:)?//[^>]+>"""
    r"""|<link\b[^>]+\brel=["']?(?:stylesheet|preload|preconnect)\b[^>]+\bhref=["']?(?:https?:)?//[^>]+>"""
    r"""|@import\s[^;]*//[^;]+|url\(["']?(?:https?:)?//[^)]+"""
)

# Lock file → what it is compiled from. The first one holds the versions of the others together.
LOCKS: dict[str, list[str]] = {
    "dev": [
        "pyproject.toml",
        "plugins/sdk/python/pyproject.toml",
        "--extra=server",
        "--extra=grpc",
        "--extra=otel",
        *(f"--group=pyproject.toml:{name}" for name in ("build", "test", "lint", "docs", "changelog", "nox")),
    ],
    "run": [
        "pyproject.toml",
        "plugins/sdk/python/pyproject.toml",
        "--extra=server",
        "--extra=grpc",
        "--group=pyproject.toml:build",
    ],
    "benchmark": ["--group=pyproject.toml:benchmark"],
    "nox": ["--group=pyproject.toml:nox"],
    "node": ["--group=pyproject.toml:node"],
    "go": ["--group=pyproject.toml:go"],
    "pip": ["--group=pyproject.toml:pip"],
}


def install(session: nox.Session, *locks: str) -> None:
    """Install the packages of `locks`, then the checkout and its Python SDK, editable."""
    files = [word for lock in locks for word in ("-r", f"requirements/{lock}.txt")]
    session.install("--require-hashes", *files)
    session.install("--no-deps", "--no-build-isolation", "--no-index", "-e", ".", "-e", str(SDK))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the direction of imports."""
    install(session, "dev")
    session.run("ruff", "check", *PYTHON_SOURCES)
    session.run("ruff", "format", "--check", *PYTHON_SOURCES)
    session.run("mypy")
    with session.chdir(SDK):
        session.run("mypy")
    session.run("lint-imports")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests of the framework, measure what they reach, and hold the share of it."""
    install(session, "dev")
    data = Path(session.create_tmp()) / "coverage"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    session.env["COVERAGE_FILE"] = str(data / "data")
    parallel = [] if session.posargs else IN_PARALLEL
    session.run("coverage", "run", "-m", "pytest", *MARKERS, *parallel, *session.posargs)
    if session.posargs:  # a part of the tests reaches a part of the code
        return
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def sdk_python(session: nox.Session) -> None:
    """Run the tests of the Python SDK."""
    install(session, "dev")
    session.run("pytest", *MARKERS, str(SDK / "tests"), *session.posargs)


@nox.session
def plugins(session: nox.Session) -> None:
    """Run each example plugin's own tests, in its own language."""
    install(session, "dev")
    folders = sorted(manifest.parent for manifest in (ROOT / "plugins").glob("*/plugin.toml"))
    if not folders:
        session.error("no plugin found under plugins/")
    # As processes, all of them are tested there; some, like the misbehaving one, have no other tests.
    elsewhere = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    untested = [
        folder.name
        for folder in folders
        if not test_plugin(session, folder) and f'"{folder.name}"' not in elsewhere
    ]
    if untested:
        session.error(f"without tests: {', '.join(untested)}")


def test_plugin(session: nox.Session, folder: Path) -> bool:
    """Run what tests of its own `folder` has: Go's, npm's, Perl's, pytest's; say whether there was any."""
    tested = False
    with session.chdir(folder):
        if any(folder.rglob("*_test.go")):
            session.run("go", "vet", "./...", external=True, env={"GOTOOLCHAIN": "local"})
            session.run("go", "test", "./...", external=True, env={"GOTOOLCHAIN": "local"})
            tested = True
        if (folder / "package.json").exists():
            session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
            session.run("npm", "test", external=True)
            tested = True
        for script in sorted(folder.glob("tests/*.pl")):
            session.run("perl", str(script), external=True)
            tested = True
    if any(folder.glob("tests/test_*.py")):
        codes = [0] if FULL else [0, NO_TESTS_RUN]
        session.run("pytest", *MARKERS, str(folder / "tests"), *session.posargs, success_codes=codes)
        tested = True
    return tested


@nox.session
def extensions(session: nox.Session) -> None:
    """Install extensions as packages, as anybody would, and run their tests in real hosts."""
    install(session, "dev")
    audit_log = ROOT / "docs" / "examples" / "audit-log"
    packages = [audit_log, ROOT / "tests" / "extensions" / "dependency_order_copy"]
    # Made anew each time: the environment is kept from run to run, and the version of the packages does not change.
    session.install(
        *("--no-deps", "--no-build-isolation", "--no-index", "--force-reinstall"), *map(str, packages)
    )
    codes = [0, NO_TESTS_RUN] if session.posargs else [0]  # `-k` may choose tests of one package only
    with session.chdir(audit_log):
        session.run("mypy", "--cache-dir", str(ROOT / ".mypy_cache"))
        words = ("-p", "no:cacheprovider", *MARKERS, *session.posargs)
        session.run("pytest", *words, success_codes=codes)
    session.run("pytest", *MARKERS, "tests/extensions", *session.posargs, success_codes=codes)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation with warnings as errors, and run its examples."""
    install(session, "dev")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html")
    foreign = [
        f"{path}: {match[0]}"
        for path in sorted(Path("docs/_build/html").rglob("*"))
        if path.suffix in {".html", ".css"}
        for match in LOADED_FROM_ELSEWHERE.finditer(path.read_text(encoding="utf-8"))
    ]
    if foreign:
        session.error("pages load from other hosts:\n" + "\n".join(foreign))
    session.run("pytest", *MARKERS, "tests/repository/test_documentation.py", *session.posargs)


@nox.session
def console(session: nox.Session) -> None:
    """Check the console: style, types, logic, that it builds, and how much a browser loads first."""
    session.install("--require-hashes", "-r", "requirements/nox.txt")
    session.run("python", "-c", "import console; console.install_packages()", env={"PYTHONPATH": "tools"})
    with session.chdir(HOST_WEB):
        for script in ("check", "types", "test", "build", "size"):
            session.run("npm", "run", "--silent", script, external=True)
        session.run("npm", "run", "--silent", "schema", "--", "--check", external=True)


@nox.session
def console_browser(session: nox.Session) -> None:
    """Use the console in a real browser, with real hosts and plugins, and hold each page to what everybody can use."""
    install(session, "dev")
    session.run("python", "-c", "import console; console.build()", env={"PYTHONPATH": "tools"})
    with session.chdir(HOST_WEB):
        session.run("npm", "run", "--silent", "test:browser", external=True)
        for project in ("flows", "measured"):  # posargs may choose tests of one of them only
            words = ("test", f"--project={project}", "--pass-with-no-tests", *session.posargs)
            session.run("npx", "--no-install", "playwright", *words, external=True)


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheels, install them outside the checkout and use them from there."""
    session.install("--require-hashes", "-r", "requirements/dev.txt")
    with tempfile.TemporaryDirectory(prefix="polyhost-package-") as name:
        folder = Path(name)
        for project in (ROOT, SDK):
            with session.chdir(project):
                session.run("hatchling", "build", "-d", str(folder / "dist"), silent=True)
        wheels = [str(path) for path in sorted((folder / "dist").glob("*.whl"))]
        session.run("uv", "venv", "--quiet", str(folder / "venv"))
        python = str(folder / "venv" / "bin" / "python")
        pip = ["uv", "pip", "install", "--quiet", "--python", python]
        session.run(*pip, "--require-hashes", "-r", "requirements/run.txt")
        session.run(*pip, "--no-deps", "--no-index", *wheels)
        with session.chdir(folder):
            session.run(str(folder / "venv" / "bin" / "polyhost"), "--help", external=True, silent=True)
            session.run(python, str(ROOT / "tools" / "check_installed.py"), external=True)


@nox.session
def benchmarks_smoke(session: nox.Session) -> None:
    """Run every benchmark once, short: they work; the numbers of a short run mean nothing."""
    install(session, "dev", "benchmark")
    session.run("python", "-m", "benchmarks", "--smoke", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Renew the lock files; `nox -s lock -- --upgrade` takes the newest versions."""
    session.install("--require-hashes", "-r", "requirements/nox.txt")
    compiled: list[str] = []
    for name, sources in LOCKS.items():
        target = f"requirements/{name}.txt"
        session.run(
            *("uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-annotate"),
            *("--python-version=3.11", "--custom-compile-command=nox -s lock", "--no-emit-index-url"),
            *(f"--constraint={earlier}" for earlier in compiled),
            *(f"--output-file={target}", *sources, *session.posargs),
        )
        compiled = compiled or [target]


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Turn the fragments under changes/ into CHANGELOG.md: `nox -s changelog -- 0.2.0`."""
    session.install("--require-hashes", "-r", "requirements/dev.txt")
    if len(session.posargs) != 1:
        session.error("name the version: nox -s changelog -- 0.2.0")
    session.run("towncrier", "build", "--yes", "--version", session.posargs[0])
