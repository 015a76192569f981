package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"polyhost.dev/tests/programs/proto/callbackpb"
	"polyhost.dev/tests/programs/proto/greeter5pb"
	"polyhost.dev/tests/programs/proto/greeter6pb"
	"polyhost.dev/tests/programs/proto/mischiefpb"
	"polyhost.dev/tests/programs/proto/streamspb"
)

const (
	printed   = 1 << 20
	bigAnswer = 8 << 20 // above gRPC's usual limit of 4 MiB, which go-plugin lifts
	patience  = 5 * time.Second
)

// checkKV needs no generated code of the other module: bytes of two tiny messages are enough to see that it serves.
func checkKV(ctx context.Context, l *link) error {
	// PutRequest{pair: {key: "a", value: "b"}} and GetRequest{key: "a"}.
	put, get := []byte("\x0a\x06\x0a\x01a\x12\x01b"), []byte("\x0a\x01a")
	var reply raw
	if err := l.connection.Invoke(ctx, "/kv.v1.KV/Put", raw(put), &reply, grpc.ForceCodec(rawCodec{})); err != nil {
		return err
	}
	if err := l.connection.Invoke(ctx, "/kv.v1.KV/Get", raw(get), &reply, grpc.ForceCodec(rawCodec{})); err != nil {
		return err
	}
	return want("the entry has key and value", true, strings.HasPrefix(string(reply), "\x0a\x08\x0a\x01a\x12\x01b"))
}

type raw []byte

type rawCodec struct{}

func (rawCodec) Marshal(value any) ([]byte, error) { return value.(raw), nil }

func (rawCodec) Unmarshal(data []byte, value any) error {
	*value.(*raw) = append(raw(nil), data...)
	return nil
}

func (rawCodec) Name() string { return "proto" }

func checkStreaming(ctx context.Context, l *link) error {
	client := streamspb.NewStreamsClient(l.connection)
	big, err := client.Big(ctx, &streamspb.Size{Bytes: bigAnswer})
	if err != nil {
		return err
	}
	return errors.Join(
		want("size of the big answer", bigAnswer, len(big.Data)),
		checkCount(ctx, client),
		checkSum(ctx, client),
		checkGivenUp(ctx, client),
		checkFail(ctx, client),
	)
}

func checkCount(ctx context.Context, client streamspb.StreamsClient) error {
	stream, err := client.Count(ctx, &streamspb.CountRequest{To: 5, FailAfter: 3})
	var last int64
	for err == nil {
		var item *streamspb.Number
		if item, err = stream.Recv(); err == nil {
			last = item.Value
		}
	}
	return errors.Join(want("last number", 3, last), want("status", codes.Internal, status.Code(err)))
}

func checkSum(ctx context.Context, client streamspb.StreamsClient) error {
	stream, err := client.Sum(ctx)
	for value := int64(1); err == nil && value <= 10; value++ {
		err = stream.Send(&streamspb.Number{Value: value})
	}
	if err != nil {
		return err
	}
	sum, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	echo, err := client.EchoAll(ctx)
	if err != nil {
		return err
	}
	sent := &streamspb.Blob{Data: []byte("x")}
	if err := errors.Join(echo.Send(sent), echo.CloseSend()); err != nil {
		return err
	}
	item, err := echo.Recv()
	if err != nil {
		return err
	}
	_, err = echo.Recv()
	return errors.Join(
		want("sum", 55, sum.Value), want("echo", "x", string(item.Data)), want("end", io.EOF, err),
	)
}

func checkGivenUp(ctx context.Context, client streamspb.StreamsClient) error {
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err := client.Wait(short, &emptypb.Empty{})
	if wrong := want("status of Wait", codes.DeadlineExceeded, status.Code(err)); wrong != nil {
		return wrong
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		count, err := client.GivenUp(ctx, &emptypb.Empty{})
		if err != nil || count.Value == 1 {
			return err
		}
	}
	return errors.New("the plugin did not see that the call was given up")
}

func checkFail(ctx context.Context, client streamspb.StreamsClient) error {
	_, err := client.Fail(ctx, &streamspb.FailRequest{Code: 5, Message: "not here", Reason: "NOT_HERE"})
	told := status.Convert(err)
	return errors.Join(
		want("code", codes.NotFound, told.Code()),
		want("message", "not here", told.Message()),
		want("details", 1, len(told.Details())),
	)
}

type helper struct {
	callbackpb.UnimplementedHelperServer
}

func (helper) Sum(_ context.Context, request *callbackpb.SumRequest) (*callbackpb.SumReply, error) {
	return &callbackpb.SumReply{Sum: request.A + request.B}, nil
}

func checkBidirectional(ctx context.Context, l *link) error {
	client := callbackpb.NewCounterClient(l.connection)
	for round, expected := range []int64{2, 4} {
		id := l.broker.NextId()
		served := make(chan *grpc.Server, 1)
		go l.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
			server := grpc.NewServer(options...)
			callbackpb.RegisterHelperServer(server, helper{})
			served <- server
			return server
		})
		reply, err := client.Add(ctx, &callbackpb.AddRequest{Helper: id, Key: "k", Value: 2})
		if err != nil {
			return err
		}
		(<-served).Stop()
		if err := want(fmt.Sprintf("sum %d", round), expected, reply.Value); err != nil {
			return err
		}
	}
	opened, err := client.OpenLog(ctx, &callbackpb.OpenLogRequest{})
	if err != nil {
		return err
	}
	connection, err := l.broker.Dial(opened.Log)
	if err != nil {
		return err
	}
	defer connection.Close()
	read, err := callbackpb.NewLogClient(connection).Read(ctx, &callbackpb.ReadRequest{})
	if err != nil {
		return err
	}
	return want("log", "k=2 k=4", strings.Join(read.Lines, " "))
}

func checkGreeter5(ctx context.Context, l *link) error {
	reply, err := greeter5pb.NewGreeterClient(l.connection).Greet(ctx, &greeter5pb.GreetRequest{Name: "Ada"})
	if err != nil {
		return err
	}
	return errors.Join(
		want("version", 5, l.client.NegotiatedVersion()), want("text", "Hello Ada", reply.Text),
	)
}

func checkGreeter6(ctx context.Context, l *link) error {
	request := &greeter6pb.GreetRequest{Names: []string{"Ada", "Alan"}}
	reply, err := greeter6pb.NewGreeterClient(l.connection).Greet(ctx, request)
	if err != nil {
		return err
	}
	return errors.Join(
		want("version", 6, l.client.NegotiatedVersion()),
		want("texts", "Hello Ada, Hello Alan", strings.Join(reply.Texts, ", ")),
	)
}

func checkMischief(ctx context.Context, l *link) error {
	client := mischiefpb.NewMischiefClient(l.connection)
	if _, err := client.Print(ctx, &mischiefpb.PrintRequest{StdoutBytes: printed, StderrBytes: printed}); err != nil {
		return err
	}
	for end := time.Now().Add(patience); l.stdout.total() < printed || l.stderr.total() < printed; {
		if time.Now().After(end) {
			return fmt.Errorf("got %d bytes of stdout and %d of stderr", l.stdout.total(), l.stderr.total())
		}
		time.Sleep(10 * time.Millisecond)
	}
	children, err := client.LeaveChildren(ctx, &mischiefpb.ChildrenRequest{Count: 2})
	if err != nil {
		return err
	}
	for _, pid := range children.Pids {
		// go-plugin's host leaves them behind; they are ended here.
		if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
			return err
		}
	}
	if _, err := client.Garbage(ctx, &emptypb.Empty{}); status.Code(err) != codes.Internal {
		return fmt.Errorf("garbage was taken: %w", err)
	}
	if _, err = client.Panic(ctx, &mischiefpb.Text{Text: "on demand"}); status.Code(err) != codes.Unavailable {
		return fmt.Errorf("after a panic: %w", err)
	}
	for end := time.Now().Add(patience); !l.client.Exited(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("the plugin outlived its panic")
		}
	}
	return nil
}
