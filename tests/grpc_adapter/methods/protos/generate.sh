#!/bin/sh
# Compiles each .proto file here into the descriptor set beside it. Needs Python's grpcio-tools, which brings protoc.
cd "$(dirname "$0")" || exit 1
for file in *.proto; do
    "${PYTHON:-python3}" -m grpc_tools.protoc -I . --include_imports --include_source_info \
        --descriptor_set_out="${file%.proto}.pb" "$file" || exit 1
done
