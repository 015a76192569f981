package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type caller struct {
	connection *grpc.ClientConn
	timeout    time.Duration
}

// report is one line of output.
func report(name string, value any, err error) {
	line := map[string]any{"call": name, "value": value, "code": status.Code(err), "message": status.Convert(err).Message()}
	_ = json.NewEncoder(os.Stdout).Encode(line)
}

func (c caller) unary(method string, request []byte, options ...grpc.CallOption) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "color", "blue", "raw-bin", "\x00\x01")
	var reply []byte
	err := c.connection.Invoke(ctx, method, &request, &reply, options...)
	return reply, err
}

func (c caller) chat(method string, messages [][]byte) (replies int, size int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := c.connection.NewStream(ctx, description, method)
	if err != nil {
		return 0, 0, err
	}
	go func() {
		for _, message := range messages {
			if stream.SendMsg(&message) != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	for {
		var reply []byte
		err := stream.RecvMsg(&reply)
		if err == io.EOF {
			return replies, size, nil
		}
		if err != nil {
			return replies, size, err
		}
		replies++
		size += len(reply)
	}
}

// call makes the calls that the test knows; each has its line, whatever comes of it.
func call(network, address string) error {
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	connection, err := grpc.NewClient(
		"passthrough:///peer",
		grpc.WithContextDialer(dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{}), grpc.MaxCallRecvMsgSize(1<<30)),
	)
	if err != nil {
		return err
	}
	defer connection.Close()
	c := caller{connection: connection, timeout: 30 * time.Second}

	reply, err := c.unary("/test.Host/Echo", []byte("hello"))
	report("echo", string(reply), err)
	large := bytes.Repeat([]byte("x"), 8<<20)
	reply, err = c.unary("/test.Host/Echo", large)
	report("large", bytes.Equal(reply, large), err)
	reply, err = c.unary("/test.Host/Echo", large, grpc.UseCompressor(gzip.Name))
	report("zipped", bytes.Equal(reply, large), err)
	_, err = c.unary("/test.Host/Fail", []byte("nothing of that name: ä %"))
	report("fail", len(status.Convert(err).Details()), err)
	_, err = c.unary("/test.Host/Break", nil)
	report("break", nil, err)
	_, err = c.unary("/test.Host/Nowhere", nil)
	report("nowhere", nil, err)
	reply, err = c.unary("/test.Host/Metadata", nil)
	report("metadata", string(reply), err)
	replies, size, err := c.chat("/test.Host/Chat", [][]byte{[]byte("a"), large, []byte("b")})
	report("chat", fmt.Sprintf("%d %d", replies, size), err)
	hurried := caller{connection: connection, timeout: 200 * time.Millisecond}
	_, err = hurried.unary("/test.Host/Sleep", nil)
	report("sleep", nil, err)

	var group sync.WaitGroup
	var failures sync.Map
	for number := range 300 {
		group.Add(1)
		go func() {
			defer group.Done()
			message := []byte(fmt.Sprint(number))
			reply, err := c.unary("/test.Host/Echo", message)
			if err != nil || !bytes.Equal(reply, message) {
				failures.Store(number, err)
			}
		}()
	}
	group.Wait()
	failed := 0
	failures.Range(func(any, any) bool { failed++; return true })
	report("many", failed, nil)
	return nil
}
