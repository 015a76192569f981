"""The gRPC adapter: runs plugins built with go-plugin, or with gRPC in another language."""
