package nodes

import (
	"context"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Survey is List and FindUnhealthy from one look at the cluster, for who wants
// both.
func Survey(ctx context.Context, c *cluster.Client, maxNodes int) (Listing, Findings, error) {
	s, err := look(ctx, c, true)
	if err != nil {
		return Listing{}, Findings{}, err
	}
	s.listenAgain(ctx, c)
	return s.listing(maxNodes), s.findings(), nil
}
