#!/bin/sh
# Makes the generated code anew, as it is committed. Needs protoc and, in Go's bin folder on PATH,
#     go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
#     go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
cd "$(dirname "$0")" || exit 1
exec protoc -I . --go_out=. --go_opt=paths=source_relative \
    --go-grpc_out=. --go-grpc_opt=paths=source_relative greeter.proto
