"""Keeps the host's secrets out of the plugins' environment: only listed variables pass."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from typing import Final

from hostcore.hooks import Purpose, hookimpl
from hostcore.manifest import Manifest
from hostcore.policies._runtime_commands import search_path

RUN: Final = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "TERM",
    "SSL_CERT_*",
)
"""What programs need to find themselves, their files and their language; none of it is a secret."""

BUILD: Final = (
    *RUN,
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CI", "XDG_*"),
    *(
        "GO*",
        "CGO_*",
        "CC",
        "CXX",
        "CFLAGS",
        "LDFLAGS",
        "PKG_CONFIG*",
        "CARGO*",
        "RUST*",
        "JAVA_HOME",
        "MAVEN_*",
    ),
    *("NODE_*", "npm_config_*", "NPM_CONFIG_*", "PIP_*", "UV_*", "REQUESTS_CA_BUNDLE"),
)
"""What compilers and package managers are configured with, beside `RUN`."""


class EnvironmentAllowlist:
    """Passes listed variables, those that the manifest lists, and those that it sets, in this order."""

    def __init__(self) -> None:
        self._listed = {Purpose.RUN: _compiled(RUN), Purpose.BUILD: _compiled(BUILD)}

    @hookimpl
    def hostcore_decide_environment(
        self, manifest: Manifest, purpose: Purpose, environ: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Make the environment."""
        matches = self._listed[purpose].match
        own = _compiled(manifest.environment.pass_through).match
        passed = {name: value for name, value in environ.items() if matches(name) or own(name)}
        passed["PATH"] = search_path(environ.get("PATH", os.defpath))
        return {**passed, **manifest.environment.values}


def _compiled(patterns: Sequence[str]) -> re.Pattern[str]:
    """Make one expression of all patterns; without any it matches nothing."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")
