package main

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"polyhost.dev/plugins/kv-go/proto"
)

// connect serves a fresh store in memory and returns a client of it.
func connect(t *testing.T) proto.KVClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	served := grpc.NewServer()
	proto.RegisterKVServer(served, &server{store: openAt(t, filepath.Join(t.TempDir(), "kv.log"))})
	go served.Serve(listener)
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	connection, err := grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(dial), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close(); served.Stop() })
	return proto.NewKVClient(connection)
}

func putOne(t *testing.T, client proto.KVClient, key, value string) {
	t.Helper()
	if _, err := client.Put(t.Context(), &proto.PutRequest{Pair: &proto.Pair{Key: key, Value: value}}); err != nil {
		t.Fatal(err)
	}
}

// What was put can be read, with its revision.
func TestPutThenGet(t *testing.T) {
	client := connect(t)
	putOne(t, client, "city", "Zürich")
	reply, err := client.Get(t.Context(), &proto.GetRequest{Key: "city"})
	if err != nil || reply.Entry.GetValue() != "Zürich" || reply.Entry.Revision != 1 {
		t.Fatal(reply, err)
	}
}

// A key that is not there is NOT_FOUND, and the detail says which one.
func TestAMissingKeyHasADetail(t *testing.T) {
	_, err := connect(t).Get(t.Context(), &proto.GetRequest{Key: "x"})
	told := status.Convert(err)
	detail, ok := told.Details()[0].(*proto.KeyNotFound)
	if told.Code() != codes.NotFound || !ok || detail.Key != "x" {
		t.Fatal(err)
	}
}

// A condition that does not hold is FAILED_PRECONDITION, and the detail has the real revision.
func TestAConflictHasADetail(t *testing.T) {
	client := connect(t)
	putOne(t, client, "a", "1")
	zero := int64(0)
	_, err := client.Put(t.Context(), &proto.PutRequest{Pair: &proto.Pair{Key: "a"}, ExpectedRevision: &zero})
	told := status.Convert(err)
	detail, ok := told.Details()[0].(*proto.RevisionConflict)
	if told.Code() != codes.FailedPrecondition || !ok || detail.Revision != 1 {
		t.Fatal(err)
	}
}

// A stream of pairs is written at once; an empty key in it lets none of them through.
func TestPutManyIsAllOrNothing(t *testing.T) {
	client := connect(t)
	send := func(keys ...string) (*proto.PutManyReply, error) {
		stream, err := client.PutMany(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			// An error here only says that the stream has ended; the answer says why.
			_ = stream.Send(&proto.Pair{Key: key})
		}
		return stream.CloseAndRecv()
	}
	if _, err := send("a", ""); status.Code(err) != codes.InvalidArgument {
		t.Fatal(err)
	}
	if stats, err := client.Stats(t.Context(), &proto.StatsRequest{}); err != nil || stats.Keys != 0 {
		t.Fatal(stats, err)
	}
	if reply, err := send("a", "b"); err != nil || reply.Count != 2 {
		t.Fatal(reply, err)
	}
}

// A list ends with its count; it can be bounded, and come without values.
func TestAListEndsWithItsCount(t *testing.T) {
	client := connect(t)
	for _, key := range []string{"p/b", "p/a", "q"} {
		putOne(t, client, key, "v")
	}
	list := func(request *proto.ListRequest) (entries []*proto.Entry, count int64) {
		stream, err := client.List(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for {
			reply, err := stream.Recv()
			if err == io.EOF {
				return entries, count
			}
			if err != nil {
				t.Fatal(err)
			}
			if end := reply.GetEnd(); end != nil {
				count = end.Count
			} else {
				entries = append(entries, reply.GetEntry())
			}
		}
	}
	entries, count := list(&proto.ListRequest{Prefix: "p/"})
	if count != 2 || len(entries) != 2 || entries[0].Key != "p/a" || entries[0].GetValue() != "v" {
		t.Fatal(entries, count)
	}
	one, no := int64(1), false
	entries, count = list(&proto.ListRequest{Limit: &one, Values: &no})
	if count != 1 || len(entries) != 1 || entries[0].Value != nil {
		t.Fatal(entries, count)
	}
}

// Deleting says whether the key was there.
func TestDelete(t *testing.T) {
	client := connect(t)
	putOne(t, client, "a", "1")
	for _, expected := range []bool{true, false} {
		if reply, err := client.Delete(t.Context(), &proto.DeleteRequest{Key: "a"}); err != nil || reply.Deleted != expected {
			t.Fatal(reply, err)
		}
	}
}
