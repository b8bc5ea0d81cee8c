// Four routines that never stop asking, through the pool of docs/runtimes/go.md. Ends with its stdin.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

type result struct {
	Queries int                 `json:"queries"`
	Failed  int                 `json:"failed"`
	Errors  []string            `json:"errors"`
	Logins  map[string][]string `json:"logins"`
}

func main() {
	pool, err := newPool(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "no pool")
		os.Exit(1)
	}
	counts := result{Errors: []string{}, Logins: map[string][]string{"pgx": {}}}
	var lock sync.Mutex
	var running sync.WaitGroup
	over := make(chan struct{})
	for range 4 {
		running.Add(1)
		go func() {
			defer running.Done()
			for {
				select {
				case <-over:
					return
				case <-time.After(10 * time.Millisecond):
				}
				var login string
				err := pool.QueryRow(context.Background(), "select session_user::text").Scan(&login)
				lock.Lock()
				counts.Queries++
				seen := counts.Logins["pgx"]
				if err != nil {
					counts.Failed++
					counts.Errors = append(counts.Errors, fmt.Sprintf("%T", err))
				} else if len(seen) == 0 || seen[len(seen)-1] != login {
					counts.Logins["pgx"] = append(seen, login)
				}
				lock.Unlock()
			}
		}()
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	close(over)
	running.Wait()
	pool.Close()
	json.NewEncoder(os.Stdout).Encode(counts)
}
