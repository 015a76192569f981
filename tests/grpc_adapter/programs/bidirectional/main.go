// Command bidirectional is a plugin that calls its host back, and that opens a server of its own beside the first one.
package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	kept   pb.HelperClient
}

func (c *counter) Add(ctx context.Context, request *pb.AddRequest) (*pb.AddReply, error) {
	connection, err := c.broker.Dial(request.Helper)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return c.add(ctx, pb.NewHelperClient(connection), request.Key, request.Value)
}

func (c *counter) add(ctx context.Context, helper pb.HelperClient, key string, value int64) (*pb.AddReply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reply, err := helper.Sum(ctx, &pb.SumRequest{A: c.values[key], B: value})
	if err != nil {
		return nil, err
	}
	c.values[key] = reply.Sum
	c.lines = append(c.lines, fmt.Sprintf("%s=%d", key, reply.Sum))
	return &pb.AddReply{Value: reply.Sum}, nil
}

func (c *counter) Keep(_ context.Context, request *pb.KeepRequest) (*pb.KeepReply, error) {
	if request.Fail {
		return nil, status.Error(codes.Unavailable, "not now")
	}
	connection, err := c.broker.Dial(request.Helper)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = pb.NewHelperClient(connection)
	return &pb.KeepReply{}, nil
}

func (c *counter) AddKept(ctx context.Context, request *pb.AddKeptRequest) (*pb.AddReply, error) {
	c.mu.Lock()
	kept := c.kept
	c.mu.Unlock()
	if kept == nil {
		return nil, status.Error(codes.FailedPrecondition, "no helper was kept")
	}
	return c.add(ctx, kept, request.Key, request.Value)
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
