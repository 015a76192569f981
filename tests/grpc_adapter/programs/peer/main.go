// A gRPC server and a gRPC client made with the real library, for the tests of the adapter.
//
//	peer serve NETWORK ADDRESS    serve until stdin ends; with PEER_CERT and PEER_KEY over TLS
//	peer call NETWORK ADDRESS     make calls, one line of JSON each
//	peer certify CERT KEY         write a certificate for localhost like those of go-plugin, and its key
//
// Messages are raw bytes: no generated code is needed.
package main

import (
	"fmt"
	"io"
	"os"
)

// rawCodec passes messages through, as *[]byte.
type rawCodec struct{}

func (rawCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}
func (rawCodec) Name() string { return "raw" }

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: peer serve|call NETWORK ADDRESS, or peer certify CERT KEY")
		os.Exit(2)
	}
	var err error
	switch os.Args[1] {
	case "serve":
		err = serve(os.Args[2], os.Args[3])
	case "call":
		err = call(os.Args[2], os.Args[3])
	case "certify":
		err = certify(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("unknown mode %q", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// waitForEOF returns when the parent has closed our stdin, or is gone.
func waitForEOF() { _, _ = io.Copy(io.Discard, os.Stdin) }
