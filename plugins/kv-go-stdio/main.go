// Command kv-go-stdio is a Polyhost plugin: a durable key-value store, the interface KeyValue, in Go without a library.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const help = `kv-go-stdio is a Polyhost plugin: a durable key-value store.
It is started by a host and speaks with it over stdin and stdout. To try it:

    polyhost call --folder plugins/kv-go-stdio KeyValue.Put key=city value=Zürich
`

var hello = map[string]any{
	"protocol":   []int{1, 1},
	"name":       "kv-go-stdio",
	"version":    "1.0.0",
	"interfaces": map[string]string{"KeyValue": "1.4"},
	"features":   []string{"async", "cancel", "streams"},
	"limits":     map[string]int{"frame": frameLimit, "inflight": 64},
}

// pair is an item of PutMany, and what Put writes.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func main() {
	if os.Getenv("POLYHOST_PLUGIN") == "" {
		fmt.Fprint(os.Stderr, help)
		os.Exit(2)
	}
	out := os.Stdout
	os.Stdout = os.Stderr // a stray print must not reach the wire
	if len(os.Args) > 1 && os.Args[1] == "--describe" {
		json.NewEncoder(out).Encode(hello)
		return
	}
	if err := run(out); err != nil {
		fmt.Fprintln(os.Stderr, "kv-go-stdio:", err)
		os.Exit(1)
	}
}

func run(out *os.File) error {
	data := os.Getenv("POLYHOST_DATA_DIR")
	if data == "" {
		return errors.New("there is no data folder; the host gives one in POLYHOST_DATA_DIR")
	}
	s, err := openStore(filepath.Join(data, "kv.log"))
	if err != nil {
		return err
	}
	w := newWire(out, map[string]handler{
		"KeyValue.Get":     s.handleGet,
		"KeyValue.Put":     s.handlePut,
		"KeyValue.PutMany": s.handlePutMany,
		"KeyValue.Delete":  s.handleDelete,
		"KeyValue.List":    s.handleList,
		"KeyValue.Stats":   s.handleStats,
	})
	if err := w.notify("$/hello", hello); err != nil {
		return err
	}
	return w.serve(os.Stdin)
}

func (s *store) handleGet(c *call) (any, error) {
	var params pair
	if err := decodeKey(c.params, &params); err != nil {
		return nil, err
	}
	found, ok := s.get(params.Key)
	if !ok {
		return nil, &callError{
			Code: notFound, Name: "KeyNotFound", Message: fmt.Sprintf("there is no key \"%s\"", params.Key),
			Data: map[string]string{"key": params.Key}, Retryable: new(bool),
		}
	}
	return found, nil
}

func (s *store) handlePut(c *call) (any, error) {
	var params struct {
		pair
		IfRevision *int64 `json:"ifRevision"`
	}
	if err := decode(c.params, &params); err != nil {
		return nil, err
	}
	if err := params.check(); err != nil {
		return nil, err
	}
	revision, err := s.put([]pair{params.pair}, params.IfRevision)
	var other conflict
	if errors.As(err, &other) {
		return nil, &callError{
			Code: failedPrecondition, Name: "RevisionConflict", Retryable: new(bool),
			Message: fmt.Sprintf("\"%s\" has revision %d, not %d", params.Key, other.revision, *params.IfRevision),
			Data:    map[string]int64{"revision": other.revision},
		}
	}
	return map[string]int64{"revision": revision}, err
}

func (s *store) handlePutMany(c *call) (any, error) {
	var pairs []pair
	err := c.each(func(item json.RawMessage) error {
		var p pair
		if err := decodeKey(item, &p); err != nil {
			return err
		}
		pairs = append(pairs, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = s.put(pairs, nil)
	return map[string]int{"count": len(pairs)}, err
}

func (s *store) handleDelete(c *call) (any, error) {
	var params pair
	if err := decodeKey(c.params, &params); err != nil {
		return nil, err
	}
	deleted, err := s.remove(params.Key)
	return map[string]bool{"deleted": deleted}, err
}

func (s *store) handleList(c *call) (any, error) {
	params := struct {
		Prefix string `json:"prefix"`
		Limit  *int   `json:"limit"`
		Values *bool  `json:"values"`
	}{}
	if err := decode(c.params, &params); err != nil {
		return nil, err
	}
	count := 0
	for _, key := range s.keys(params.Prefix) {
		if params.Limit != nil && count == *params.Limit {
			break
		}
		e, found := s.get(key)
		if !found {
			continue // deleted meanwhile
		}
		item := map[string]any{"key": key, "revision": e.Revision}
		if params.Values == nil || *params.Values {
			item["value"] = e.Value
		}
		if err := c.yield(item); err != nil {
			return nil, err
		}
		count++
	}
	return map[string]int{"count": count}, nil
}

func (s *store) handleStats(*call) (any, error) {
	keys, size, revision := s.statistics()
	return map[string]any{"keys": keys, "bytes": size, "revision": revision}, nil
}

// decodeKey reads something with a key. The host has checked it against the interface unless validation is off.
func decodeKey(raw json.RawMessage, target *pair) error {
	if err := decode(raw, target); err != nil {
		return err
	}
	return target.check()
}

func (p *pair) check() error {
	if p.Key == "" {
		return &callError{Code: invalidParams, Message: "key must be a non-empty string"}
	}
	return nil
}
