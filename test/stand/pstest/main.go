// Pub/Sub's test server, which Google publishes for Go, as a process: it says its address on stdout, once it serves.
package main

import (
	"fmt"
	"os"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	server := pstest.NewServerWithAddress(os.Args[1])
	fmt.Println(server.Addr)
	select {}
}
