package plane

import (
	"context"
	"fmt"
	"net"
)

// ports are those that the components listen on, all on 127.0.0.1.
type ports struct {
	etcd, etcdPeer, server, controllers, scheduler, kwok, hub, proxy, hubControl int
	binder, public, binderControl, redirector, member                            int
}

// pickPorts asks the system for ports that are free now. Another program may
// take one before its component does; Up then begins again with others.
func pickPorts(ctx context.Context) (ports, error) {
	var picked ports
	for _, port := range []*int{
		&picked.etcd, &picked.etcdPeer, &picked.server, &picked.controllers, &picked.scheduler, &picked.kwok, &picked.hub, &picked.proxy, &picked.hubControl,
		&picked.binder, &picked.public, &picked.binderControl, &picked.redirector, &picked.member,
	} {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("pick a port: %w", err)
		}
		// Held until all are picked, so that each is another.
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return picked, nil
}
