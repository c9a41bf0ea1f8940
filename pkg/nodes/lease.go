package nodes

import (
	"context"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// leaseDuration is after how long without a renewal a node is taken for dead
// (Kubernetes' default); a kubelet renews its lease every quarter of it.
const leaseDuration = 40 * time.Second

// leaseSink keeps when each node's lease was renewed.
type leaseSink struct{ renewed map[string]time.Time }

// Reset forgets what was read.
func (s *leaseSink) Reset() { s.renewed = map[string]time.Time{} }

// Add takes in a lease.
func (s *leaseSink) Add(lease *coordinationv1.Lease) {
	if lease.Spec.RenewTime != nil {
		s.renewed[lease.Name] = lease.Spec.RenewTime.UTC()
	}
}

// silent reports whether the kubelet of a node that says Ready had not renewed
// its lease for too long when the leases were read.
func (s *snapshot) silent(n *Node) bool {
	return n.Ready && n.Renewed != nil && s.heard.Sub(*n.Renewed) > leaseDuration && !s.renewing[n.Name]
}

// listenAgain reads the leases once more if some look late. The time in a lease
// is by its node's clock, which may be slow; but whoever renewed it meanwhile is
// not silent. If that fails, what was read first stands.
func (s *snapshot) listenAgain(ctx context.Context, c *cluster.Client) {
	if !slices.ContainsFunc(s.nodes, func(n Node) bool { return s.silent(&n) }) {
		return
	}
	var again leaseSink
	if err := c.ReadNodeLeases(ctx, &again); err != nil {
		return
	}
	renewing := map[string]bool{}
	for i := range s.nodes {
		n := &s.nodes[i]
		if at, ok := again.renewed[n.Name]; ok && s.silent(n) && at.After(*n.Renewed) {
			n.Renewed, renewing[n.Name] = &at, true
		}
	}
	s.renewing = renewing
}
