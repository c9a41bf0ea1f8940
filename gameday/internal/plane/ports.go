package plane

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// ports are those that the components listen on, all on 127.0.0.1.
type ports struct {
	etcd, etcdPeer, server, controllers, scheduler, kwok, hub, proxy, hubControl int
	binder, public, binderControl, redirector, member                            int
}

// The ports that are picked are below those from which the system takes one for
// each connection that is made (Linux from 32768, macOS from 49152): a game day makes
// thousands, and one of them may have the port when its component wants it.
const (
	lowestPort  = 12000
	highestPort = 32767
	portTries   = 100
)

// pickPorts finds ports that are free now. Another program may take one before its
// component does; Up then begins again with others.
func pickPorts(ctx context.Context) (ports, error) {
	var picked ports
	for _, port := range []*int{
		&picked.etcd, &picked.etcdPeer, &picked.server, &picked.controllers, &picked.scheduler, &picked.kwok, &picked.hub, &picked.proxy, &picked.hubControl,
		&picked.binder, &picked.public, &picked.binderControl, &picked.redirector, &picked.member,
	} {
		listener, err := listen(ctx)
		if err != nil {
			return ports{}, fmt.Errorf("pick a port: %w", err)
		}
		// Held until all are picked, so that each is another.
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return picked, nil
}

// listen listens on a port that is free.
func listen(ctx context.Context) (net.Listener, error) {
	var taken error
	for range portTries {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return listener, nil
		}
		taken = err
	}
	return nil, taken
}
