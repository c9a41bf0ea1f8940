package nodes

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func mark() Mark { return Mark{By: "me", At: clustertest.Now(), Reason: "network", For: ForCordon} }

func TestPlanCordonFindsWhatHasNoRoom(t *testing.T) {
	t.Parallel()
	core := clustertest.Node("core", "core")
	core.Labels[purposeKey] = string(CoreRole)
	notReady := clustertest.Node("dead", "user")
	notReady.Status.Conditions[0].Status = corev1.ConditionUnknown
	pods := []*corev1.Pod{
		podOn("core", "Deployment", "hub", "hub-abc123-1"),
		podOn("core", "Deployment", "binder", "binder-abc123-1"), podOn("a", "Deployment", "binder", "binder-abc123-2"),
		podOn("core", "StatefulSet", "db", "db-0"),
		podOn("core", "DaemonSet", "fluentd", "fluentd-1"), podOn("core", "Job", "tidy", "tidy-1"),
		podOn("core", "", "proxy", "proxy"), userOn("a", "jupyter-a", 0),
		with(podOn("core", "Deployment", "old", "old-abc123-1"), phase(corev1.PodSucceeded)),
	}
	for name, tc := range map[string]struct {
		nodes    []string
		closed   string
		launches bool
		stranded []string
	}{
		"the only core node":        {[]string{"core"}, "core", true, []string{"StatefulSet db", "Deployment hub", "Service proxy"}},
		"one of two for users":      {[]string{"a"}, "", true, []string{}},
		"both nodes for users":      {[]string{"a", "b"}, "user", false, []string{}},
		"one that takes none as is": {[]string{"dead"}, "", true, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, []*corev1.Node{core, clustertest.Node("a", "user"), clustertest.Node("b", "user"), notReady}, pods...)
			server.AddService("proxy", "proxy")
			plan, err := PlanCordon(t.Context(), client, tc.nodes, mark())
			if err != nil {
				t.Fatal(err)
			}
			var closed []string
			for _, pool := range plan.Closed {
				closed = append(closed, pool.Name)
			}
			stranded := []string{}
			for _, workload := range plan.Stranded {
				stranded = append(stranded, workload.Kind+" "+workload.Name)
			}
			if diff := cmp.Diff(tc.stranded, stranded); diff != "" {
				t.Errorf("stranded (-want +got):\n%s", diff)
			}
			if strings.Join(closed, " ") != tc.closed || plan.Launches != tc.launches {
				t.Errorf("closed %v, launches go on: %v", closed, plan.Launches)
			}
		})
	}
}

func TestPlanCordonOfASingleNode(t *testing.T) {
	t.Parallel()
	_, client := start(t, []*corev1.Node{clustertest.Node("k3s", "")}, podOn("k3s", "Deployment", "hub", "hub-abc123-1"))
	plan, err := PlanCordon(t.Context(), client, []string{"k3s"}, mark())
	if err != nil || plan.Launches || len(plan.Closed) != 1 || len(plan.Stranded) != 1 {
		t.Errorf("launches go on: %v, closed %v, stranded %v, %v", plan.Launches, plan.Closed, plan.Stranded, err)
	}
}

func TestPlanCordonOfANameThatIsWrong(t *testing.T) {
	t.Parallel()
	_, client := start(t, []*corev1.Node{clustertest.Node("pool-2fhq", ""), clustertest.Node("other", "")})
	_, err := PlanCordon(t.Context(), client, []string{"other", "2fhq"}, mark())
	unknown, ok := errors.AsType[*UnknownNodeError](err)
	if !ok || unknown.Error() != "node 2fhq: not found; did you mean pool-2fhq?" {
		t.Errorf("got %v", err)
	}
}

// Without the right to list pods a node can be cordoned all the same; that not
// everything was looked at is said.
func TestPlanCordonWithPartialSight(t *testing.T) {
	t.Parallel()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")})
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pods") {
				clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no")))
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	plan, err := PlanCordon(t.Context(), client, []string{"a"}, mark())
	if diff := cmp.Diff([]string{"pods"}, plan.Unseen); diff != "" || err != nil {
		t.Errorf("unseen (-want +got):\n%s%v", diff, err)
	}
}

func TestCordonAndUncordon(t *testing.T) {
	t.Parallel()
	theirs := clustertest.Node("theirs", "")
	theirs.Spec.Unschedulable = true
	theirs.Annotations = map[string]string{MarkKey: `{"by":"them","at":"2026-03-01T09:00:00Z","reason":"disk","for":"drain"}`}
	kubectls := clustertest.Node("kubectls", "")
	kubectls.Spec.Unschedulable = true
	kubectls.ManagedFields = []metav1.ManagedFieldsEntry{{
		Manager: "kubectl-cordon", Time: new(metav1.NewTime(clustertest.Now().Add(-3 * time.Hour))),
		FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:unschedulable":{}}}`),
	}}
	names := []string{"gone", "kubectls", "open", "theirs"}
	server, client := start(t, []*corev1.Node{clustertest.Node("gone", ""), clustertest.Node("open", ""), clustertest.Node("other", ""), theirs, kubectls})
	plan, err := PlanCordon(t.Context(), client, names, mark())
	if err != nil {
		t.Fatal(err)
	}
	server.RemoveNode("gone")
	server.UpdateNode("open", func(node *corev1.Node) { node.Labels = map[string]string{"heartbeat": "now"} }) // read again
	outcomes, err := Cordon(t.Context(), client, plan, ChangeOptions{})
	want := []string{
		"gone: already gone: the node is no longer there",
		"kubectls: left as it was: already cordoned 3h ago with kubectl-cordon",
		"open: cordoned",
		"theirs: left as it was: already cordoned 3h ago by them to drain it: disk",
	}
	if diff := cmp.Diff(want, nodeReport(outcomes)); diff != "" || err != nil {
		t.Errorf("outcomes (-want +got):\n%s%v", diff, err)
	}
	if diff := cmp.Diff(new(mark()), MarkOf(server.Node("open"))); diff != "" {
		t.Errorf("mark (-want +got):\n%s", diff)
	}

	mine, err := PlanUncordon(t.Context(), client, Wanted{By: "me"}, "me")
	if err != nil || len(mine.Nodes) != 1 || mine.Nodes[0].Name != "open" {
		t.Fatalf("mine are %v, %v", mine.Nodes, err)
	}
	undo, err := PlanUncordon(t.Context(), client, Wanted{Names: []string{"open", "other", "theirs"}, For: ForDrain}, "me")
	if err != nil {
		t.Fatal(err)
	}
	want = []string{
		"open: left as it was: not what is asked for: cordoned 0s ago by me: network",
		"other: left as it was: it is not cordoned",
		"theirs: uncordoned",
	}
	if diff := cmp.Diff(want, nodeReport(Uncordon(t.Context(), client, undo, ChangeOptions{}))); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
	if node := server.Node("theirs"); node.Spec.Unschedulable || node.Annotations[MarkKey] != "" {
		t.Error("it is not as before")
	}
}

// Somebody else cordons the node in the very moment; their note stays.
func TestCordonOfANodeThatChanges(t *testing.T) {
	t.Parallel()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")})
	plan, err := PlanCordon(t.Context(), client, []string{"a"}, mark())
	if err != nil {
		t.Fatal(err)
	}
	server.UpdateNode("a", func(node *corev1.Node) {
		node.Spec.Unschedulable = true
		node.Annotations = map[string]string{MarkKey: `{"by":"them","at":"2026-03-01T12:00:00Z","for":"cordon"}`}
	})
	outcomes, _ := Cordon(t.Context(), client, plan, ChangeOptions{})
	if diff := cmp.Diff([]string{"a: left as it was: already cordoned 0s ago by them"}, nodeReport(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestUncordonOfWhatOthersHaveTakenOver(t *testing.T) {
	t.Parallel()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")})
	plan, _ := PlanCordon(t.Context(), client, []string{"a"}, mark())
	if _, err := Cordon(t.Context(), client, plan, ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	undo, err := PlanUncordon(t.Context(), client, Wanted{By: "me"}, "me")
	if err != nil {
		t.Fatal(err)
	}
	server.UpdateNode("a", func(node *corev1.Node) {
		node.Annotations[MarkKey] = `{"by":"them","at":"2026-03-01T12:00:00Z","reason":"mine now","for":"drain"}`
	})
	want := []string{"a: left as it was: now it is cordoned 0s ago by them to drain it: mine now"}
	if diff := cmp.Diff(want, nodeReport(Uncordon(t.Context(), client, undo, ChangeOptions{}))); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestCordonDryRun(t *testing.T) {
	t.Parallel()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")})
	plan, _ := PlanCordon(t.Context(), client, []string{"a"}, mark())
	outcomes, _ := Cordon(t.Context(), client, plan, ChangeOptions{DryRun: true})
	if diff := cmp.Diff([]string{"a: would be done"}, nodeReport(outcomes)); diff != "" || server.Node("a").Spec.Unschedulable {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// A server that is away for a moment is asked again, and a refusal is reported.
func TestCordonTriesThemAll(t *testing.T) {
	t.Parallel()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", ""), clustertest.Node("c", ""), clustertest.Node("d", "")})
	plan, _ := PlanCordon(t.Context(), client, []string{"a", "b", "c"}, mark())
	client.Now = time.Now // for the pace
	var once sync.Once
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/a") {
				clustertest.Refuse(w, apierrors.NewBadRequest("nonsense"))
				return
			}
			if r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/b") {
				once.Do(func() { panic(http.ErrAbortHandler) })
			}
			next.ServeHTTP(w, r)
		})
	})
	outcomes, _ := Cordon(t.Context(), client, plan, ChangeOptions{})
	want := []string{"a: failed: change node a: nonsense", "b: cordoned", "c: cordoned"}
	if diff := cmp.Diff(want, nodeReport(outcomes)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}
