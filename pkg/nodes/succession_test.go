package nodes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// requesting is a pod that asks for so much memory, in MiB, and for no CPU.
func requesting(pod *corev1.Pod, memory int64) *corev1.Pod {
	for i := range pod.Spec.Containers {
		pod.Spec.Containers[i].Resources.Requests = corev1.ResourceList{corev1.ResourceMemory: *resource.NewQuantity(memory<<20, resource.BinarySI)}
	}
	return pod
}

// holding is a node with so much memory, in MiB.
func holding(name string, memory int64) *corev1.Node {
	node := clustertest.Node(name, "")
	node.Status.Allocatable[corev1.ResourceMemory] = *resource.NewQuantity(memory<<20, resource.BinarySI)
	return node
}

// theHub is a hub pod on the node full, with 500 MiB.
func theHub() *corev1.Pod {
	return requesting(podOn("full", "Deployment", "hub", "hub-1"), 500)
}

// queue is so many users' pods that wait for a node, with 400 MiB each.
func queue(n int, changes ...func(*corev1.Pod)) []*corev1.Pod {
	list := make([]*corev1.Pod, n)
	for i := range list {
		list[i] = requesting(userOn("", fmt.Sprintf("waits-%d", i), time.Minute), 400)
		list[i].Status.Phase = corev1.PodPending
		for _, change := range changes {
			change(list[i])
		}
	}
	return list
}

func ranked(priority int32) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Spec.Priority = &priority }
}

func TestReadSuccession(t *testing.T) {
	t.Parallel()
	// full is a node on which the Hub and a user leave 100 MiB.
	full, user := holding("full", 1000), requesting(userOn("full", "user", time.Hour), 400)
	onlyUsers := func(pod *corev1.Pod) { pod.Spec.NodeSelector = map[string]string{"for": "users"} }
	users := func(node *corev1.Node) *corev1.Node {
		node.Labels = map[string]string{"for": "users"}
		return node
	}
	tainted := func(node *corev1.Node) *corev1.Node {
		node.Spec.Taints = []corev1.Taint{{Key: dedicatedKey, Value: "user", Effect: corev1.TaintEffectNoSchedule}}
		return node
	}
	closed := func(node *corev1.Node) *corev1.Node {
		node.Spec.Unschedulable = true
		return node
	}
	gone := func(pod *corev1.Pod) { pod.DeletionTimestamp = new(metav1.NewTime(clustertest.Now())) }
	for name, tc := range map[string]struct {
		nodes []*corev1.Node
		hub   *corev1.Pod
		pods  []*corev1.Pod
		want  Succession
	}{
		"nobody waits":                      {[]*corev1.Node{full}, theHub(), nil, Succession{Sure: true}},
		"one waits, and fits in its place":  {[]*corev1.Node{full}, theHub(), queue(1), Succession{Rivals: 1}},
		"many wait":                         {[]*corev1.Node{full}, theHub(), queue(94), Succession{Rivals: 94}},
		"one that waits is too large":       {[]*corev1.Node{full}, theHub(), []*corev1.Pod{requesting(queue(1)[0], 601)}, Succession{Sure: true}},
		"one that waits leaves enough":      {[]*corev1.Node{full}, theHub(), []*corev1.Pod{requesting(queue(1)[0], 100)}, Succession{Sure: true}},
		"those that wait are on their way":  {[]*corev1.Node{full}, theHub(), queue(3, gone), Succession{Sure: true}},
		"they wait for somebody's leave":    {[]*corev1.Node{full}, theHub(), queue(3, func(p *corev1.Pod) { p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "g"}} }), Succession{Sure: true}},
		"they may not go there":             {[]*corev1.Node{full}, theHub(), queue(3, onlyUsers), Succession{Sure: true}},
		"they have another node":            {[]*corev1.Node{full, users(holding("users", 2000))}, theHub(), queue(3, onlyUsers), Succession{Sure: true}},
		"its priority is higher":            {[]*corev1.Node{full}, with(theHub(), ranked(10)), queue(3), Succession{Sure: true}},
		"theirs is lower":                   {[]*corev1.Node{full}, theHub(), queue(3, ranked(-10)), Succession{Sure: true}},
		"its priority is that of all":       {[]*corev1.Node{full}, with(theHub(), ranked(10)), queue(3, ranked(10)), Succession{Rivals: 3}},
		"it may not preempt":                {[]*corev1.Node{full}, with(with(theHub(), ranked(10)), func(p *corev1.Pod) { p.Spec.PreemptionPolicy = new(corev1.PreemptNever) }), queue(3), Succession{Rivals: 3}},
		"it is sure of another node":        {[]*corev1.Node{full, holding("b", 2000)}, theHub(), queue(3), Succession{Sure: true}},
		"others take the other node, too":   {[]*corev1.Node{full, holding("b", 1000)}, theHub(), queue(3), Succession{Rivals: 3}},
		"they are too few for both":         {[]*corev1.Node{full, holding("b", 1000)}, theHub(), queue(2), Succession{Sure: true}},
		"the other node is for users":       {[]*corev1.Node{full, tainted(holding("b", 9000))}, theHub(), queue(3), Succession{Rivals: 3}},
		"the other node is cordoned":        {[]*corev1.Node{full, closed(holding("b", 9000))}, theHub(), queue(3), Succession{Rivals: 3}},
		"its node is cordoned":              {[]*corev1.Node{closed(holding("full", 1000))}, theHub(), nil, Succession{}},
		"its node is, and another is not":   {[]*corev1.Node{closed(holding("full", 1000)), holding("b", 600)}, theHub(), nil, Succession{Sure: true}},
		"it asks for nothing":               {[]*corev1.Node{full}, requesting(theHub(), 0), queue(94), Succession{Sure: true}},
		"it asks for nothing but its place": {[]*corev1.Node{sized("full", 2)}, requesting(theHub(), 0), queue(94), Succession{Rivals: 94}},
		"others have ended":                 {[]*corev1.Node{holding("full", 1400)}, theHub(), append(queue(1), with(requesting(userOn("full", "done", time.Hour), 400), phase(corev1.PodSucceeded))), Succession{Sure: true}},
		"others would give way":             {[]*corev1.Node{holding("full", 1400)}, theHub(), append(queue(1), with(requesting(userOn("full", "placeholder", time.Hour), 400), ranked(-10))), Succession{Sure: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := start(t, tc.nodes, append(tc.pods, tc.hub, user)...)
			got, err := ReadSuccession(t.Context(), client, tc.hub.UID)
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// What is not seen may be what has the room.
func TestReadSuccessionBlind(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"nodes", "pods"} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, []*corev1.Node{holding("full", 1000)}, theHub())
			server.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/api/v1/"+list {
						clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource(list), "", nil))
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			if _, err := ReadSuccession(t.Context(), client, theHub().UID); err == nil || !strings.Contains(err.Error(), "list "+list) {
				t.Errorf("error %v", err)
			}
		})
	}
	_, client := start(t, []*corev1.Node{holding("full", 1000)})
	if _, err := ReadSuccession(t.Context(), client, "gone"); err == nil {
		t.Error("a pod that is gone has a successor")
	}
}
