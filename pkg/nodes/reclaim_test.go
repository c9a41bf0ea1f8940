package nodes

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// sized is a node that holds so many pods.
func sized(name string, pods int) *corev1.Node {
	node := clustertest.Node(name, "user")
	node.Status.Allocatable[corev1.ResourcePods] = *resource.NewQuantity(int64(pods), resource.DecimalSI)
	return node
}

// crowd is so many users on a node, each of this age.
func crowd(node string, n int, age time.Duration) []*corev1.Pod {
	list := make([]*corev1.Pod, n)
	for i := range list {
		list[i] = userOn(node, fmt.Sprintf("user-%s-%d", node, i), age)
	}
	return list
}

func TestPlanReclaim(t *testing.T) {
	t.Parallel()
	core, frozen, closed := sized("core", 20), sized("frozen", 20), sized("closed", 20)
	core.Labels[purposeKey] = string(CoreRole)
	core.Labels["cloud.google.com/gke-nodepool"] = "core"
	frozen.Annotations = map[string]string{keepAnnotation: "true"}
	markedBy("me")(closed)
	pods := []*corev1.Pod{podOn("core", "Deployment", "proxy", "proxy-1")}
	hub := podOn("hubs", "Deployment", "hub", "hub-1")
	hub.Labels["component"] = "hub"
	pods = append(pods, hub)
	pods = append(pods, crowd("long", 3, 5*time.Hour)...)
	pods = append(pods, crowd("short", 3, 40*time.Minute)...)
	pods = append(pods, crowd("launches", 4, 10*time.Minute)...)
	pods = append(pods, crowd("closed", 2, 5*time.Hour)...)
	for name, tc := range map[string]struct {
		keep  int
		empty []string
		room  int
	}{
		// 12 users and a fifth more are 15, and 4 launches. hubs has room for 19,
		// frozen for 20, and the rest is not needed.
		"what is not needed":     {-1, []string{"closed", "launches", "short", "long"}, 39},
		"all but four":           {4, []string{"closed", "launches"}, 79},
		"all but as many as are": {10, []string{"closed"}, 99}, // a cordoned one is none of them
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nodes := []*corev1.Node{core, frozen, closed, sized("hubs", 20), sized("long", 20), sized("short", 20), sized("launches", 20)}
			_, client := start(t, nodes, pods...)
			plan, err := PlanReclaim(t.Context(), client, tc.keep, policy(UsersWait), "me", "")
			if err != nil {
				t.Fatal(err)
			}
			var empty []string
			for _, one := range plan.Candidates {
				if one.Empty {
					empty = append(empty, one.Name)
				}
			}
			if diff := cmp.Diff(tc.empty, empty); diff != "" {
				t.Errorf("emptied (-want +got):\n%s", diff)
			}
			if plan.Users != 12 || plan.Launches != 4 || plan.Needed != 19 || plan.Room != tc.room {
				t.Errorf("%d users, %d launches, %d needed, room for %d", plan.Users, plan.Launches, plan.Needed, plan.Room)
			}
			if len(plan.Drain.Nodes) != len(empty) {
				t.Errorf("%d nodes drained, %d chosen", len(plan.Drain.Nodes), len(empty))
			}
		})
	}
}

// markedBy cordons a node in somebody's name.
func markedBy(who string) func(*corev1.Node) {
	return func(node *corev1.Node) {
		node.Spec.Unschedulable = true
		node.Annotations = map[string]string{MarkKey: `{"by": "` + who + `", "at": "2026-03-01T11:00:00Z", "reason": "", "for": "cordon"}`}
	}
}

// What somebody else has cordoned is theirs, also if nobody says whose it is, and
// a node that is sick is no gain.
func TestPlanReclaimLeavesWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	theirs, cleaned, dead := sized("theirs", 20), sized("cleaned", 20), sized("dead", 20)
	markedBy("alice")(theirs)
	cleaned.Spec.Unschedulable = true
	dead.Status.Conditions[0].Status = corev1.ConditionUnknown
	_, client := start(t, []*corev1.Node{theirs, cleaned, dead, sized("a", 20), sized("b", 20)}, crowd("a", 2, time.Hour)...)
	plan, err := PlanReclaim(t.Context(), client, 0, policy(UsersWait), "bob", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range plan.Candidates {
		if one.Empty != (one.Name == "b") {
			t.Errorf("%s is emptied: %v (%s)", one.Name, one.Empty, one.Reason)
		}
	}
}

// The last node that takes users is never chosen, and where room is needed none
// is.
func TestPlanReclaimKeepsRoom(t *testing.T) {
	t.Parallel()
	pods := append(crowd("a", 8, time.Hour), crowd("b", 8, time.Hour)...)
	_, client := start(t, []*corev1.Node{sized("a", 10), sized("b", 10)}, pods...)
	plan, err := PlanReclaim(t.Context(), client, -1, policy(UsersWait), "me", "")
	if err != nil || len(plan.Drain.Nodes) != 0 {
		t.Errorf("drains %v, %v", plan.Drain.Nodes, err)
	}
	plan, err = PlanReclaim(t.Context(), client, 0, policy(UsersWait), "me", "")
	if err != nil || len(plan.Drain.Nodes) != 1 {
		t.Errorf("drains %v, %v", plan.Drain.Nodes, err)
	}
}

// dedicated is a node that is kept for other things than users' pods.
func dedicated(name, taint string) *corev1.Node {
	node := sized(name, 20)
	node.Spec.Taints = []corev1.Taint{{Key: taint, Value: "present", Effect: corev1.TaintEffectNoSchedule}}
	return node
}

// A node that users' pods cannot go to is no node for users: it is not emptied,
// its room is not theirs, and it is none of those that are to be kept.
func TestPlanReclaimLeavesOtherNodes(t *testing.T) {
	t.Parallel()
	graphics, builds := dedicated("graphics", "nvidia.com/gpu"), sized("builds", 20)
	cordonedMaster := dedicated("master", "node-role.kubernetes.io/control-plane")
	cordonedMaster.Spec.Unschedulable = true
	for name, tc := range map[string]struct {
		example    func(pod *corev1.Pod)
		candidates []string
		room       int
	}{
		"by the taints that zero-to-jupyterhub's users tolerate": {
			func(*corev1.Pod) {}, []string{"a", "b", "builds", "full"}, 80,
		},
		"by the youngest user's selector": {func(pod *corev1.Pod) {
			pod.Spec.NodeSelector = map[string]string{"cloud.google.com/gke-nodepool": "user"}
		}, []string{"a", "b", "full"}, 60},
		"by the youngest user's tolerations": {func(pod *corev1.Pod) {
			pod.Spec.Tolerations = []corev1.Toleration{{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists}}
		}, []string{"a", "b", "builds", "full", "graphics"}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			builds := builds.DeepCopy()
			builds.Labels = map[string]string{"cloud.google.com/gke-nodepool": "build"}
			full := sized("full", 20)
			full.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeDiskPressure, Effect: corev1.TaintEffectNoSchedule}}
			pods := append(crowd("a", 2, 2*time.Hour), with(userOn("a", "youngest", time.Hour), tc.example))
			_, client := start(t, []*corev1.Node{sized("a", 20), sized("b", 20), full, builds, graphics, cordonedMaster}, pods...)
			// All are kept, so that the room is that of all.
			plan, err := PlanReclaim(t.Context(), client, 9, policy(UsersWait), "me", "")
			if err != nil {
				t.Fatal(err)
			}
			var candidates []string
			for _, one := range plan.Candidates {
				candidates = append(candidates, one.Name)
			}
			slices.Sort(candidates)
			if diff := cmp.Diff(tc.candidates, candidates); diff != "" {
				t.Errorf("nodes for users (-want +got):\n%s", diff)
			}
			if room := tc.room - 20; plan.Room != room { // full takes nobody now
				t.Errorf("room for %d, want %d", plan.Room, room)
			}
			if len(plan.Drain.Nodes) > 0 {
				t.Errorf("drains %v", plan.Drain.Nodes)
			}
		})
	}
}

// A node that its operator told the autoscaler to leave alone stays, whichever
// autoscaler it is.
func TestPlanReclaimLeavesWhatIsToStay(t *testing.T) {
	t.Parallel()
	cluster, karpenter := sized("a", 20), sized("b", 20)
	cluster.Annotations = map[string]string{keepAnnotation: "true"}
	karpenter.Annotations = map[string]string{karpenterKeep: "true"}
	_, client := start(t, []*corev1.Node{cluster, karpenter, sized("c", 20)})
	plan, err := PlanReclaim(t.Context(), client, 0, policy(UsersWait), "me", "")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for _, one := range plan.Candidates {
		reasons[one.Name] = one.Reason
	}
	want := map[string]string{
		"a": "the autoscaler was told to leave it (" + keepAnnotation + ")",
		"b": "the autoscaler was told to leave it (" + karpenterKeep + ")", "c": "",
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestBlockers(t *testing.T) {
	t.Parallel()
	annotated := func(value string) func(*corev1.Pod) {
		return func(pod *corev1.Pod) { pod.Annotations = map[string]string{safeToEvict: value} }
	}
	system := func(pod *corev1.Pod) { pod.Namespace = "kube-system" }
	hostPath := func(pod *corev1.Pod) {
		pod.Spec.Volumes = []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/x"}}}}
	}
	node := clustertest.Node("a", "")
	node.Annotations = map[string]string{keepAnnotation: "true"}
	server, client := start(t, []*corev1.Node{node},
		podOn("a", "Deployment", "fine", "fine"), podOn("a", "DaemonSet", "fluentd", "daemon"),
		// What is said of these comes before all else.
		with(podOn("a", "DaemonSet", "fluentd", "precious-daemon"), annotated("false")),
		with(podOn("a", "Deployment", "guarded", "guarded-and-safe"), annotated("true")),
		with(userOn("a", "user-and-safe", time.Hour), func(pod *corev1.Pod) { pod.Annotations[safeToEvict] = "true" }),
		with(podOn("a", "", "done", "done"), phase(corev1.PodSucceeded)),
		podOn("a", "", "bare", "bare"), with(podOn("a", "", "safe", "bare-and-safe"), annotated("true")),
		with(podOn("a", "Deployment", "files", "files"), emptyDir), with(podOn("a", "Deployment", "files", "host"), hostPath),
		with(with(podOn("a", "Deployment", "files", "safe-files"), emptyDir), func(pod *corev1.Pod) {
			pod.Annotations = map[string]string{safeVolumes: "scratch"}
		}),
		with(podOn("a", "Deployment", "precious", "precious"), annotated("false")),
		with(podOn("a", "Deployment", "dns", "dns"), system),
		podOn("a", "Deployment", "guarded", "guarded"),
		userOn("a", "user-1", 4*time.Hour), userOn("a", "user-2", time.Hour))
	server.AddBudget("never", "guarded", 0)
	found, err := Blockers(t.Context(), client, []string{"a", "gone"}, DefaultMaxAge)
	if err != nil {
		t.Fatal(err)
	}
	binder := func(names ...string) []string {
		for i := range names {
			names[i] = clustertest.Namespace + "/" + names[i]
		}
		return names
	}
	want := []Blocker{
		{Node: "a", What: "pods annotated " + safeToEvict + "=false", Pods: binder("precious")},
		{Node: "a", What: "pods of kube-system without a disruption budget", Pods: []string{"kube-system/dns"}},
		{Node: "a", What: "pods that nothing would make again", Pods: binder("bare")},
		{Node: "a", What: "pods whose disruption budget binder/never allows no eviction", Pods: binder("guarded")},
		{Node: "a", What: "pods with local storage that is not said to be safe to lose", Pods: binder("files", "host")},
		{Node: "a", What: "the node is annotated " + keepAnnotation, Pods: []string{}},
		{Node: "a", What: "users who are still there", Pods: binder("user-1", "user-2"), Ends: clustertest.Now().Add(5 * time.Hour)},
	}
	if diff := cmp.Diff(BlockerReport{Found: want}, found); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
}

// What could not be read is not taken for what is not there.
func TestBlockersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	on := func(node string) Blocker {
		return Blocker{Node: node, What: "pods that nothing would make again", Pods: []string{clustertest.Namespace + "/bare-" + node}}
	}
	for name, tc := range map[string]struct {
		path   string // that is forbidden
		unseen bool
		found  []Blocker
		err    string
	}{
		"a node": {"/api/v1/nodes/a", false, []Blocker{on("b")}, "find what is on 1 of 2 nodes: get node a: "},
		"pods":   {"/api/v1/pods", false, []Blocker{}, "find what is on 2 of 2 nodes: list pods in all namespaces: "},
		// Which pods of kube-system have none is then not known, either.
		"budgets": {"/apis/policy/v1/poddisruptionbudgets", true, []Blocker{on("a"), on("b")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			system := podOn("a", "Deployment", "dns", "dns")
			system.Namespace = "kube-system"
			server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")},
				podOn("a", "", "bare", "bare-a"), podOn("b", "", "bare", "bare-b"), system)
			server.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == tc.path {
						clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("x"), "", errors.New("no")))
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			found, err := Blockers(t.Context(), client, []string{"a", "b"}, DefaultMaxAge)
			if diff := cmp.Diff(BlockerReport{Found: tc.found, BudgetsUnseen: tc.unseen}, found); diff != "" {
				t.Errorf("blockers (-want +got):\n%s", diff)
			}
			if said := fmt.Sprint(err); err != nil != (tc.err != "") || err != nil && !strings.HasPrefix(said, tc.err) {
				t.Errorf("error %q, want %q", said, tc.err)
			}
		})
	}
}

// An operator's clock that is hours ahead makes no launch an old one: the room for
// those that come now is kept.
func TestPlanReclaimByTheServersClock(t *testing.T) {
	t.Parallel()
	server, _ := start(t, []*corev1.Node{sized("a", 20), sized("b", 20)}, crowd("a", 4, 10*time.Minute)...)
	client := server.Connect("", "1m", cluster.Options{Now: func() time.Time { return clustertest.Now().Add(5 * time.Hour) }})
	plan, err := PlanReclaim(t.Context(), client, -1, policy(UsersWait), "me", "")
	if err != nil {
		t.Fatal(err)
	}
	if plan.Launches != 4 || plan.Candidates[0].Minutes > 40 && plan.Candidates[1].Minutes > 40 {
		t.Errorf("%d launches: %+v", plan.Launches, plan.Candidates)
	}
}
