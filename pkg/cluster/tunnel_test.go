package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	_, err := client.OpenGateway(t.Context(), func(context.Context, *cluster.Client) (*corev1.Pod, int, error) {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "binder", Name: "hub"}}, 8081, nil
	})
	if shut, is := errors.AsType[*cluster.TunnelError](err); !is || shut.Pod != "hub" {
		t.Errorf("it is no error of a tunnel: %v", err)
	}
	if !errors.Is(err, cluster.ErrSilent) || !cluster.Unreachable(err) {
		t.Errorf("it says %v", err)
	}
}
