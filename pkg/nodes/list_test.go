package nodes_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/nodes"
)

func list(t *testing.T, c *cluster.Client, maxNodes int) nodes.Listing {
	t.Helper()
	listing, err := nodes.List(t.Context(), c, maxNodes)
	if err != nil {
		t.Fatal(err)
	}
	return listing
}

func requesting(cpu, memory string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
		}
	}
}

func placeholder(pod *corev1.Pod) { pod.Labels = map[string]string{"component": "user-placeholder"} }

func tainted(key, value string) func(*corev1.Node) {
	return func(node *corev1.Node) {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffectNoSchedule})
	}
}

// Each node of withNodes holds 40 users by memory.
func TestHeadroom(t *testing.T) {
	t.Parallel()
	type room struct{ Now, OnCordoned, PerNode, Nodes, OnNodesYet, Waiting int }
	for _, test := range []struct {
		name string
		max  int
		make func(f *fleet)
		want room
	}{
		{"empty", 0, func(*fleet) {}, room{Now: 80, PerNode: 40, Nodes: 2}},
		{"some users", 0, func(f *fleet) { f.users(30, "node-0", hour) }, room{Now: 50, PerNode: 40, Nodes: 2}},
		{"users who ended hold nothing", 0, func(f *fleet) {
			f.users(30, "node-0", hour, failed("Error", minute))
		}, room{Now: 80, PerNode: 40, Nodes: 2}},
		{"one node cordoned", 0, func(f *fleet) {
			f.users(30, "node-0", hour)
			cordon(f.nodes[0])
		}, room{Now: 40, OnCordoned: 10, PerNode: 40, Nodes: 2}},
		{"an autoscaler's limit counts the cordoned node", 3, func(f *fleet) {
			cordon(f.nodes[0])
		}, room{Now: 40, OnCordoned: 40, PerNode: 40, Nodes: 2, OnNodesYet: 40}},
		{"beyond the limit", 1, func(*fleet) {}, room{Now: 80, PerNode: 40, Nodes: 2}},
		{"not ready", 0, func(f *fleet) { condition(corev1.NodeReady, corev1.ConditionFalse, hour)(f.nodes[0]) }, room{Now: 40, PerNode: 40, Nodes: 2}},
		{"about to be removed", 0, func(f *fleet) { tainted("ToBeDeletedByClusterAutoscaler", "")(f.nodes[0]) }, room{Now: 40, PerNode: 40, Nodes: 2}},
		{"about to be removed by an old Karpenter", 0, func(f *fleet) { tainted("karpenter.sh/disruption", "disrupting")(f.nodes[0]) }, room{Now: 40, PerNode: 40, Nodes: 2}},
		{"disk full", 0, func(f *fleet) { tainted("node.kubernetes.io/disk-pressure", "")(f.nodes[0]) }, room{Now: 40, PerNode: 40, Nodes: 2}},
		{"without a network", 0, func(f *fleet) {
			tainted("node.kubernetes.io/network-unavailable", "")(f.nodes[0])
			tainted("node.kubernetes.io/pid-pressure", "")(f.nodes[1])
		}, room{PerNode: 40, Nodes: 2}},
		{"short of memory, and users may come", 0, func(f *fleet) {
			tainted("node.kubernetes.io/memory-pressure", "")(f.nodes[0])
			f.user("node-1", minute, func(p *corev1.Pod) {
				p.Spec.Tolerations = []corev1.Toleration{{Key: "node.kubernetes.io/memory-pressure", Operator: "Exists"}}
			})
		}, room{Now: 79, PerNode: 40, Nodes: 2}},
		{"cordoned with its disk full", 0, func(f *fleet) {
			tainted("node.kubernetes.io/disk-pressure", "")(f.nodes[0])
			cordon(f.nodes[0])
		}, room{Now: 40, PerNode: 40, Nodes: 2}},
		{"kept for the Hub", 0, func(f *fleet) { tainted("hub.jupyter.org/dedicated", "core")(f.nodes[0]) }, room{Now: 40, PerNode: 40, Nodes: 1}},
		{"kept for users", 0, func(f *fleet) { tainted("hub.jupyter.org_dedicated", "user")(f.nodes[0]) }, room{Now: 80, PerNode: 40, Nodes: 2}},
		{"tolerated by the youngest user", 0, func(f *fleet) {
			tainted("gpu", "yes")(f.nodes[0])
			f.user("node-0", minute, func(p *corev1.Pod) { p.Spec.Tolerations = []corev1.Toleration{{Key: "gpu", Operator: "Exists"}} })
		}, room{Now: 79, PerNode: 40, Nodes: 2}},
		{"not selected by the youngest user", 0, func(f *fleet) {
			f.nodes[0].Labels["pool"] = "users"
			f.user("node-0", minute, func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"pool": "users"} })
		}, room{Now: 39, PerNode: 40, Nodes: 1}},
		{"pod slots run out first", 0, func(f *fleet) {
			f.nodes[0].Status.Allocatable[corev1.ResourcePods] = resource.MustParse("5")
			f.user("node-0", hour)
		}, room{Now: 44, PerNode: 5, Nodes: 2}},
		{"the usual request is the median", 0, func(f *fleet) {
			f.users(3, "node-0", hour, requesting("1", "1800Mi"))
			f.user("node-0", hour, requesting("100m", "10Gi"))
		}, room{Now: 4, PerNode: 4, Nodes: 2}},
		{"placeholders give way", 0, func(f *fleet) {
			f.service("placeholder", "placeholder-0", "node-0", hour, placeholder, requesting("10m", "9000Mi"))
		}, room{Now: 80, PerNode: 40, Nodes: 2}},
		{"services stay", 0, func(f *fleet) {
			f.service("dind", "dind-0", "node-0", hour, requesting("10m", "4500Mi"))
			f.service("dind", "dind-1", "node-1", hour, requesting("10m", "4500Mi"))
		}, room{Now: 60, PerNode: 30, Nodes: 2}},
		{"users wait", 0, func(f *fleet) {
			f.users(40, "node-0", hour)
			f.users(40, "node-1", hour)
			f.users(7, "", minute, unplaced)
		}, room{PerNode: 40, Nodes: 2, Waiting: 7}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := withNodes(2)
			test.make(f)
			h := list(t, f.client(t), test.max).Headroom
			got := room{h.Now, h.OnCordoned, h.PerNode, h.Nodes, h.OnNodesYet, h.Waiting}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("headroom (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		max  int
		make func(f *fleet)
		want *nodes.Forecast
	}{
		{"nobody comes", 0, func(*fleet) {}, nil},
		{"too few to speak of a rate", 0, func(f *fleet) { f.users(9, "node-0", 10*minute) }, nil},
		// 20 came in half an hour and 60 more fit: an hour and a half. Of 20 the
		// exact interval is 12.2 to 30.9.
		{"twenty came", 0, func(f *fleet) {
			f.users(20, "node-0", 10*minute)
		}, &nodes.Forecast{Room: 60, Arrivals: 20, Window: 1800, Full: 5400, Earliest: 3496, Latest: 8844}},
		{"with nodes to come", 3, func(f *fleet) {
			f.users(20, "node-0", 10*minute)
		}, &nodes.Forecast{Room: 100, Arrivals: 20, Window: 1800, Full: 9000, Earliest: 5827, Latest: 14740}},
		{"those who left, or came before, do not count", 0, func(f *fleet) {
			f.users(20, "node-0", 10*minute)
			f.users(20, "node-1", 31*minute)
			f.users(5, "node-1", 10*minute, failed("Error", minute))
			f.users(5, "node-1", 10*minute, terminating(-minute))
		}, &nodes.Forecast{Room: 35, Arrivals: 20, Window: 1800, Full: 3150, Earliest: 2040, Latest: 5159}},
		{"full already", 0, func(f *fleet) {
			f.users(40, "node-0", 10*minute)
			f.users(40, "node-1", 10*minute)
		}, nil},
		{"those who wait come first", 3, func(f *fleet) {
			f.users(40, "node-0", 10*minute)
			f.users(40, "node-1", hour)
			f.users(10, "", minute, unplaced)
		}, &nodes.Forecast{Room: 30, Arrivals: 50, Window: 1800, Full: 1080, Earliest: 819, Latest: 1455}},
		{"too far off to say that nobody leaves", 200, func(f *fleet) { f.users(20, "node-0", 10*minute) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := withNodes(2)
			test.make(f)
			if diff := cmp.Diff(test.want, list(t, f.client(t), test.max).Forecast); diff != "" {
				t.Errorf("forecast (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNode(t *testing.T) {
	t.Parallel()
	f := &fleet{}
	f.node("n", 5*24*hour, cordon, tainted("DeletionCandidateOfClusterAutoscaler", "1700000000"),
		condition(corev1.NodeDiskPressure, corev1.ConditionTrue, hour))
	f.users(3, "n", hour)
	f.user("n", hour, func(p *corev1.Pod) { p.Labels = map[string]string{"component": "binderhub-build"} })
	f.service("fluentd", "fluentd-0", "n", hour, requesting("100m", "200Mi"))
	node := list(t, f.client(t), 0).Nodes[0]
	since := before(3 * hour).UTC()
	want := nodes.Node{
		Name: "n", Pool: "users", Role: nodes.UserRole, Ready: true,
		Users: 3, Builds: 1, Free: 35, ForUsers: true,
		Cordoned: &nodes.Cordoning{Since: &since}, Autoscaling: []string{"DeletionCandidateOfClusterAutoscaler"},
		Requested: nodes.Room{CPU: 140, Memory: 2000 << 20, Pods: 5},
	}
	got := nodes.Node{
		Name: node.Name, Pool: node.Pool, Role: node.Role, Ready: node.Ready,
		Users: node.Users, Builds: node.Builds, Free: node.Free, ForUsers: node.ForUsers,
		Cordoned: node.Cordoned, Autoscaling: node.Autoscaling, Requested: node.Requested,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(nodes.Node{})); diff != "" {
		t.Errorf("node (-want +got):\n%s", diff)
	}
	if len(node.Conditions) != 1 || node.Conditions[0].Type != "DiskPressure" {
		t.Errorf("conditions that are not as they should be: %+v, want DiskPressure", node.Conditions)
	}
}

// Who cordoned a node: our mark goes before what the API server noted, unless
// that was somebody else.
func TestCordoned(t *testing.T) {
	t.Parallel()
	set := before(20 * time.Minute)
	by := func(manager string) func(node *corev1.Node) {
		return func(node *corev1.Node) {
			node.ManagedFields = []metav1.ManagedFieldsEntry{
				{Manager: "kubelet", Time: &set, FieldsV1: metav1.NewFieldsV1(`{"f:status":{}}`)},
				{Manager: manager, Time: &set, FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:unschedulable":{}}}`)},
			}
		}
	}
	bySomething := by("OpenAPI-Generator")
	marked := func(node *corev1.Node) {
		node.Annotations = map[string]string{nodes.MarkKey: `{"by":"yuvi","at":"2026-03-01T11:00:00Z","reason":"network","for":"drain"}`}
	}
	hourAgo, threeAgo, setAt := before(hour).UTC(), before(3*hour).UTC(), set.UTC()
	for _, test := range []struct {
		name    string
		changes []func(*corev1.Node)
		want    *nodes.Cordoning
	}{
		{"not cordoned", []func(*corev1.Node){bySomething}, nil},
		{"marked before, and uncordoned by kubectl", []func(*corev1.Node){marked}, nil},
		{"nothing tells", []func(*corev1.Node){cordon}, &nodes.Cordoning{Since: &threeAgo}},
		{"the image cleaner", []func(*corev1.Node){cordon, bySomething}, &nodes.Cordoning{With: nodes.ImageCleaner, Since: &setAt}},
		{"the autoscaler", []func(*corev1.Node){cordon, tainted("ToBeDeletedByClusterAutoscaler", "")}, &nodes.Cordoning{By: nodes.Autoscaler, Since: &threeAgo, Removal: true}},
		{"the image cleaner, and once binderctl", []func(*corev1.Node){cordon, bySomething, marked}, &nodes.Cordoning{With: nodes.ImageCleaner, Since: &setAt}},
		{"binderctl", []func(*corev1.Node){cordon, by("binderctl"), marked}, &nodes.Cordoning{
			By: "yuvi", With: "binderctl", Since: &hourAgo, Reason: "network", For: nodes.ForDrain,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fleet{}
			f.node("n", 10*hour, test.changes...)
			if diff := cmp.Diff(test.want, list(t, f.client(t), 0).Nodes[0].Cordoned); diff != "" {
				t.Errorf("cordoned (-want +got):\n%s", diff)
			}
		})
	}
}

// Where only some namespaces may be read, the others are named.
func TestListUnseen(t *testing.T) {
	t.Parallel()
	f := withNodes(1)
	f.users(3, "node-0", hour)
	f.service("fluentd", "fluentd-0", "node-0", hour)
	for _, name := range []string{"binder", "kube-system"} {
		f.others = append(f.others, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	client := f.client(t)
	client.Kube.(*fake.Clientset).PrependReactor("list", "pods", func(action kubetesting.Action) (bool, runtime.Object, error) {
		if action.GetNamespace() == "binder" {
			return false, nil, nil
		}
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("not you"))
	})
	listing := list(t, client, 0)
	if diff := cmp.Diff([]string{"kube-system"}, listing.Unseen); diff != "" {
		t.Errorf("unseen (-want +got):\n%s", diff)
	}
	if n := listing.Nodes[0]; n.Users != 3 || n.Requested.Pods != 3 || !listing.PodsKnown() {
		t.Errorf("node-0 has %d users and %d pods, want 3 and 3", n.Users, n.Requested.Pods)
	}
}
