package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// host is the other side of the wire.
type host struct {
	t    *testing.T
	in   *io.PipeWriter
	out  *bufio.Scanner
	done chan error
}

func newHost(t *testing.T) *host {
	s := openAt(t, filepath.Join(t.TempDir(), "kv.log"))
	inReader, in := io.Pipe()
	outReader, out := io.Pipe()
	w := newWire(out, map[string]handler{
		"KeyValue.PutMany": s.handlePutMany, "KeyValue.List": s.handleList, "KeyValue.Get": s.handleGet,
	})
	h := &host{t: t, in: in, out: bufio.NewScanner(outReader), done: make(chan error, 1)}
	go func() { h.done <- w.serve(inReader); out.Close() }()
	return h
}

func (h *host) send(format string, values ...any) {
	h.t.Helper()
	if _, err := fmt.Fprintf(h.in, `{"jsonrpc":"2.0",`+format+"}\n", values...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) expect(parts ...string) {
	h.t.Helper()
	if !h.out.Scan() {
		h.t.Fatal("the wire has ended")
	}
	if !json.Valid(h.out.Bytes()) {
		h.t.Fatal(h.out.Text())
	}
	for _, part := range parts {
		if !strings.Contains(h.out.Text(), part) {
			h.t.Fatalf("%s is not in %s", part, h.out.Text())
		}
	}
}

func (h *host) putTwo() {
	h.send(`"id":1,"method":"KeyValue.PutMany","params":{}`)
	h.expect(`"$/credit"`, `"n":64`)
	for _, key := range []string{"a", "b"} {
		h.send(`"method":"$/data","params":{"id":1,"item":{"key":"%s","value":"v"}}`, key)
		h.expect(`"$/credit"`, `"n":1`)
	}
	h.send(`"method":"$/end","params":{"id":1}`)
	h.expect(`"id":1`, `"count":2`)
}

// Items go out only against credit, in order, and the answer ends the stream.
func TestItemsWaitForCredit(t *testing.T) {
	h := newHost(t)
	h.putTwo()
	h.send(`"id":3,"method":"KeyValue.List","params":{},"meta":{"credit":1}`)
	h.expect(`"$/data"`, `"key":"a"`)
	h.send(`"id":5,"method":"$/ping","params":{}`)
	h.expect(`"id":5`) // nothing came in between: the second item has no credit
	h.send(`"method":"$/credit","params":{"id":3,"n":5}`)
	h.expect(`"$/data"`, `"key":"b"`)
	h.expect(`"id":3`, `"count":2`)
}

// A cancelled call is answered exactly once, with code 1; a cancel for an unknown call is ignored.
func TestCancelIsAnswered(t *testing.T) {
	h := newHost(t)
	h.putTwo()
	h.send(`"id":3,"method":"KeyValue.List","params":{}`)
	h.send(`"method":"$/cancel","params":{"id":99}`)
	h.send(`"method":"$/cancel","params":{"id":3}`)
	h.expect(`"id":3`, `"code":1`)
}

// Wrong params, unknown methods and unknown requests of the protocol are refused by their codes.
func TestWhatIsWrongIsRefused(t *testing.T) {
	h := newHost(t)
	h.send(`"id":1,"method":"KeyValue.Get","params":{"key":7}`)
	h.expect(`"id":1`, `-32602`)
	h.send(`"id":3,"method":"KeyValue.Nope","params":{}`)
	h.expect(`"id":3`, `-32601`)
	h.send(`"id":5,"method":"$/later","params":{}`)
	h.expect(`"id":5`, `-32601`)
	h.send(`"method":"$/later","params":{}`)
	h.send(`"id":7,"method":"$/ping","params":{}`)
	h.expect(`"id":7`, `"result":{}`)
}

// A shutdown is answered when the calls are done; the end of the input ends the wire.
func TestShutdownWaitsForCalls(t *testing.T) {
	h := newHost(t)
	h.send(`"id":1,"method":"KeyValue.PutMany","params":{}`)
	h.expect(`"$/credit"`)
	h.send(`"id":3,"method":"$/shutdown","params":{"grace_ms":1000}`)
	h.send(`"id":5,"method":"KeyValue.Get","params":{"key":"a"}`)
	h.expect(`"id":5`, `"code":14`)
	h.send(`"method":"$/end","params":{"id":1}`)
	h.expect(`"id":1`, `"count":0`)
	h.expect(`"id":3`)
	h.in.Close()
	if err := <-h.done; err != nil {
		t.Fatal(err)
	}
}

// A line above the limit is skipped: a request is refused by its id, and the next line is read as usual.
func TestALineThatIsTooLongIsSkipped(t *testing.T) {
	h := newHost(t)
	h.send(`"id":1,"method":"KeyValue.Get","params":{"key":"%s"}`, strings.Repeat("x", frameLimit))
	h.expect(`"id":1`, `"code":8`)
	h.send(`"id":3,"method":"$/ping","params":{}`)
	h.expect(`"id":3`, `"result":{}`)
}

// An answer above the host's limit is refused on this side, with code 8.
func TestAnAnswerKeepsToTheHostsLimit(t *testing.T) {
	h := newHost(t)
	h.putTwo()
	h.send(`"method":"$/hello","params":{"protocol":1,"limits":{"frame":4096}}`)
	h.send(`"id":3,"method":"KeyValue.Get","params":{"key":"%s"}`, strings.Repeat("x", 5000))
	h.expect(`"id":3`, `"code":8`)
}
