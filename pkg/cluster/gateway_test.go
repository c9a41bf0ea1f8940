package cluster

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
)

// A gateway that is closed while it looks for its pod does not go on looking, and
// does not begin again when somebody still dials.
func TestClosedGatewayOpensNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		g := newGateway(nil, func(ctx context.Context, _ *Client) (*corev1.Pod, int, error) {
			looks++
			<-ctx.Done() // an API server that hangs
			return nil, 0, context.Cause(ctx)
		})
		dialed := make(chan error)
		go func() {
			_, err := g.Dial(context.WithoutCancel(t.Context()), "tcp", "hub:8081")
			dialed <- err
		}()
		synctest.Wait()
		go func() { _ = g.Close() }()
		if err := <-dialed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("it was closed, and dialing says %v", err)
		}
		if _, err := g.Dial(t.Context(), "tcp", "hub:8081"); !errors.Is(err, net.ErrClosed) || looks != 1 {
			t.Errorf("it is closed; dialing looked %d times, and says %v", looks, err)
		}
	})
}
