// Command kv-go is a plugin for any host that speaks go-plugin's protocol: a durable key-value store over gRPC.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"polyhost.dev/plugins/kv-go/proto"
)

// handshake is what host and plugin must agree on; the cookie keeps people from starting the program by hand.
var handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "KV_GO_PLUGIN",
	MagicCookieValue: "9f1d6b0e-key-value",
}

// kvPlugin tells go-plugin's server what to serve.
type kvPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	store *store
}

func (p *kvPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	proto.RegisterKVServer(s, &server{store: p.store})
	return nil
}

func (p *kvPlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this program has only the plugin's side")
}

func main() {
	var s *store
	if os.Getenv(handshake.MagicCookieKey) == handshake.MagicCookieValue {
		var err error
		if s, err = open(os.Getenv("POLYHOST_DATA_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, "kv-go:", err)
			os.Exit(1)
		}
	}
	// Without the cookie this says what the program is, and ends it.
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake,
		Plugins:         plugin.PluginSet{"kv": &kvPlugin{store: s}},
		GRPCServer:      plugin.DefaultGRPCServer,
	})
	if s != nil {
		s.file.Close()
	}
}

func open(folder string) (*store, error) {
	if folder == "" {
		return nil, errors.New("there is no data folder; the host gives one in POLYHOST_DATA_DIR")
	}
	return openStore(filepath.Join(folder, "kv.log"))
}
