#!/bin/sh
# Makes the generated code anew, as it is committed, and the descriptor set of mischief.proto. Needs Python's grpcio-tools, which brings protoc, and
#     go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
#     go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
# with Go's bin folder on PATH.
cd "$(dirname "$0")" || exit 1
module=polyhost.dev/tests/programs/proto
"${PYTHON:-python3}" -m grpc_tools.protoc -I . --include_imports --include_source_info \
    --descriptor_set_out=mischief.pb mischief.proto || exit 1
exec "${PYTHON:-python3}" -m grpc_tools.protoc -I . --go_out=. --go_opt=module=$module \
    --go-grpc_out=. --go-grpc_opt=module=$module ./*.proto
