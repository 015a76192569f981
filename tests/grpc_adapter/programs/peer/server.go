package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

type service struct {
	server    *grpc.Server
	cancelled atomic.Int64
}

// describe lists the methods; the type of the handler is checked by nobody else.
func (s *service) describe() *grpc.ServiceDesc {
	unary := func(name string, do func(context.Context, []byte) ([]byte, error)) grpc.MethodDesc {
		return grpc.MethodDesc{
			MethodName: name,
			Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				var request []byte
				if err := decode(&request); err != nil {
					return nil, err
				}
				reply, err := do(ctx, request)
				return &reply, err
			},
		}
	}
	stream := func(name string, do func(grpc.ServerStream) error) grpc.StreamDesc {
		return grpc.StreamDesc{
			StreamName:    name,
			Handler:       func(_ any, stream grpc.ServerStream) error { return do(stream) },
			ServerStreams: true,
			ClientStreams: true,
		}
	}
	return &grpc.ServiceDesc{
		ServiceName: "test.Peer",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			unary("Echo", func(_ context.Context, request []byte) ([]byte, error) { return request, nil }),
			unary("Zipped", func(ctx context.Context, request []byte) ([]byte, error) {
				return request, grpc.SetSendCompressor(ctx, "gzip")
			}),
			unary("Fail", fail),
			unary("Context", describeContext),
			unary("Sleep", s.sleep),
			unary("Cancelled", func(context.Context, []byte) ([]byte, error) {
				return []byte(strconv.FormatInt(s.cancelled.Load(), 10)), nil
			}),
			unary("Stop", func(context.Context, []byte) ([]byte, error) {
				go s.server.GracefulStop()
				return []byte("stopping"), nil
			}),
			unary("Exit", func(context.Context, []byte) ([]byte, error) {
				os.Exit(3)
				return nil, nil
			}),
		},
		Streams: []grpc.StreamDesc{
			stream("Repeat", repeat),
			stream("Count", count),
			stream("Chat", chat),
			stream("Refuse", func(grpc.ServerStream) error {
				return status.Error(codes.PermissionDenied, "before reading anything")
			}),
		},
	}
}

// fail answers with the status, the message and the details that "CODE MESSAGE" names.
func fail(ctx context.Context, request []byte) ([]byte, error) {
	code, message, _ := strings.Cut(string(request), " ")
	number, err := strconv.Atoi(code)
	if err != nil {
		return nil, err
	}
	_ = grpc.SetTrailer(ctx, metadata.Pairs("reason", "asked", "bytes-bin", "\x00\xff"))
	failure, err := status.New(codes.Code(number), message).WithDetails(durationpb.New(42 * time.Second))
	if err != nil {
		return nil, err
	}
	return nil, failure.Err()
}

// describeContext answers with what came along, and sends metadata of its own.
func describeContext(ctx context.Context, _ []byte) ([]byte, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	left := -1.0
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline).Seconds()
	}
	_ = grpc.SetHeader(ctx, metadata.Pairs("early", "yes", "early-bin", "\x01\x02"))
	_ = grpc.SetTrailer(ctx, metadata.Pairs("late", "too"))
	return json.Marshal(map[string]any{"metadata": incoming, "left": left})
}

func (s *service) sleep(ctx context.Context, _ []byte) ([]byte, error) {
	<-ctx.Done()
	s.cancelled.Add(1)
	return nil, ctx.Err()
}

// repeat sends as many messages of such a size as the one message "NUMBER SIZE" says.
func repeat(stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	var number, size int
	if _, err := fmt.Sscan(string(request), &number, &size); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	reply := make([]byte, size)
	for range number {
		if err := stream.SendMsg(&reply); err != nil {
			return err
		}
	}
	return nil
}

// count answers with how many messages and bytes came.
func count(stream grpc.ServerStream) error {
	var messages, size int
	for {
		var request []byte
		err := stream.RecvMsg(&request)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		messages++
		size += len(request)
	}
	reply := []byte(fmt.Sprintf("%d %d", messages, size))
	return stream.SendMsg(&reply)
}

// chat answers each message with itself.
func chat(stream grpc.ServerStream) error {
	for {
		var request []byte
		err := stream.RecvMsg(&request)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.SendMsg(&request); err != nil {
			return err
		}
	}
}

func serve(network, address string) error {
	options := []grpc.ServerOption{grpc.ForceServerCodec(rawCodec{}), grpc.MaxRecvMsgSize(1 << 30)}
	if limit := os.Getenv("PEER_STREAMS"); limit != "" {
		number, err := strconv.ParseUint(limit, 10, 32)
		if err != nil {
			return err
		}
		options = append(options, grpc.MaxConcurrentStreams(uint32(number)))
	}
	if file := os.Getenv("PEER_CERT"); file != "" {
		tls, err := credentials.NewServerTLSFromFile(file, os.Getenv("PEER_KEY"))
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(tls))
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(options...)
	service := &service{server: server}
	server.RegisterService(service.describe(), service)
	go func() {
		waitForEOF()
		server.Stop()
	}()
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}
