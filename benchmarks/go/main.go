// Command echo is both sides of go-plugin in the benchmarks: the plugins that answer with what they were sent, and the
// host that go-plugin has for them.
//
//	echo plugin                        serves gRPC; a host starts it
//	echo netrpc                        serves net/rpc; a host starts it
//	echo host grpc|grpc-plain|netrpc   starts one of the two and does the work that stdin names, a JSON line each
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
)

// handshake is what the plugins agree on with their hosts.
var handshake = plugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "POLYHOST_BENCHMARK",
	MagicCookieValue: "echo",
}

func main() {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch {
	case command == "plugin" && len(os.Args) == 2:
		serve(plugin.DefaultGRPCServer)
	case command == "netrpc" && len(os.Args) == 2:
		serve(nil) // without a maker of gRPC servers go-plugin serves net/rpc
	case command == "host" && len(os.Args) == 3:
		if err := host(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "echo host:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: echo plugin | echo netrpc | echo host grpc|grpc-plain|netrpc")
		os.Exit(2)
	}
}

// logger tells of errors only: what is measured should not be how fast they log.
func logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: os.Stderr, JSONFormat: true})
}
