// Package programs holds what the test plugins have in common.
package programs

import (
	"context"
	"errors"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Handshake is what all test plugins agree on with their host; the version is for those that have one only.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "POLYHOST_TEST_PLUGIN",
	MagicCookieValue: "hello",
}

// Served is a plugin that is just a function which registers services.
type Served struct {
	plugin.NetRPCUnsupportedPlugin
	Register func(*plugin.GRPCBroker, *grpc.Server)
}

// GRPCServer registers the services.
func (s *Served) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	s.Register(broker, server)
	return nil
}

// GRPCClient is the host's side, which a plugin does not have.
func (s *Served) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this program has only the plugin's side")
}
