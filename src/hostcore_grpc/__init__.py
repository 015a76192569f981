"""Runs plugins built with go-plugin, or with gRPC in another language: the transport `grpc`, as an extension."""

from hostcore_grpc._extension import GrpcTransportExtension

__all__ = ["GrpcTransportExtension"]
