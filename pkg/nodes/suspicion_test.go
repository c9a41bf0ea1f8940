package nodes_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/nodes"
)

const (
	minute = time.Minute
	hour   = time.Hour
)

// suspects asks for the unhealthy nodes of a cluster.
func suspects(t *testing.T, f *fleet) nodes.Findings {
	t.Helper()
	found, err := nodes.FindUnhealthy(t.Context(), f.client(t))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// clues are the kinds of evidence against a node, with what each weighs.
func clues(found nodes.Findings, node string) map[nodes.Clue]float64 {
	against := map[nodes.Clue]float64{}
	for _, suspect := range found.Suspects {
		for _, e := range suspect.Evidence {
			if suspect.Name == node {
				against[e.Clue] += e.Weight
			}
		}
	}
	return against
}

// TestEvidence shows each kind of evidence alone, against node-0 of ten.
func TestEvidence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		make func(f *fleet)
		want map[nodes.Clue]float64
	}{
		{"nothing", func(*fleet) {}, map[nodes.Clue]float64{}},
		{"not ready", func(f *fleet) {
			condition(corev1.NodeReady, corev1.ConditionUnknown, 3*minute)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.NotReady: 20}},
		{"not ready, and so its lease is old and its other conditions unknown", func(f *fleet) {
			condition(corev1.NodeReady, corev1.ConditionUnknown, 3*minute)(f.nodes[0])
			condition(corev1.NodeMemoryPressure, corev1.ConditionUnknown, 3*minute)(f.nodes[0])
			f.lease("node-0", 4*minute)
		}, map[nodes.Clue]float64{nodes.NotReady: 20}},
		{"not ready yet", func(f *fleet) {
			f.nodes[0].CreationTimestamp = before(2 * minute)
			condition(corev1.NodeReady, corev1.ConditionFalse, 2*minute)(f.nodes[0])
		}, map[nodes.Clue]float64{}},
		{"silent kubelet", func(f *fleet) { f.lease("node-0", 45*time.Second) }, map[nodes.Clue]float64{nodes.SilentKubelet: 12}},
		{"kubelet late by a beat", func(f *fleet) { f.lease("node-0", 25*time.Second) }, map[nodes.Clue]float64{}},
		{"disk pressure", func(f *fleet) {
			condition(corev1.NodeDiskPressure, corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.Pressure: 10}},
		{"kernel deadlock", func(f *fleet) {
			condition("KernelDeadlock", corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.KernelProblem: 12}},
		{"two of node-problem-detector's", func(f *fleet) {
			condition("ReadonlyFilesystem", corev1.ConditionTrue, hour)(f.nodes[0])
			condition("FrequentContainerdRestart", corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.KernelProblem: 16}},
		{"a monitor nobody knows", func(f *fleet) {
			condition("TooManyGhosts", corev1.ConditionTrue, hour)(f.nodes[0])
			condition("NetworkingHealthy", corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.OtherCondition: 2}},
		{"being drained, on purpose", func(f *fleet) {
			condition(corev1.NodeDrainInProgress, corev1.ConditionTrue, hour)(f.nodes[0])
		}, map[nodes.Clue]float64{}},
		{"came back", func(f *fleet) {
			condition(corev1.NodeReady, corev1.ConditionTrue, 20*minute)(f.nodes[0])
		}, map[nodes.Clue]float64{nodes.CameBack: 3}},
		{"five days old", func(f *fleet) { f.nodes[0].CreationTimestamp = before(120 * hour) }, map[nodes.Clue]float64{nodes.OldAge: 0.5, nodes.CameBack: 0}},
		{"out of memory", func(f *fleet) {
			f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 58*minute)
			f.nodeEvent("node-0", "OOMKilling", "Out of memory: Killed process 8339 (python)", 58*minute)
		}, map[nodes.Clue]float64{nodes.SystemOOM: 8}},
		{"out of memory yesterday", func(f *fleet) {
			f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 20*hour)
		}, map[nodes.Clue]float64{}},
		{"a user out of their own memory", func(f *fleet) {
			f.nodeEvent("node-0", "OOMKilling", "Memory cgroup out of memory: Killed process 8339 (python)", 5*minute)
		}, map[nodes.Clue]float64{nodes.CgroupOOM: 2}},
		{"a service killed where memory was short", func(f *fleet) {
			f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 58*minute)
			died("OOMKilled", 57*minute)(f.pods[0])
		}, map[nodes.Clue]float64{nodes.SystemOOM: 6, nodes.OOMService: 4}},
		{"a service killed at its own limit", func(f *fleet) { died("OOMKilled", 57*minute)(f.pods[0]) }, map[nodes.Clue]float64{}},
		{"task hung", func(f *fleet) {
			f.nodeEvent("node-0", "TaskHung", "INFO: task dockerd:3 blocked for more than 120 seconds", minute)
		}, map[nodes.Clue]float64{nodes.KernelEvent: 8}},
		{"eviction", func(f *fleet) {
			f.nodeEvent("node-0", "EvictionThresholdMet", "Attempting to reclaim memory", minute)
			f.user("node-0", hour, failed("Error", minute), func(p *corev1.Pod) { p.Status.Reason = "Evicted" })
		}, map[nodes.Clue]float64{nodes.EvictionEvent: 5, nodes.PodEvicted: 3}},
		{"images that cannot be removed", func(f *fleet) {
			f.nodeEvent("node-0", "ImageGCFailed", "failed to garbage collect", minute)
		}, map[nodes.Clue]float64{nodes.UpkeepFailed: 1.5}},
		{"rebooted", func(f *fleet) { f.nodeEvent("node-0", "Rebooted", "Node node-0 has been rebooted", minute) }, map[nodes.Clue]float64{nodes.Rebooted: 3}},
		{"what every kubelet says at its start", func(f *fleet) {
			f.nodeEvent("node-0", "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", minute)
		}, map[nodes.Clue]float64{}},
		{"a warning nobody knows", func(f *fleet) { f.nodeEvent("node-0", "Haunted", "boo", minute) }, map[nodes.Clue]float64{nodes.OtherEvent: 0.5}},
		{"no network for two pods of one owner", func(f *fleet) {
			a := f.service("web", "web-a", "node-0", 3*minute, waiting("ContainerCreating"))
			b := f.service("web", "web-b", "node-0", 3*minute, waiting("ContainerCreating"))
			f.podEvent(a, "FailedCreatePodSandBox", minute)
			f.podEvent(b, "FailedCreatePodSandBox", minute)
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 4}},
		{"no network for two things", func(f *fleet) {
			a := f.service("web", "web-a", "node-0", 3*minute, waiting("ContainerCreating"))
			b := f.service("db", "db-a", "node-0", 3*minute, waiting("ContainerCreating"))
			f.podEvent(a, "FailedCreatePodSandBox", minute)
			f.podEvent(b, "FailedCreatePodSandBox", minute)
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 5.5}},
		{"a mount that fails still", func(f *fleet) {
			f.podEvent(f.service("db", "db-a", "node-0", 3*minute, waiting("ContainerCreating")), "FailedMount", minute)
		}, map[nodes.Clue]float64{nodes.MountFailed: 1.5}},
		{"a mount that succeeded in the end", func(f *fleet) {
			f.podEvent(f.service("db", "db-a", "node-0", 3*minute), "FailedMount", 4*minute)
		}, map[nodes.Clue]float64{}},
		{"a pod that is gone, by its kubelet", func(f *fleet) {
			f.event("Pod", "prod", "gone", "node-0", "FailedCreatePodSandBox", "no network", minute)
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 4}},
		{"the former pod of a name that is elsewhere now", func(f *fleet) {
			f.service("db", "db-0", "node-1", 2*minute)
			f.event("Pod", "kube-system", "db-0", "node-0", "FailedCreatePodSandBox", "no network", minute).InvolvedObject.UID = "former"
		}, map[nodes.Clue]float64{nodes.SandboxFailed: 4}},
		{"a pod there whose former namesake had no network elsewhere", func(f *fleet) {
			f.service("db", "db-0", "node-0", 2*minute, waiting("ContainerCreating"))
			f.event("Pod", "kube-system", "db-0", "node-1", "FailedCreatePodSandBox", "no network", minute).InvolvedObject.UID = "former"
		}, map[nodes.Clue]float64{}},
		{"a mount of a static pod that succeeded in the end", func(f *fleet) {
			f.service("proxy", "proxy-0", "node-0", 2*minute, func(p *corev1.Pod) {
				p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "hash"}
			})
			f.event("Pod", "kube-system", "proxy-0", "node-0", "FailedMount", "no volume", minute).InvolvedObject.UID = "hash"
		}, map[nodes.Clue]float64{}},
		{"an image that cannot be pulled there", func(f *fleet) {
			f.user("node-0", 10*minute, waiting("ImagePullBackOff"))
		}, map[nodes.Clue]float64{nodes.PullFailed: 1.5}},
		{"an image that cannot be pulled anywhere", func(f *fleet) {
			f.user("node-0", 10*minute, waiting("ImagePullBackOff"))
			f.user("node-1", 10*minute, waiting("ErrImagePull"))
		}, map[nodes.Clue]float64{}},
		{"crashes there alone", func(f *fleet) { looping(f.pods[0]) }, map[nodes.Clue]float64{nodes.LoopOnlyHere: 6}},
		{"crashes everywhere", func(f *fleet) {
			for _, pod := range f.pods[:10] {
				looping(pod)
			}
		}, map[nodes.Clue]float64{nodes.LoopEverywhere: 0.25}},
		{"a single pod crashes", func(f *fleet) { f.service("hub", "hub-0", "node-0", hour, looping) }, map[nodes.Clue]float64{nodes.LoopAlone: 2}},
		{"all replicas crash, and all are there", func(f *fleet) {
			for i := range 3 {
				f.service("hub", fmt.Sprintf("hub-%d", i), "node-0", hour, looping)
			}
		}, map[nodes.Clue]float64{nodes.LoopEverywhere: 1}},
		{"different things crash there", func(f *fleet) {
			looping(f.pods[0])
			looping(f.pods[10])
			f.service("web", "web-a", "node-0", hour, looping)
		}, map[nodes.Clue]float64{nodes.LoopOnlyHere: 9, nodes.LoopAlone: 2, nodes.LoopsHere: 4}},
		{"containers died there", func(f *fleet) {
			died("Error", 10*minute)(f.pods[0])
			died("Error", 12*minute)(f.pods[10])
			f.service("web", "web-a", "node-0", hour, died("Error", minute))
		}, map[nodes.Clue]float64{nodes.RestartsHere: 3}},
		{"containers died everywhere", func(f *fleet) {
			for _, pod := range f.pods {
				died("Error", 10*minute)(pod)
			}
		}, map[nodes.Clue]float64{}},
		{"a pod that waits for its containers", func(f *fleet) {
			f.user("node-0", 8*minute, waiting("ContainerCreating"))
		}, map[nodes.Clue]float64{nodes.StuckCreating: 2}},
		{"a pod whose init container works for long", func(f *fleet) {
			f.service("db", "db-0", "node-0", 8*minute, waiting("PodInitializing"), initContainer(corev1.ContainerState{
				Running: &corev1.ContainerStateRunning{},
			}))
		}, map[nodes.Clue]float64{}},
		{"a pod between two init containers", func(f *fleet) {
			f.service("db", "db-0", "node-0", 8*minute, waiting("PodInitializing"), initContainer(corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: before(minute)},
			}))
		}, map[nodes.Clue]float64{}},
		{"a pod that waits long after its init container", func(f *fleet) {
			f.service("db", "db-0", "node-0", hour, waiting("PodInitializing"), initContainer(corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: before(8 * minute)},
			}))
		}, map[nodes.Clue]float64{nodes.StuckCreating: 2}},
		{"a pod that was evicted lately, though it is old", func(f *fleet) {
			f.user("node-0", 5*hour, failed("Error", minute), func(p *corev1.Pod) { p.Status.Reason = "Evicted" })
		}, map[nodes.Clue]float64{nodes.PodEvicted: 3}},
		{"a pod that was evicted lately, of which no container tells", func(f *fleet) {
			f.user("node-0", 5*hour, failed("Error", 0), func(p *corev1.Pod) {
				p.Status.Reason, p.Status.ContainerStatuses = "Evicted", nil
				p.Status.Conditions[1].LastTransitionTime = before(minute)
			})
		}, map[nodes.Clue]float64{nodes.PodEvicted: 3}},
		{"a pod that was evicted long ago", func(f *fleet) {
			f.user("node-0", 5*hour, failed("Error", 3*hour), func(p *corev1.Pod) { p.Status.Reason = "Evicted" })
		}, map[nodes.Clue]float64{}},
		{"a pod that began to wait", func(f *fleet) { f.user("node-0", 4*minute, waiting("ContainerCreating")) }, map[nodes.Clue]float64{}},
		{"pods that wait on a new node", func(f *fleet) {
			f.nodes[0].CreationTimestamp = before(10 * minute)
			condition(corev1.NodeReady, corev1.ConditionTrue, 9*minute)(f.nodes[0])
			f.users(5, "node-0", 8*minute, waiting("ContainerCreating"))
			f.users(5, "node-1", 8*minute)
		}, map[nodes.Clue]float64{}},
		{"a pod that does not go", func(f *fleet) { f.user("node-0", hour, terminating(2*minute)) }, map[nodes.Clue]float64{nodes.StuckEnding: 2}},
		{"a pod that a finalizer holds", func(f *fleet) {
			f.user("node-0", hour, terminating(2*minute, "example.org/wait"))
		}, map[nodes.Clue]float64{}},
		{"a pod in its grace period", func(f *fleet) { f.user("node-0", hour, terminating(-20*time.Second)) }, map[nodes.Clue]float64{}},
		{"users fail there", func(f *fleet) {
			f.users(6, "node-0", 20*minute, failed("Error", 19*minute), f.variously())
			for i := range 9 {
				f.users(10, fmt.Sprintf("node-%d", i+1), hour)
			}
		}, map[nodes.Clue]float64{nodes.UsersFailed: 6.5}},
		{"users of one broken repository fail there", func(f *fleet) {
			for i := range 10 {
				f.users(10, fmt.Sprintf("node-%d", i), hour, f.variously())
			}
			f.users(15, "node-0", 20*minute, failed("Error", 19*minute))
			f.user("node-0", 20*minute, failed("Error", 19*minute), f.variously())
		}, map[nodes.Clue]float64{}},
		{"users of the one repository that is there fail", func(f *fleet) {
			f.users(15, "node-0", 20*minute, failed("Error", 19*minute))
			for i := range 9 {
				f.users(50, fmt.Sprintf("node-%d", i+1), hour, f.variously())
			}
		}, map[nodes.Clue]float64{}},
		{"users fail everywhere", func(f *fleet) {
			for i := range 10 {
				f.users(6, fmt.Sprintf("node-%d", i), 20*minute, failed("Error", 19*minute))
			}
		}, map[nodes.Clue]float64{}},
		{"users run out of their own memory there", func(f *fleet) {
			f.users(6, "node-0", 20*minute, failed("OOMKilled", 19*minute), f.variously())
			f.users(60, "node-1", hour)
		}, map[nodes.Clue]float64{}},
		{"nothing starts there", func(f *fleet) {
			f.users(4, "node-0", 4*minute, waiting("ContainerCreating"), f.variously())
			for i := range 9 {
				f.users(2, fmt.Sprintf("node-%d", i+1), 4*minute)
			}
		}, map[nodes.Clue]float64{nodes.NothingStarts: 6}},
		{"one repository does not start there", func(f *fleet) {
			f.users(4, "node-0", 4*minute, waiting("ContainerCreating"))
			for i := range 9 {
				f.users(2, fmt.Sprintf("node-%d", i+1), 4*minute, f.variously())
			}
		}, map[nodes.Clue]float64{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := withNodes(10)
			f.everywhere("fluentd")
			f.everywhere("dind")
			test.make(f)
			got := clues(suspects(t, f), "node-0")
			for clue, weight := range test.want {
				if weight == 0 { // it may be there
					delete(got, clue)
					delete(test.want, clue)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("evidence against node-0 (-want +got):\n%s", diff)
			}
		})
	}
}

// The node that broke mybinder.org on 2018-01-18: it says Ready, one fluentd
// crashes there and nowhere else, so do ingress pods, and users give up.
func redditHug() *fleet {
	f := withNodes(14)
	f.everywhere("fluentd")
	f.everywhere("dind")
	for i := range 10 {
		f.service("nginx-ingress", fmt.Sprintf("nginx-%d", i), fmt.Sprintf("node-%d", i%8), 3*hour)
	}
	looping(f.pods[0])  // fluentd on node-0
	looping(f.pods[28]) // nginx on node-0
	looping(f.pods[36]) // and the other one there
	for i := range 14 {
		f.users(20, fmt.Sprintf("node-%d", i), 2*hour)
	}
	f.users(8, "node-0", 20*minute, failed("Error", 19*minute), f.variously())
	return f
}

// The node of 2017-11-30: out of memory an hour ago, all say Ready, the proxies
// crash on it and on another.
func oomProxy() *fleet {
	f := withNodes(6)
	f.everywhere("fluentd")
	f.nodeEvent("node-0", "OOMKilling", "Memory cgroup out of memory: Kill process 8339 (python) score 1576", 58*minute)
	for i, node := range []string{"node-0", "node-0", "node-0", "node-1"} {
		f.service("proxy", fmt.Sprintf("proxy-%d", i), node, 72*hour, looping)
	}
	f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", 57*minute)
	died("OOMKilled", 58*minute)(f.pods[0]) // fluentd
	f.users(30, "node-0", 2*hour)
	f.users(30, "node-1", 2*hour)
	return f
}

func TestIncidents(t *testing.T) {
	t.Parallel()
	for name, incident := range map[string]*fleet{"reddit hug": redditHug(), "oom proxy": oomProxy()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := suspects(t, incident)
			bad := found.Unhealthy()
			if len(bad) != 1 || bad[0].Name != "node-0" {
				t.Fatalf("unhealthy are %v, want node-0 alone", bad)
			}
			if len(found.Suspects) > 1 && bad[0].Score < 2*found.Suspects[1].Score {
				t.Errorf("node-0 has %v and %s has %v: too little between them", bad[0].Score, found.Suspects[1].Name, found.Suspects[1].Score)
			}
		})
	}
}

// A day like any other: users over their limits, a rolling update, a volume that
// took two attempts, a node that just came, old nodes, one program that crashes
// at home.
func ordinaryDay() *fleet {
	f := withNodes(12)
	f.everywhere("fluentd")
	f.everywhere("dind")
	for i, node := range f.nodes {
		f.users(20, node.Name, time.Duration(i+1)*20*minute)
		node.CreationTimestamp = before(time.Duration(i) * 20 * hour)
		condition(corev1.NodeReady, corev1.ConditionTrue, time.Duration(i)*20*hour)(node)
	}
	f.users(3, "node-2", hour, failed("OOMKilled", 20*minute))
	f.users(2, "node-5", hour, failed("OOMKilled", 40*minute))
	f.users(2, "node-5", hour, failed("Error", 40*minute))
	f.nodeEvent("node-2", "OOMKilling", "Memory cgroup out of memory: Killed process 1 (python)", 20*minute)
	f.nodeEvent("node-5", "OOMKilling", "Memory cgroup out of memory: Killed process 2 (python)", 40*minute)
	f.nodeEvent("node-0", "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", minute)
	f.podEvent(f.service("db", "db-0", "node-3", hour), "FailedMount", hour)
	for i := range 3 { // of a rolling update
		f.podEvent(f.service("web", fmt.Sprintf("web-%d", i), fmt.Sprintf("node-%d", i), 2*minute, notReady), "Unhealthy", minute)
	}
	f.service("web", "web-old", "node-4", 50*hour, terminating(-10*time.Second))
	f.service("prometheus", "prometheus-0", "node-6", 50*hour, died("OOMKilled", 30*minute))
	f.service("harbor", "harbor-0", "node-2", 50*hour, looping)
	f.users(2, "node-5", 7*minute, waiting("ContainerCreating"))
	f.user("node-7", 7*minute, waiting("ImagePullBackOff"))
	return f
}

func TestOrdinaryDay(t *testing.T) {
	t.Parallel()
	found := suspects(t, ordinaryDay())
	for _, suspect := range found.Suspects {
		if suspect.Score > nodes.Threshold/2 {
			t.Errorf("%s has %v of %v on an ordinary day: %+v", suspect.Name, suspect.Score, nodes.Threshold, suspect.Evidence)
		}
	}
}

// On a single node everything is there, which proves nothing.
func TestOneNode(t *testing.T) {
	t.Parallel()
	f := withNodes(1)
	f.everywhere("fluentd")
	looping(f.pods[0])
	f.service("hub", "hub-0", "node-0", hour, looping)
	f.service("web", "web-0", "node-0", hour, died("Error", minute))
	f.users(40, "node-0", 20*minute, failed("Error", 19*minute))
	f.users(5, "node-0", 4*minute, waiting("ContainerCreating"))
	want := map[nodes.Clue]float64{nodes.LoopAlone: 3.5}
	if diff := cmp.Diff(want, clues(suspects(t, f), "node-0")); diff != "" {
		t.Errorf("evidence against the only node (-want +got):\n%s", diff)
	}
}

// What spoke against a node may leave with its pods: one that was taken out of
// service for a reason does not pass for well with half of it.
func TestCordonedForAReason(t *testing.T) {
	t.Parallel()
	for _, marked := range []bool{false, true} {
		f := withNodes(5)
		f.nodeEvent("node-0", "SystemOOM", "System OOM encountered", minute)
		if marked {
			f.nodes[0].Spec.Unschedulable = true
			f.nodes[0].Annotations = map[string]string{nodes.MarkKey: `{"by": "yuvi", "at": "2026-03-01T11:59:00Z", "reason": "out of memory", "for": "cordon"}`}
		}
		found := suspects(t, f)
		if unhealthy := len(found.Unhealthy()) == 1; unhealthy != marked || found.Suspects[0].Score != 6 {
			t.Errorf("cordoned for a reason: %v, called unhealthy: %v, with %v of %v", marked, unhealthy, found.Suspects[0].Score, found.Suspects[0].Threshold)
		}
	}
}

// What most nodes show is the cluster's fault.
func TestSharedEvidence(t *testing.T) {
	t.Parallel()
	f := withNodes(9)
	for i := range 6 {
		f.event("Pod", "prod", fmt.Sprintf("gone-%d", i), fmt.Sprintf("node-%d", i), "FailedCreatePodSandBox", "no network", minute)
	}
	if got := clues(suspects(t, f), "node-0")[nodes.SandboxFailed]; got != 1 {
		t.Errorf("evidence that six of nine nodes show weighs %v, want a quarter of 4", got)
	}
}

func TestNoNodes(t *testing.T) {
	t.Parallel()
	found := suspects(t, &fleet{})
	if found.Nodes != 0 || len(found.Suspects) != 0 {
		t.Errorf("found %+v in a cluster without nodes", found)
	}
}

// Without events, leases and pods less is known, and it is said what.
func TestForbidden(t *testing.T) {
	t.Parallel()
	f := redditHug()
	condition(corev1.NodeReady, corev1.ConditionFalse, hour)(f.nodes[3])
	client := f.client(t)
	for _, list := range []string{"events", "leases", "pods"} {
		client.Kube.(*fake.Clientset).PrependReactor("list", list, func(kubetesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: list}, "", errors.New("not you"))
		})
	}
	found, err := nodes.FindUnhealthy(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, m := range found.Missing {
		missing = append(missing, m.List)
	}
	if diff := cmp.Diff([]string{"leases", "pods", "events"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if bad := found.Unhealthy(); len(bad) != 1 || bad[0].Name != "node-3" {
		t.Errorf("unhealthy are %v, want node-3, which says so itself", bad)
	}
}

// A list that broke off shows a part of the pods, in which chance looks odd: it
// is no evidence.
func TestBrokenLists(t *testing.T) {
	t.Parallel()
	f := redditHug()
	client := f.client(t)
	for list, part := range map[string]runtime.Object{
		"pods":   &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Pod{*f.pods[0], *f.pods[28], *f.pods[36]}},
		"events": &corev1.EventList{ListMeta: metav1.ListMeta{Continue: "more"}, Items: []corev1.Event{*f.nodeEvent("node-0", "SystemOOM", "", minute)}},
	} {
		pages := 0
		client.Kube.(*fake.Clientset).PrependReactor("list", list, func(kubetesting.Action) (bool, runtime.Object, error) {
			if pages++; pages == 1 {
				return true, part, nil
			}
			return true, nil, apierrors.NewBadRequest("no such page")
		})
	}
	found, err := nodes.FindUnhealthy(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Suspects) > 0 || len(found.Missing) != 2 {
		t.Errorf("suspects are %v and missing is %v, want no suspects of two lists that broke off", found.Suspects, found.Missing)
	}
}

// Every weight has a place in the table once, its numbers make sense, and it
// says why.
func TestWeights(t *testing.T) {
	t.Parallel()
	seen := map[nodes.Clue]bool{}
	for _, w := range nodes.Weights() {
		if seen[w.Clue] || w.Why == "" || w.First <= 0 || w.More < 0 || w.Cap < w.First {
			t.Errorf("weight %+v cannot be right", w)
		}
		seen[w.Clue] = true
	}
}
