package nodes

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// refusePods has every list of pods refused from now on.
func refusePods(server *clustertest.Server) {
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pods") {
				clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no")))
				return
			}
			next.ServeHTTP(w, r)
		})
	})
}

// A node whose pods cannot be read again is not drained, whatever was planned for
// it, and is not called so.
func TestDrainOfANodeThatCannotBeReadAgain(t *testing.T) {
	t.Parallel()
	const why = "its pods could not be read again: list pods in all namespaces: pods is forbidden: no"
	for name, pods := range map[string][]*corev1.Pod{
		"with a plan for its pods": {podOn("a", "Deployment", "x", "x"), userOn("a", "user", 0)},
		"without any":              {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, plan := drainable(t, policy(UsersWait), pods...)
			refusePods(server)
			report := run(t, client, plan, quick())
			want := []string{}
			for _, t := range plan.Pods {
				want = append(want, t.Name+": not tried: "+why)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, podReport(report.Pods)); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"a: cordoned, not drained: " + why}, nodeReport(report.Nodes)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			if report.Nodes[0].Result.Fine() {
				t.Error("a node that was not drained is called fine")
			}
		})
	}
}
