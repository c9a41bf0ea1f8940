package hub

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// metricsPath is where the Hub counts: beside its API, not in it.
const metricsPath = "../metrics"

// Metrics gives what the Hub counts, as Prometheus would read it, to read. Many
// Hubs give it only to those with the scope read:metrics (ErrRefused).
func (c *Client) Metrics(ctx context.Context, read func(io.Reader) error) error {
	_, err := c.ask(ctx, http.MethodGet, metricsPath, "text/plain", patience, func(_ http.Header, body io.Reader) error {
		return read(body)
	})
	if err != nil {
		return fmt.Errorf("read the Hub's metrics: %w", err)
	}
	return nil
}
