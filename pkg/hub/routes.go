package hub

import (
	"context"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// ProxyRoutes asks configurable-http-proxy, with its own token from the Hub's
// Secret and through a tunnel of its own, for the servers that it leads to: the
// keys of the routes that belong to a user's server.
func ProxyRoutes(ctx context.Context, c *cluster.Client, opts Options) (map[Key]bool, error) {
	panic("to be written")
}

// ReadSettings reads how the Hub was deployed, from the chart's values in its
// Secret. Where there are none, the Defaults are returned and Read is false.
func ReadSettings(ctx context.Context, c *cluster.Client, opts Options) (Settings, error) {
	panic("to be written")
}
