package cmd

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/hub"
)

// A Hub that goes while others wait for room does not come back.
func TestRestartLooksForRoom(t *testing.T) {
	t.Parallel()
	requesting := func(memory string) func(*corev1.Pod) {
		return func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}
		}
	}
	queue := func(b *binder) {
		for _, user := range []string{"waits", "waits-too"} {
			b.pod(user, time.Minute)
			b.cluster.Update("binder", user, func(pod *corev1.Pod) {
				pod.Status.Phase, pod.Spec.NodeName = corev1.PodPending, ""
				requesting("30Gi")(pod)
			})
		}
	}
	for name, test := range map[string]struct {
		make  func(*binder)
		says  string // "" is nothing about room
		grave bool
	}{
		"nobody waits": {make: func(*binder) {}},
		"others wait": {
			make: queue, grave: true,
			says: "2 pods in the queue may take what this one leaves, and no other node has any to spare; first make room until none waits, as with binderctl pods cull --older-than 6h",
		},
		"others wait, and another node has room": {make: func(b *binder) {
			queue(b)
			b.cluster.AddNode(clustertest.Node("b", ""))
			b.cluster.AddNode(clustertest.Node("c", ""))
		}},
		"its node is cordoned": {
			make:  func(b *binder) { b.cluster.UpdateNode("a", func(node *corev1.Node) { node.Spec.Unschedulable = true }) },
			grave: true, says: "node a is closed to it or full, and so is every other that it may go to",
		},
		"it is on no node": {make: func(b *binder) {
			queue(b)
			b.cluster.Update("binder", "hub-5d8b", func(pod *corev1.Pod) { pod.Spec.NodeName = "" })
		}},
		"nodes may not be read": {make: func(b *binder) {
			queue(b)
			b.cluster.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasPrefix(r.URL.Path, "/api/v1/nodes") {
						clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("nodes"), "", nil))
						return
					}
					next.ServeHTTP(w, r)
				})
			})
		}, says: "whether the next hub pod finds room is not known: list nodes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBinder(t, "a")
			b.cluster.AddNode(clustertest.Node("a", ""))
			b.cluster.Update("binder", "hub-5d8b", func(pod *corev1.Pod) {
				pod.Spec.NodeName = "a"
				requesting("30Gi")(pod)
			})
			test.make(b)
			var plan hub.RestartPlan
			answer := b.run(t.Context(), "hub", "restart", "--dry-run", "-o", "json").exits(0)
			if err := json.Unmarshal([]byte(answer.stdout), &plan); err != nil {
				t.Fatal(err)
			}
			var about []hub.Concern
			for _, concern := range plan.Concerns {
				if strings.Contains(concern.Says, "the next hub pod") {
					about = append(about, concern)
				}
			}
			switch {
			case test.says == "" && len(about) == 0:
			case test.says == "" || len(about) != 1, !strings.Contains(about[0].Says, test.says), about[0].Grave != test.grave:
				t.Errorf("concerns about room: %+v", about)
			}
		})
	}
}
