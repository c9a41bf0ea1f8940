package main

import (
	"crypto/rand"
	"sync/atomic"
)

// sameName has a KWOK that was started anew call itself as the one before it, for
// whom the nodes' leases still hold. With a name of its own it would wait until
// they expire. And it looks at a node's pods as soon as it has written its name
// into the lease, but leaves them alone if it reads the old one once more: what
// was to become of them then never happens.
//
// KWOK makes up its name from the machine's and the first UUID of the process, the
// randomness of which is this. All later ones are random.
type sameName struct{ told atomic.Bool }

func (n *sameName) Read(p []byte) (int, error) {
	if n.told.Swap(true) {
		return rand.Read(p)
	}
	clear(p)
	return len(p), nil
}
