// Command bidirectional is a plugin that calls its host back, and that opens a server of its own beside the first one.
package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"polyhost.dev/tests/programs"
	pb "polyhost.dev/tests/programs/proto/callbackpb"
)

type counter struct {
	pb.UnimplementedCounterServer
	pb.UnimplementedLogServer
	broker *plugin.GRPCBroker
	mu     sync.Mutex
	values map[string]int64
	lines  []string
}

func (c *counter) Add(ctx context.Context, request *pb.AddRequest) (*pb.AddReply, error) {
	connection, err := c.broker.Dial(request.Helper)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	reply, err := pb.NewHelperClient(connection).Sum(ctx, &pb.SumRequest{A: c.values[request.Key], B: request.Value})
	if err != nil {
		return nil, err
	}
	c.values[request.Key] = reply.Sum
	c.lines = append(c.lines, fmt.Sprintf("%s=%d", request.Key, reply.Sum))
	return &pb.AddReply{Value: reply.Sum}, nil
}

func (c *counter) OpenLog(context.Context, *pb.OpenLogRequest) (*pb.OpenLogReply, error) {
	id := c.broker.NextId()
	go c.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		pb.RegisterLogServer(server, c)
		return server
	})
	return &pb.OpenLogReply{Log: id}, nil
}

func (c *counter) Read(context.Context, *pb.ReadRequest) (*pb.ReadReply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &pb.ReadReply{Lines: c.lines}, nil
}

func main() {
	register := func(broker *plugin.GRPCBroker, s *grpc.Server) {
		pb.RegisterCounterServer(s, &counter{broker: broker, values: map[string]int64{}})
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: programs.Handshake,
		Plugins:         plugin.PluginSet{"counter": &programs.Served{Register: register}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}
