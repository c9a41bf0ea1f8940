package plane

import (
	"context"
	"fmt"
	"net"
)

// dialable checks that something listens on a port of this machine.
func dialable(port int) func(context.Context) error {
	return func(ctx context.Context) error {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		return connection.Close()
	}
}
