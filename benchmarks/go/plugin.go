package main

import (
	"context"
	"net/rpc"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"polyhost.dev/benchmarks/echopb"
)

// echoer is what both sides know the plugin as.
type echoer interface {
	Text(string) (string, error)
	Blob([]byte) ([]byte, error)
}

// echo is what go-plugin needs to know of the plugin, for either protocol and either side.
type echo struct{}

func serve(grpcServer func([]grpc.ServerOption) *grpc.Server) {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins:         plugin.PluginSet{"echo": echo{}},
		GRPCServer:      grpcServer,
		Logger:          logger(),
	})
}

func (echo) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	echopb.RegisterEchoServer(server, grpcServer{})
	return nil
}

func (echo) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, connection *grpc.ClientConn) (any, error) {
	return grpcClient{echopb.NewEchoClient(connection)}, nil
}

func (echo) Server(*plugin.MuxBroker) (any, error) {
	return netrpcServer{}, nil
}

func (echo) Client(_ *plugin.MuxBroker, client *rpc.Client) (any, error) {
	return netrpcClient{client}, nil
}

type grpcServer struct {
	echopb.UnimplementedEchoServer
}

func (grpcServer) Text(_ context.Context, message *echopb.TextMessage) (*echopb.TextMessage, error) {
	return message, nil
}

func (grpcServer) Blob(_ context.Context, message *echopb.BlobMessage) (*echopb.BlobMessage, error) {
	return message, nil
}

type grpcClient struct {
	client echopb.EchoClient
}

func (c grpcClient) Text(text string) (string, error) {
	answer, err := c.client.Text(context.Background(), &echopb.TextMessage{Text: text})
	return answer.GetText(), err
}

func (c grpcClient) Blob(data []byte) ([]byte, error) {
	answer, err := c.client.Blob(context.Background(), &echopb.BlobMessage{Data: data})
	return answer.GetData(), err
}

type netrpcServer struct{}

func (netrpcServer) Text(text string, answer *string) error {
	*answer = text
	return nil
}

func (netrpcServer) Blob(data []byte, answer *[]byte) error {
	*answer = data
	return nil
}

type netrpcClient struct {
	client *rpc.Client
}

func (c netrpcClient) Text(text string) (answer string, err error) {
	err = c.client.Call("Plugin.Text", text, &answer)
	return answer, err
}

func (c netrpcClient) Blob(data []byte) (answer []byte, err error) {
	err = c.client.Call("Plugin.Blob", data, &answer)
	return answer, err
}
