// Command greeter-go greets people, over gRPC. Any host of go-plugin can run it.
package main

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"example.com/greeter/proto"
)

// handshake is what host and plugin must agree on; the cookie keeps people from starting the program by hand.
var handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "GREETER_PLUGIN",
	MagicCookieValue: "hello",
}

var languages = []*proto.Language{
	{Code: "de", Hello: "Guten Tag"},
	{Code: "en", Hello: "Hello"},
	{Code: "fr", Hello: "Bonjour"},
}

// greeter is the service.
type greeter struct {
	proto.UnimplementedGreeterServer
	log hclog.Logger
}

func (g *greeter) Greet(_ context.Context, request *proto.GreetRequest) (*proto.GreetReply, error) {
	code := "en"
	if request.Language != nil {
		code = *request.Language
	}
	for _, language := range languages {
		if language.Code == code {
			g.log.Info("greeting", "name", request.Name, "language", code)
			return &proto.GreetReply{Text: language.Hello + ", " + request.Name + "!"}, nil
		}
	}
	failed, err := status.Newf(codes.NotFound, "no greeting is known in %q", code).
		WithDetails(&proto.UnknownLanguage{Language: code})
	if err != nil {
		return nil, err
	}
	return nil, failed.Err()
}

func (g *greeter) Languages(_ *proto.LanguagesRequest, stream grpc.ServerStreamingServer[proto.Language]) error {
	for _, language := range languages {
		if err := stream.Send(language); err != nil {
			return err
		}
	}
	return nil
}

// served tells go-plugin's server what to serve.
type served struct {
	plugin.NetRPCUnsupportedPlugin
	greeter *greeter
}

func (s *served) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	proto.RegisterGreeterServer(server, s.greeter)
	return nil
}

func (s *served) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this program has only the plugin's side")
}

func main() {
	// Lines of JSON on stderr: the host reads level, message and fields from them.
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Info, JSONFormat: true})
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins:         plugin.PluginSet{"greeter": &served{greeter: &greeter{log: log}}},
		GRPCServer:      plugin.DefaultGRPCServer,
		Logger:          log,
	})
}
