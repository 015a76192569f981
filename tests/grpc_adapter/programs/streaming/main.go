// Command streaming is a plugin with calls of all four kinds.
package main

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"polyhost.dev/tests/programs"
	pb "polyhost.dev/tests/programs/proto/streamspb"
)

const (
	floodItem   = 16 * 1024
	errorDomain = "streams.example"
)

type server struct {
	pb.UnimplementedStreamsServer
	givenUp atomic.Int64
}

func (s *server) Echo(_ context.Context, request *pb.Blob) (*pb.Blob, error) { return request, nil }

func (s *server) Big(_ context.Context, request *pb.Size) (*pb.Blob, error) {
	return &pb.Blob{Data: make([]byte, request.Bytes)}, nil
}

func (s *server) Count(request *pb.CountRequest, stream grpc.ServerStreamingServer[pb.Number]) error {
	for value := int64(1); value <= request.To; value++ {
		if err := stream.Send(&pb.Number{Value: value}); err != nil {
			return err
		}
		if value == request.FailAfter {
			return status.Error(codes.Internal, "as it was asked for")
		}
		select {
		case <-time.After(time.Duration(request.PauseMs) * time.Millisecond):
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
	return nil
}

func (s *server) Sum(stream grpc.ClientStreamingServer[pb.Number, pb.Number]) error {
	var sum int64
	for {
		item, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&pb.Number{Value: sum})
		}
		if err != nil {
			return err
		}
		sum += item.Value
	}
}

func (s *server) EchoAll(stream grpc.BidiStreamingServer[pb.Blob, pb.Blob]) error {
	for {
		item, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = stream.Send(item)
		}
		if err != nil {
			return err
		}
	}
}

func (s *server) Flood(request *pb.Size, stream grpc.ServerStreamingServer[pb.Blob]) error {
	item := &pb.Blob{Data: make([]byte, floodItem)}
	for sent := int64(0); sent < request.Bytes; sent += floodItem {
		if err := stream.Send(item); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) Wait(ctx context.Context, _ *emptypb.Empty) (*emptypb.Empty, error) {
	<-ctx.Done()
	s.givenUp.Add(1)
	return nil, ctx.Err()
}

func (s *server) GivenUp(context.Context, *emptypb.Empty) (*pb.Number, error) {
	return &pb.Number{Value: s.givenUp.Load()}, nil
}

func (s *server) Fail(_ context.Context, request *pb.FailRequest) (*emptypb.Empty, error) {
	told := status.New(codes.Code(request.Code), request.Message)
	if request.Reason != "" {
		detailed, err := told.WithDetails(&errdetails.ErrorInfo{
			Reason: request.Reason, Domain: errorDomain, Metadata: request.Metadata,
		})
		if err != nil {
			return nil, err
		}
		told = detailed
	}
	return &emptypb.Empty{}, told.Err()
}

func (s *server) Describe(ctx context.Context, _ *emptypb.Empty) (*pb.CallFacts, error) {
	facts := &pb.CallFacts{Metadata: map[string]string{}}
	sent, _ := metadata.FromIncomingContext(ctx)
	for key, values := range sent {
		facts.Metadata[key] = strings.Join(values, ",")
	}
	facts.Authority = facts.Metadata[":authority"]
	if deadline, set := ctx.Deadline(); set {
		facts.TimeoutMs = time.Until(deadline).Milliseconds()
	}
	return facts, nil
}

func main() {
	register := func(_ *plugin.GRPCBroker, s *grpc.Server) { pb.RegisterStreamsServer(s, &server{}) }
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: programs.Handshake,
		Plugins:         plugin.PluginSet{"streams": &programs.Served{Register: register}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}
