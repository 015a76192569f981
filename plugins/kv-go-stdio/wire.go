package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Codes of the protocol: three of JSON-RPC's, else gRPC's.
const (
	invalidParams      = -32602
	methodNotFound     = -32601
	cancelled          = 1
	deadlineExceeded   = 4
	notFound           = 5
	resourceExhausted  = 8
	failedPrecondition = 9
	internal           = 13
	unavailable        = 14
)

const (
	frameLimit   = 4 << 20 // bytes of a line; the protocol's default
	headSize     = 64      // bytes of a line that is too long, from which its id is read
	streamWindow = 64      // items the caller may be ahead
)

// callError is what a handler answers with when it fails.
type callError struct {
	Code      int    `json:"code"`
	Name      string `json:"name,omitempty"`
	Message   string `json:"message"`
	Data      any    `json:"data,omitempty"`
	Retryable *bool  `json:"retryable,omitempty"`
}

func (e *callError) Error() string { return e.Message }

// message is any line of the protocol.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      uint32          `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Meta    struct {
		TimeoutMS int64 `json:"timeout_ms"`
		Credit    int64 `json:"credit"`
	} `json:"meta"`
}

// handler serves one method; what it returns is the result.
type handler func(*call) (any, error)

// call is one request under way.
type call struct {
	context.Context
	wire   *wire
	id     uint32
	params json.RawMessage
	cancel context.CancelFunc

	credit atomic.Int64         // how many items may be sent to the caller
	more   chan struct{}        // wakes who waits for credit
	items  chan json.RawMessage // what the caller sends; closed at its end
	ended  bool                 // the end has come; only the reading goroutine touches it
}

// wire speaks JSON lines with the host: it reads in one goroutine and runs each call in one of its own.
type wire struct {
	handlers map[string]handler
	out      io.Writer
	outMu    sync.Mutex
	limit    atomic.Int64 // what the host takes, in bytes of a line

	mu      sync.Mutex
	calls   map[uint32]*call
	closing bool
	running sync.WaitGroup
}

func newWire(out io.Writer, handlers map[string]handler) *wire {
	w := &wire{handlers: handlers, out: out, calls: map[uint32]*call{}}
	w.limit.Store(frameLimit)
	return w
}

// send writes one line in one write.
func (w *wire) send(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if int64(len(line)) > w.limit.Load() {
		return &callError{Code: resourceExhausted, Message: fmt.Sprintf("a message of %d bytes is too large", len(line))}
	}
	w.outMu.Lock()
	defer w.outMu.Unlock()
	_, err = w.out.Write(append(line, '\n'))
	return err
}

func (w *wire) notify(method string, params any) error {
	return w.send(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// reply is an answer; its order makes the id readable in the head of a line that is too long for the host.
type reply struct {
	Version string     `json:"jsonrpc"`
	ID      uint32     `json:"id"`
	Result  any        `json:"result,omitempty"`
	Error   *callError `json:"error,omitempty"`
}

func (w *wire) answer(id uint32, result any, err error) {
	line := reply{Version: "2.0", ID: id, Result: result}
	if err != nil {
		line = reply{Version: "2.0", ID: id, Error: asCallError(err)}
	}
	if err := w.send(line); err != nil {
		// The only answer that can still be given; if the host is gone, this fails as well and does no harm.
		w.send(reply{Version: "2.0", ID: id, Error: asCallError(err)})
	}
}

func asCallError(err error) *callError {
	var known *callError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return &callError{Code: deadlineExceeded, Message: "the deadline passed"}
	case errors.Is(err, context.Canceled):
		return &callError{Code: cancelled, Message: "the call was cancelled"}
	}
	return &callError{Code: internal, Message: err.Error()}
}

// serve reads until the end of the input, which ends every call.
func (w *wire) serve(in io.Reader) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer w.running.Wait()
	defer cancel()
	lines := bufio.NewReaderSize(in, 64<<10)
	for {
		line, size, err := readLine(lines)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if size > frameLimit {
			w.refuse(line, size)
			continue
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("the host sent a line that is no message: %w", err)
		}
		w.receive(ctx, &m)
	}
}

// readLine reads one line into memory of its own. Of one that is too long it keeps the head; one that the end of the
// input cuts off is none.
func readLine(lines *bufio.Reader) (line []byte, size int, err error) {
	for {
		part, err := lines.ReadSlice('\n')
		size += len(part)
		if size <= frameLimit+1 {
			line = append(line, part...)
		} else {
			line = line[:headSize]
		}
		if err == nil {
			return line, size - 1, nil
		}
		if err != bufio.ErrBufferFull {
			return nil, 0, err
		}
	}
}

var idOfRequest = regexp.MustCompile(`"id":\s*([0-9]{1,10}),\s*"method"`)

// refuse answers a request that is too long, if its head says which one it is.
func (w *wire) refuse(head []byte, size int) {
	text := fmt.Sprintf("a message of %d bytes is too large; stream larger data", size)
	found := idOfRequest.FindSubmatch(head)
	if found == nil {
		fmt.Fprintln(os.Stderr, text)
		return
	}
	id, _ := strconv.ParseUint(string(found[1]), 10, 32) // digits, by the expression
	w.answer(uint32(id), nil, &callError{Code: resourceExhausted, Message: text})
}

func (w *wire) receive(ctx context.Context, m *message) {
	switch {
	case m.Method == "$/ping":
		w.answer(m.ID, struct{}{}, nil)
	case m.Method == "$/shutdown":
		w.mu.Lock()
		w.closing = true
		w.mu.Unlock()
		go func() {
			w.running.Wait()
			w.answer(m.ID, struct{}{}, nil)
		}()
	case m.Method != "" && m.ID == 0:
		w.receiveNotification(m)
	case m.Method != "":
		w.start(ctx, m)
	}
}

func (w *wire) start(ctx context.Context, m *message) {
	handle, known := w.handlers[m.Method]
	w.mu.Lock()
	defer w.mu.Unlock()
	if !known {
		go w.answer(m.ID, nil, &callError{Code: methodNotFound, Message: "there is no method " + m.Method})
		return
	}
	if w.closing {
		go w.answer(m.ID, nil, &callError{Code: unavailable, Message: "the plugin is stopping"})
		return
	}
	c := &call{
		wire: w, id: m.ID, params: m.Params,
		more: make(chan struct{}, 1), items: make(chan json.RawMessage, streamWindow),
	}
	c.credit.Store(m.Meta.Credit)
	if m.Meta.TimeoutMS > 0 {
		c.Context, c.cancel = context.WithTimeout(ctx, time.Duration(m.Meta.TimeoutMS)*time.Millisecond)
	} else {
		c.Context, c.cancel = context.WithCancel(ctx)
	}
	w.calls[m.ID] = c
	w.running.Add(1)
	go func() {
		defer w.running.Done()
		defer c.cancel()
		result, err := handle(c)
		w.mu.Lock()
		delete(w.calls, m.ID)
		w.mu.Unlock()
		w.answer(m.ID, result, err)
	}()
}

func (w *wire) receiveNotification(m *message) {
	var about struct {
		ID   uint32          `json:"id"`
		N    int64           `json:"n"`
		Item json.RawMessage `json:"item"`

		Limits struct {
			Frame int64 `json:"frame"`
		} `json:"limits"`
	}
	if json.Unmarshal(m.Params, &about) != nil {
		return // not one that this plugin knows
	}
	if m.Method == "$/hello" && about.Limits.Frame > 0 {
		w.limit.Store(about.Limits.Frame)
		return
	}
	w.mu.Lock()
	c := w.calls[about.ID]
	w.mu.Unlock()
	if c == nil {
		return // it came too late
	}
	switch m.Method {
	case "$/cancel":
		c.cancel()
	case "$/credit":
		c.credit.Add(about.N)
		select {
		case c.more <- struct{}{}:
		default: // it is awake already
		}
	case "$/data":
		if c.ended {
			return
		}
		select {
		case c.items <- about.Item: // never full: the caller has no more credit than there is room
		case <-c.Done():
		}
	case "$/end":
		if !c.ended {
			c.ended = true
			close(c.items)
		}
	}
}

// yield sends one item of the result stream; it waits for credit.
func (c *call) yield(item any) error {
	for c.credit.Load() <= 0 {
		select {
		case <-c.more:
		case <-c.Done():
			return c.Err()
		}
	}
	c.credit.Add(-1)
	return c.wire.notify("$/data", map[string]any{"id": c.id, "item": item})
}

// each takes the caller's items until its end.
func (c *call) each(take func(json.RawMessage) error) error {
	if err := c.wire.notify("$/credit", map[string]any{"id": c.id, "n": streamWindow}); err != nil {
		return err
	}
	for {
		select {
		case item, more := <-c.items:
			if !more {
				return nil
			}
			if err := take(item); err != nil {
				return err
			}
			if err := c.wire.notify("$/credit", map[string]any{"id": c.id, "n": 1}); err != nil {
				return err
			}
		case <-c.Done():
			return c.Err()
		}
	}
}

// decode reads the params, or an item, into target.
func decode(raw json.RawMessage, target any) error {
	if err := json.Unmarshal(raw, target); err != nil {
		return &callError{Code: invalidParams, Message: err.Error()}
	}
	return nil
}
