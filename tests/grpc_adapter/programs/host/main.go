// Command host runs a test plugin with go-plugin's own client and checks that it does what it says. It shows that the
// binaries are right, independently of the host that they are made for, and measures what that host is compared with.
//
//	host [flags] kv|streaming|bidirectional|greeter5|greeter6|mischief|bench PROGRAM [ARGUMENT...]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"polyhost.dev/tests/programs"
)

var (
	plain  = flag.Bool("plain", false, "do without AutoMTLS")
	output = flag.Bool("output", false, "show what the plugin prints and logs")
	key    = flag.String("cookie-key", programs.Handshake.MagicCookieKey, "name of the plugin's cookie")
	value  = flag.String("cookie-value", programs.Handshake.MagicCookieValue, "value of the plugin's cookie")
	limit  = flag.Duration("timeout", time.Minute, "bound of the whole run")
)

// link is a running plugin as a check sees it.
type link struct {
	connection *grpc.ClientConn
	broker     *plugin.GRPCBroker
	client     *plugin.Client
	stdout     *counter
	stderr     *counter
}

// check is what is done with a plugin that speaks a version.
type check struct {
	versions []int
	run      func(context.Context, *link) error
}

var checks = map[string]check{
	"kv":            {[]int{1}, checkKV},
	"streaming":     {[]int{1}, checkStreaming},
	"bidirectional": {[]int{1}, checkBidirectional},
	"greeter5":      {[]int{5}, checkGreeter5},
	"greeter6":      {[]int{5, 6}, checkGreeter6},
	"mischief":      {[]int{1}, checkMischief},
	"bench":         {[]int{1}, bench},
}

// linked is the host's side of any plugin: it keeps the connection.
type linked struct {
	plugin.NetRPCUnsupportedPlugin
}

func (linked) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this program has only the host's side")
}

func (linked) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, connection *grpc.ClientConn) (any, error) {
	return &link{connection: connection, broker: broker}, nil
}

// counter counts what is written to it.
type counter struct {
	count chan int64
	to    io.Writer
}

func newCounter() *counter {
	c := &counter{count: make(chan int64, 1), to: io.Discard}
	if *output {
		c.to = os.Stderr
	}
	c.count <- 0
	return c
}

func (c *counter) Write(data []byte) (int, error) {
	c.count <- <-c.count + int64(len(data))
	return c.to.Write(data)
}

func (c *counter) total() int64 {
	count := <-c.count
	c.count <- count
	return count
}

func main() {
	flag.Parse()
	chosen, known := checks[flag.Arg(0)]
	if !known || flag.NArg() < 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	err := start(ctx, chosen, exec.Command(flag.Arg(1), flag.Args()[2:]...))
	if err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		cancel()
		os.Exit(1)
	}
	fmt.Println("ok")
}

func start(ctx context.Context, chosen check, command *exec.Cmd) error {
	versions := map[int]plugin.PluginSet{}
	for _, version := range chosen.versions {
		versions[version] = plugin.PluginSet{"any": linked{}}
	}
	level := hclog.Off
	if *output {
		level = hclog.Debug
	}
	stdout, stderr := newCounter(), newCounter()
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: *key, MagicCookieValue: *value},
		VersionedPlugins: versions,
		Cmd:              command,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         !*plain,
		SyncStdout:       stdout,
		SyncStderr:       stderr,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: level}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	made, err := protocol.Dispense("any")
	if err != nil {
		return err
	}
	linked := made.(*link)
	linked.client, linked.stdout, linked.stderr = client, stdout, stderr
	return chosen.run(ctx, linked)
}

// want is an error if two values differ.
func want[T comparable](what string, expected, got T) error {
	if expected != got {
		return fmt.Errorf("%s: expected %v, got %v", what, expected, got)
	}
	return nil
}
