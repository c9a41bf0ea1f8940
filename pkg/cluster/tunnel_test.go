package cluster_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// An API server that takes a request for a tunnel and says nothing is not waited
// for longer than one that says nothing to any other request.
func TestTunnelIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	server := clustertest.Start(t)
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/portforward") {
				<-over
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	client := server.Connect("binder", "50ms", cluster.Options{Now: time.Now})
	_, err := client.OpenTunnel(t.Context(), "binder", "hub", 8081)
	if !errors.Is(err, cluster.ErrSilent) || !cluster.Unreachable(err) {
		t.Errorf("it says %v", err)
	}
}
