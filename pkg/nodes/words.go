package nodes

import (
	"strings"
)

// poolName is a pool as an operator reads of it.
func poolName(pool string) string {
	if pool == "" {
		return "the nodes without a pool"
	}
	return "pool " + pool
}

// listed joins names for a sentence.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
