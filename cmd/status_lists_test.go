package cmd

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// listsOf has the API server note which lists of some resources it is asked for, and
// refuse some paths. What it returns is read when it was asked.
func (b *binder) listsOf(resources []string, forbidden ...string) func() []string {
	var mu sync.Mutex
	lists := []string{}
	b.cluster.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := r.URL.Path
			if slices.Contains(resources, path[strings.LastIndexByte(path, '/')+1:]) {
				mu.Lock()
				lists = append(lists, strings.TrimSuffix(path+" "+r.URL.Query().Get("labelSelector"), " "))
				mu.Unlock()
			}
			if slices.Contains(forbidden, path) {
				clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("things"), "", nil))
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(slices.Values(lists))
	}
}

// TestStatusReadsOnce holds that one look reads each list once, whoever needs it, and
// users' pods alone a second time, after the Hub was asked. An operator with fewer
// rights sees what they may. (There is no BinderHub here, so of launches too little is
// known.)
func TestStatusReadsOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		forbidden []string
		lists     []string
		unknown   []string
	}{
		"who may read all": {
			lists: []string{
				"/api/v1/events", "/api/v1/namespaces/binder/pods component=hub", "/api/v1/namespaces/binder/pods component=singleuser-server",
				"/api/v1/nodes", "/api/v1/pods",
			},
			unknown: []string{"launches"},
		},
		"who may read the namespace": {
			forbidden: []string{"/api/v1/pods", "/api/v1/namespaces", "/api/v1/nodes", "/api/v1/events"},
			lists: []string{
				"/api/v1/events", "/api/v1/namespaces/binder/pods", "/api/v1/namespaces/binder/pods component=hub",
				"/api/v1/namespaces/binder/pods component=singleuser-server", "/api/v1/nodes",
				"/api/v1/pods", "/api/v1/pods", // as a stream, and as a page
			},
			unknown: []string{"launches", "capacity", "nodes", "crashloops"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBinder(t, "a", "b")
			b.cluster.AddNode(clustertest.Node("node-1", ""))
			lists := b.listsOf([]string{"pods", "nodes", "events"}, test.forbidden...)
			call := b.run(t.Context(), "status", "-o", "json", "--binder-url", b.hub.URL).exits(exitOK)
			var doc struct{ Checks []statusLine }
			if err := json.Unmarshal([]byte(call.stdout), &doc); err != nil {
				t.Fatal(err)
			}
			unknown := []string{}
			for _, line := range doc.Checks {
				if line.State == stateUnknown {
					unknown = append(unknown, line.Name)
				}
			}
			if diff := cmp.Diff(test.lists, lists()); diff != "" {
				t.Errorf("lists: %s", diff)
			}
			if diff := cmp.Diff(test.unknown, unknown); diff != "" {
				t.Errorf("unknown: %s", diff)
			}
		})
	}
}
