package hub

import (
	"context"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Options say how to reach a Hub. With none of them it is found from the
// cluster alone: the token in the Hub's Secret, the Hub behind its Service,
// through a tunnel.
type Options struct {
	URL      string // of the Hub, with or without /hub/api; "" is the Hub of the client's namespace
	Token    string // "" is the one in the Secret
	Secret   string // its name; "" is "hub", or the one that looks like it
	TokenKey string // in the Secret; "" is the first that is known to hold one
}

// Connect reaches the Hub of the client's namespace. Close ends what it opens.
func Connect(ctx context.Context, c *cluster.Client, opts Options) (*Client, error) {
	panic("to be written")
}

// Close ends the tunnel, if there is one.
func (c *Client) Close() error { return c.close() }
