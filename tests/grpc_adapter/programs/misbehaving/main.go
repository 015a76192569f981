// Command misbehaving is a plugin that does, by its flags and by calls, what a plugin should not do.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"polyhost.dev/tests/programs"
	pb "polyhost.dev/tests/programs/proto/mischiefpb"
)

const (
	lineLength   = 1024
	childSeconds = "600"
)

var (
	noise          = flag.Int("noise", 0, "print so many lines to stdout and stderr before the handshake")
	exitAt         = flag.Int("exit", -1, "end with this code before the handshake")
	silent         = flag.Bool("silent", false, "never print the handshake")
	ignoreShutdown = flag.Bool("ignore-shutdown", false, "neither answer Shutdown nor end by SIGTERM")
	noMTLS         = flag.Bool("no-mtls", false, "serve in plain text even if the host sent its certificate")
	without        = flag.String("without", "", "services to hide, by the beginning of their names, joined by commas")
	hangHealth     = flag.Bool("hang-health", false, "never answer a health check")
)

type server struct{ pb.UnimplementedMischiefServer }

func (server) Echo(_ context.Context, request *pb.Text) (*pb.Text, error) { return request, nil }

func (server) Print(_ context.Context, request *pb.PrintRequest) (*emptypb.Empty, error) {
	flood(os.Stdout, request.StdoutBytes)
	flood(os.Stderr, request.StderrBytes)
	return &emptypb.Empty{}, nil
}

func flood(to io.Writer, size int64) {
	line := strings.Repeat("x", lineLength-1) + "\n"
	for written := int64(0); written < size; written += lineLength {
		io.WriteString(to, line[max(0, lineLength-(size-written)):])
	}
}

func (server) Say(_ context.Context, request *pb.SayRequest) (*emptypb.Empty, error) {
	to := os.Stderr
	if request.ToStdout {
		to = os.Stdout
	}
	_, err := io.WriteString(to, request.Text)
	return &emptypb.Empty{}, err
}

func (server) Panic(_ context.Context, request *pb.Text) (*emptypb.Empty, error) {
	go panic(request.Text)
	select {}
}

func (server) Exit(_ context.Context, request *pb.ExitRequest) (*emptypb.Empty, error) {
	os.Exit(int(request.Code))
	return nil, nil
}

func (server) Hang(context.Context, *emptypb.Empty) (*emptypb.Empty, error) { select {} }

func (server) LeaveChildren(_ context.Context, request *pb.ChildrenRequest) (*pb.Children, error) {
	children := &pb.Children{}
	for range request.Count {
		child := exec.Command("sleep", childSeconds)
		if err := child.Start(); err != nil {
			return nil, err
		}
		children.Pids = append(children.Pids, int32(child.Process.Pid))
	}
	return children, nil
}

func (server) Garbage(context.Context, *emptypb.Empty) (*pb.Text, error) {
	// Field 1 of an unknown wire type: no message at all.
	text := &pb.Text{}
	text.ProtoReflect().SetUnknown([]byte{0x0a, 0x7f, 0x01})
	return text, nil
}

// hidden tells whether a method belongs to a service that the flags hide.
func hidden(method string) bool {
	for _, prefix := range strings.Split(*without, ",") {
		if prefix != "" && strings.HasPrefix(strings.TrimPrefix(method, "/"), prefix) {
			return true
		}
	}
	return false
}

// blocked tells whether a method is one that the flags let hang.
func blocked(method string) bool {
	return *ignoreShutdown && method == "/plugin.GRPCController/Shutdown" ||
		*hangHealth && method == "/grpc.health.v1.Health/Check"
}

func newServer(options []grpc.ServerOption) *grpc.Server {
	unary := func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if hidden(info.FullMethod) {
			return nil, status.Errorf(codes.Unimplemented, "unknown method %s", info.FullMethod)
		}
		if blocked(info.FullMethod) {
			select {}
		}
		return next(ctx, request)
	}
	stream := func(s any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		if hidden(info.FullMethod) {
			return status.Errorf(codes.Unimplemented, "unknown method %s", info.FullMethod)
		}
		return next(s, stream)
	}
	return grpc.NewServer(append(options, grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream))...)
}

func main() {
	flag.Parse()
	for line := range *noise {
		fmt.Printf("noise %d on stdout\n", line+1)
		fmt.Fprintf(os.Stderr, "noise %d on stderr\n", line+1)
	}
	if *exitAt >= 0 {
		os.Exit(*exitAt)
	}
	if *silent {
		time.Sleep(time.Hour)
	}
	if *noMTLS {
		os.Unsetenv("PLUGIN_CLIENT_CERT")
	}
	if *ignoreShutdown {
		signal.Ignore(syscall.SIGTERM)
	}
	register := func(_ *plugin.GRPCBroker, s *grpc.Server) { pb.RegisterMischiefServer(s, server{}) }
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: programs.Handshake,
		Plugins:         plugin.PluginSet{"mischief": &programs.Served{Register: register}},
		GRPCServer:      newServer,
	})
}
