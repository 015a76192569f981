package main

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"polyhost.dev/plugins/kv-go/proto"
)

// pair is a key with its value.
type pair struct{ Key, Value string }

// server serves the store over gRPC.
type server struct {
	proto.UnimplementedKVServer
	store *store
}

func (s *server) Get(_ context.Context, request *proto.GetRequest) (*proto.GetReply, error) {
	if err := checkKey(request.Key); err != nil {
		return nil, err
	}
	found, ok := s.store.get(request.Key)
	if !ok {
		return nil, failure(codes.NotFound, &proto.KeyNotFound{Key: request.Key}, "there is no key \"%s\"", request.Key)
	}
	return &proto.GetReply{Entry: &proto.Entry{Key: request.Key, Value: &found.Value, Revision: found.Revision}}, nil
}

func (s *server) Put(_ context.Context, request *proto.PutRequest) (*proto.PutReply, error) {
	key := request.GetPair().GetKey()
	if err := checkKey(key); err != nil {
		return nil, err
	}
	revision, err := s.store.put([]pair{{key, request.Pair.Value}}, request.ExpectedRevision)
	var other conflict
	if errors.As(err, &other) {
		return nil, failure(codes.FailedPrecondition, &proto.RevisionConflict{Revision: other.revision},
			"\"%s\" has revision %d, not %d", key, other.revision, *request.ExpectedRevision)
	}
	return &proto.PutReply{Revision: revision}, err
}

func (s *server) PutMany(stream grpc.ClientStreamingServer[proto.Pair, proto.PutManyReply]) error {
	var pairs []pair
	for {
		item, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := checkKey(item.Key); err != nil {
			return err
		}
		pairs = append(pairs, pair{item.Key, item.Value})
	}
	if _, err := s.store.put(pairs, nil); err != nil {
		return err
	}
	return stream.SendAndClose(&proto.PutManyReply{Count: int64(len(pairs))})
}

func (s *server) Delete(_ context.Context, request *proto.DeleteRequest) (*proto.DeleteReply, error) {
	if err := checkKey(request.Key); err != nil {
		return nil, err
	}
	deleted, err := s.store.remove(request.Key)
	return &proto.DeleteReply{Deleted: deleted}, err
}

func (s *server) List(request *proto.ListRequest, stream grpc.ServerStreamingServer[proto.ListReply]) error {
	var count int64
	for _, key := range s.store.keys(request.Prefix) {
		if request.Limit != nil && count == *request.Limit {
			break
		}
		found, ok := s.store.get(key)
		if !ok {
			continue // deleted meanwhile
		}
		entry := &proto.Entry{Key: key, Revision: found.Revision}
		if request.Values == nil || *request.Values {
			entry.Value = &found.Value
		}
		if err := stream.Send(&proto.ListReply{Part: &proto.ListReply_Entry{Entry: entry}}); err != nil {
			return err
		}
		count++
	}
	return stream.Send(&proto.ListReply{Part: &proto.ListReply_End{End: &proto.ListEnd{Count: count}}})
}

func (s *server) Stats(context.Context, *proto.StatsRequest) (*proto.StatsReply, error) {
	keys, size, revision := s.store.statistics()
	return &proto.StatsReply{Keys: int64(keys), Bytes: int64(size), Revision: revision}, nil
}

// checkKey refuses what the interface forbids, for hosts that do not check it.
func checkKey(key string) error {
	if key == "" {
		return status.Error(codes.InvalidArgument, "key must be a non-empty string")
	}
	return nil
}

// failure is an error with a detail, whose message is named as the interface names the error.
func failure(code codes.Code, detail protoadapt.MessageV1, format string, values ...any) error {
	made, err := status.Newf(code, format, values...).WithDetails(detail)
	if err != nil {
		return err
	}
	return made.Err()
}
