// Command negotiated is a plugin that serves version 5 or version 6 of its protocol, whichever the host knows.
package main

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"polyhost.dev/tests/programs"
	"polyhost.dev/tests/programs/proto/greeter5pb"
	"polyhost.dev/tests/programs/proto/greeter6pb"
)

type version5 struct {
	greeter5pb.UnimplementedGreeterServer
}

func (version5) Greet(_ context.Context, request *greeter5pb.GreetRequest) (*greeter5pb.GreetReply, error) {
	return &greeter5pb.GreetReply{Text: "Hello " + request.Name}, nil
}

type version6 struct {
	greeter6pb.UnimplementedGreeterServer
}

func (version6) Greet(_ context.Context, request *greeter6pb.GreetRequest) (*greeter6pb.GreetReply, error) {
	reply := &greeter6pb.GreetReply{}
	for _, name := range request.Names {
		reply.Texts = append(reply.Texts, "Hello "+name)
	}
	return reply, nil
}

func main() {
	five := func(_ *plugin.GRPCBroker, s *grpc.Server) { greeter5pb.RegisterGreeterServer(s, version5{}) }
	six := func(_ *plugin.GRPCBroker, s *grpc.Server) { greeter6pb.RegisterGreeterServer(s, version6{}) }
	handshake := programs.Handshake
	handshake.ProtocolVersion = 0 // the map below says it
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake,
		VersionedPlugins: map[int]plugin.PluginSet{
			5: {"greeter": &programs.Served{Register: five}},
			6: {"greeter": &programs.Served{Register: six}},
		},
		GRPCServer: plugin.DefaultGRPCServer,
	})
}
