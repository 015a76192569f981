"""Interfaces: the versioned contracts between callers and plugins."""

from hostcore.interfaces._binary import BinaryMisfitError, decode_binary, encode_binary
from hostcore.interfaces._changes import describe_changes, describe_finding
from hostcore.interfaces._compatibility import compare
from hostcore.interfaces._compatibility_rules import RULES, Finding, Severity
from hostcore.interfaces._dialect import SchemaChecker
from hostcore.interfaces._examples import example_mismatch, value_mismatch
from hostcore.interfaces._files import read_bounded
from hostcore.interfaces._loader import interface_file_name, load_interface, parse_interface
from hostcore.interfaces._meta import MetaSchema, Problem, did_you_mean, excerpt, json_pointer, schemas_folder
from hostcore.interfaces._model import (
    ErrorSpec,
    Example,
    Expectation,
    Interface,
    Method,
    Scenario,
    StreamSpec,
    ValidationMode,
)
from hostcore.interfaces._toml import MAX_TOML_BYTES, TomlDocument, key_lines, key_text
from hostcore.interfaces._validation import MethodValidator, SchemaValidator, secret_names
from hostcore.interfaces._versions import InterfaceVersion, Version, VersionError, VersionRange

__all__ = [
    "MAX_TOML_BYTES",
    "RULES",
    "BinaryMisfitError",
    "ErrorSpec",
    "Example",
    "Expectation",
    "Finding",
    "Interface",
    "InterfaceVersion",
    "MetaSchema",
    "Method",
    "MethodValidator",
    "Problem",
    "Scenario",
    "SchemaChecker",
    "SchemaValidator",
    "Severity",
    "StreamSpec",
    "TomlDocument",
    "ValidationMode",
    "Version",
    "VersionError",
    "VersionRange",
    "compare",
    "decode_binary",
    "describe_changes",
    "describe_finding",
    "did_you_mean",
    "encode_binary",
    "example_mismatch",
    "excerpt",
    "interface_file_name",
    "json_pointer",
    "key_lines",
    "key_text",
    "load_interface",
    "parse_interface",
    "read_bounded",
    "schemas_folder",
    "secret_names",
    "value_mismatch",
]
