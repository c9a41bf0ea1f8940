package cluster_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// In a merge patch a null takes a whole map away: a change that says nothing of
// annotations does not mention them.
func TestChangeNodeLeavesAnnotationsAlone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		annotations map[string]*string
		mentioned   bool
	}{
		"none":    {nil, false},
		"empty":   {map[string]*string{}, false},
		"one set": {map[string]*string{"a": new("b")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := clustertest.Start(t)
			server.AddNode(clustertest.Node("a", ""))
			mentioned := false
			server.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					mentioned = bytes.Contains(body, []byte("annotations"))
					r.Body = io.NopCloser(bytes.NewReader(body))
					next.ServeHTTP(w, r)
				})
			})
			node, err := server.Client("").ChangeNode(t.Context(), "a", "uid-of-a", server.Node("a").ResourceVersion, cluster.NodeChange{Unschedulable: true, Annotations: tc.annotations})
			if err != nil || mentioned != tc.mentioned || !node.Spec.Unschedulable {
				t.Errorf("annotations mentioned: %v, node %v, %v", mentioned, node, err)
			}
		})
	}
}
