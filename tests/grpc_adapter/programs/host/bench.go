package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"polyhost.dev/tests/programs/proto/streamspb"
)

const (
	warmUp     = 200
	measured   = 3 * time.Second
	concurrent = 16
	echoBytes  = 64
)

// bench measures unary echo calls, one at a time and several at once, and prints calls a second as JSON.
func bench(ctx context.Context, l *link) error {
	client := streamspb.NewStreamsClient(l.connection)
	blob := &streamspb.Blob{Data: make([]byte, echoBytes)}
	for range warmUp {
		if _, err := client.Echo(ctx, blob); err != nil {
			return err
		}
	}
	one := rate(ctx, client, blob, 1)
	many := rate(ctx, client, blob, concurrent)
	fmt.Printf("{\"sequential\": %.0f, \"concurrent_%d\": %.0f}\n", one, concurrent, many)
	return ctx.Err()
}

func rate(ctx context.Context, client streamspb.StreamsClient, blob *streamspb.Blob, workers int) float64 {
	counts := make(chan int, workers)
	var group sync.WaitGroup
	begin := time.Now()
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			count := 0
			for ; time.Since(begin) < measured; count++ {
				if _, err := client.Echo(ctx, blob); err != nil {
					break
				}
			}
			counts <- count
		}()
	}
	group.Wait()
	elapsed := time.Since(begin).Seconds()
	close(counts)
	total := 0
	for count := range counts {
		total += count
	}
	return float64(total) / elapsed
}
