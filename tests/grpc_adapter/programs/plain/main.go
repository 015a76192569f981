// Command plain is a plugin without go-plugin: a server of grpc-go that prints the handshake by itself, as plugins in
// other languages do. It has no controller, no broker and no stream of what it prints, and ends in order by SIGTERM.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	pb "polyhost.dev/tests/programs/proto/streamspb"
)

var (
	network   = flag.String("network", "tcp", "tcp or unix")
	reflected = flag.Bool("reflection", true, "tell what is served")
	health    = flag.String("health", "none", "none, or a status: NOT_SERVING, SERVING, UNKNOWN")
	recovers  = flag.Int("recovers", 0, "from so many checks on the health is SERVING; 0 for never")
	fails     = flag.Int("fails", 0, "from so many checks on the health is NOT_SERVING; 0 for never")
)

type server struct {
	pb.UnimplementedStreamsServer
	grpc_health_v1.UnimplementedHealthServer
	checks atomic.Int64
}

func (s *server) Echo(_ context.Context, request *pb.Blob) (*pb.Blob, error) { return request, nil }

// Count goes on for as long as it was asked to, also when the server wants to end.
func (s *server) Count(request *pb.CountRequest, stream grpc.ServerStreamingServer[pb.Number]) error {
	for value := int64(1); value <= request.To; value++ {
		if err := stream.Send(&pb.Number{Value: value}); err != nil {
			return err
		}
		time.Sleep(time.Duration(request.PauseMs) * time.Millisecond)
	}
	return nil
}

func (s *server) Check(
	context.Context, *grpc_health_v1.HealthCheckRequest,
) (*grpc_health_v1.HealthCheckResponse, error) {
	status := grpc_health_v1.HealthCheckResponse_ServingStatus(
		grpc_health_v1.HealthCheckResponse_ServingStatus_value[*health])
	count := s.checks.Add(1)
	if *recovers > 0 && count >= int64(*recovers) {
		status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	if *fails > 0 && count >= int64(*fails) {
		status = grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return &grpc_health_v1.HealthCheckResponse{Status: status}, nil
}

func listen() (net.Listener, error) {
	if *network == "unix" {
		return net.Listen("unix", filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plain"))
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

func main() {
	flag.Parse()
	listener, err := listen()
	if err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
	served := &server{}
	s := grpc.NewServer()
	pb.RegisterStreamsServer(s, served)
	if *health != "none" {
		grpc_health_v1.RegisterHealthServer(s, served)
	}
	if *reflected {
		reflection.Register(s)
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	go func() {
		<-asked
		s.GracefulStop()
	}()
	fmt.Printf("1|1|%s|%s|grpc\n", *network, listener.Addr())
	if err := s.Serve(listener); err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "plain: ended in order")
}
