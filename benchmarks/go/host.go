package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin"
)

const (
	// warmShare and warmCalls are those of the subjects in Python.
	warmShare = 0.25
	warmCalls = 3

	// Up to here a payload is a text, as for the subjects in Python.
	kib = 1024
)

// work is one piece of work, as the benchmarks write it; see benchmarks/_works.py.
type work struct {
	Payload int     `json:"payload"`
	Callers int     `json:"callers"`
	Gap     float64 `json:"gap"`
	Seconds float64 `json:"seconds"`
}

// sample is what came out; times in seconds.
type sample struct {
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Rate  float64 `json:"rate"`
	Calls int     `json:"calls"`
}

// host starts a plugin as go-plugin does it and works until stdin ends.
func host(how string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	config := &plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          plugin.PluginSet{"echo": echo{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SyncStderr:       os.Stderr,
		Logger:           logger(),
	}
	switch how {
	case "grpc":
		config.AutoMTLS = true
		config.Cmd = exec.Command(program, "plugin")
	case "grpc-plain":
		config.Cmd = exec.Command(program, "plugin")
	case "netrpc":
		config.AllowedProtocols = []plugin.Protocol{plugin.ProtocolNetRPC}
		config.Cmd = exec.Command(program, "netrpc")
	default:
		return fmt.Errorf("there is no %q, only grpc, grpc-plain and netrpc", how)
	}
	client := plugin.NewClient(config)
	defer client.Kill()
	connection, err := client.Client()
	if err != nil {
		return err
	}
	dispensed, err := connection.Dispense("echo")
	if err != nil {
		return err
	}
	return workAll(dispensed.(echoer))
}

func workAll(plugin echoer) error {
	lines := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		var next work
		if err := lines.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		done, err := do(plugin, next)
		if err != nil {
			return err
		}
		if err := answers.Encode(done); err != nil {
			return err
		}
	}
}

// do makes sure once that the plugin does the work at all, then measures it.
func do(plugin echoer, next work) (sample, error) {
	var call func() error
	if next.Payload <= kib {
		text := strings.Repeat("x", next.Payload)
		if answer, err := plugin.Text(text); err != nil || answer != text {
			return sample{}, errors.Join(err, errors.New("the answer is not what was sent"))
		}
		call = func() error {
			_, err := plugin.Text(text)
			return err
		}
	} else {
		data := make([]byte, next.Payload)
		for index := range data {
			data[index] = byte(index)
		}
		if answer, err := plugin.Blob(data); err != nil || !bytes.Equal(answer, data) {
			return sample{}, errors.Join(err, errors.New("the answer is not what was sent"))
		}
		call = func() error {
			_, err := plugin.Blob(data)
			return err
		}
	}
	runtime.GC()
	if _, err := run(call, next, next.Seconds*warmShare); err != nil {
		return sample{}, err
	}
	return measure(call, next)
}

func measure(call func() error, next work) (sample, error) {
	var group sync.WaitGroup
	taken := make([][]time.Duration, next.Callers)
	failures := make([]error, next.Callers)
	began := time.Now()
	for caller := range next.Callers {
		group.Add(1)
		go func() {
			defer group.Done()
			taken[caller], failures[caller] = run(call, next, next.Seconds)
		}()
	}
	group.Wait()
	lasted := time.Since(began)
	if err := errors.Join(failures...); err != nil {
		return sample{}, err
	}
	all := slices.Concat(taken...)
	slices.Sort(all)
	return sample{
		P50:   all[len(all)/2].Seconds(),
		P99:   all[min(len(all)-1, len(all)*99/100)].Seconds(),
		Rate:  float64(len(all)) / lasted.Seconds(),
		Calls: len(all),
	}, nil
}

// run calls for a while and returns how long each call took.
func run(call func() error, next work, seconds float64) (durations []time.Duration, err error) {
	gap := duration(next.Gap)
	until := time.Now().Add(duration(seconds))
	for len(durations) < warmCalls || time.Now().Before(until) {
		started := time.Now()
		if err := call(); err != nil {
			return nil, err
		}
		ended := time.Now()
		durations = append(durations, ended.Sub(started))
		for gap > 0 && time.Since(ended) < gap { // busy: sleeping would cost much more than the gap
		}
	}
	return durations, nil
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}
