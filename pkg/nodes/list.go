package nodes

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Listing is what a look at the nodes brought.
type Listing struct {
	At       time.Time // by the API server's clock
	Nodes    []Node    // in no order
	Headroom Headroom
	Forecast *Forecast // nil if there is too little to say
	Missing  []Missing // lists that could not be read
	Unseen   []string  // namespaces whose pods may not be read: there is less room than it seems
}

// PodsKnown reports whether pods could be read. If not, nothing is known of how
// full the nodes are.
func (l *Listing) PodsKnown() bool {
	for _, m := range l.Missing {
		if m.List == podList {
			return false
		}
	}
	return true
}

// List reads the nodes with what is on them, and counts the room for more users;
// maxNodes is how many nodes for users the autoscaler may have, 0 if that is not
// known.
func List(ctx context.Context, c *cluster.Client, maxNodes int) (Listing, error) {
	s, err := look(ctx, c, false)
	if err != nil {
		return Listing{}, err
	}
	return s.listing(maxNodes), nil
}

func (s *snapshot) listing(maxNodes int) Listing {
	headroom := s.headroom(maxNodes)
	return Listing{
		At: s.now, Nodes: s.nodes, Headroom: headroom, Forecast: s.forecast(headroom),
		Missing: s.missing, Unseen: s.unseen,
	}
}

// Labels are the node's labels.
func (n *Node) Labels() map[string]string { return n.object.Labels }

// Order is a way to sort a list of nodes.
type Order string

// The orders there are. Each falls back on the name.
const (
	ByName  Order = "name"
	ByUsers Order = "users" // most first
	ByAge   Order = "age"   // oldest first
	ByFree  Order = "free"  // most room first
)

// Orders lists the orders, for help and completion.
func Orders() []Order { return []Order{ByName, ByUsers, ByAge, ByFree} }

// Compare says which of two nodes comes first.
func (by Order) Compare(a, b *Node) int {
	return cmp.Or(by.compare(a, b), strings.Compare(a.Name, b.Name))
}

func (by Order) compare(a, b *Node) int {
	switch by {
	case ByUsers:
		return cmp.Compare(b.Users, a.Users)
	case ByAge:
		return a.Created.Compare(b.Created)
	case ByFree:
		return cmp.Compare(b.Free, a.Free)
	default:
		return 0
	}
}
