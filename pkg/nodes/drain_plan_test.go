package nodes

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func policy(users UsersPolicy) DrainPolicy {
	return DrainPolicy{Users: users, MaxAge: Span(DefaultMaxAge), For: ForDrain}
}

// everySort has one pod of every sort on node a.
func everySort() []*corev1.Pod {
	build := clustertest.BuildPod("build", "https://github.com/minrk/ligo-binder", time.Hour)
	build.Spec.NodeName = "a"
	return []*corev1.Pod{
		podOn("a", "Deployment", "hub", "hub"),
		podOn("a", "StatefulSet", "db", "db"),
		podOn("a", "DaemonSet", "fluentd", "daemon"),
		podOn("a", "DaemonSet", "deleted", "leftover"),
		with(podOn("a", "", "etcd", "static"), func(pod *corev1.Pod) {
			pod.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "yes"}
		}),
		podOn("a", "", "bare", "bare"),
		with(podOn("a", "Deployment", "files", "files"), emptyDir),
		with(podOn("a", "", "both", "both"), emptyDir),
		with(podOn("a", "", "done", "done"), phase(corev1.PodSucceeded)),
		with(podOn("a", "Deployment", "ending", "ending"), func(pod *corev1.Pod) {
			pod.DeletionTimestamp = new(metav1.NewTime(clustertest.Now()))
		}),
		userOn("a", "user", time.Hour),
		with(userOn("a", "user-done", time.Hour), phase(corev1.PodFailed)),
		with(userOn("a", "user-with-files", 2*time.Hour), emptyDir),
		build,
		podOn("b", "Deployment", "elsewhere", "elsewhere"),
	}
}

func TestPlanDrainJudgesPods(t *testing.T) {
	t.Parallel()
	const (
		session = "waits: a user's session"
		force   = "refuses: nothing would make another [--force]"
		files   = "refuses: it keeps files on the node (emptyDir), which would be lost [--delete-emptydir-data]"
		both    = "refuses: nothing would make another; it keeps files on the node (emptyDir), which would be lost [--force --delete-emptydir-data]"
	)
	base := map[string]string{
		"hub": "moves: Deployment hub makes another", "db": "moves: StatefulSet db makes another",
		"daemon": "stays: DaemonSet fluentd has one on each node", "static": "stays: the node's own (static)",
		"leftover": force, "bare": force, "files": files, "both": both,
		"done": "goes: finished: Succeeded", "ending": "goes: already terminating", "user-done": "goes: finished: Failed",
		"user": session, "user-with-files": session, "build": "waits: a build",
	}
	for name, tc := range map[string]struct {
		policy DrainPolicy
		differ map[string]string
	}{
		"by default": {policy(UsersWait), nil},
		"by force": {DrainPolicy{Users: UsersWait, Force: true}, map[string]string{
			"bare": "ends: nothing makes another", "leftover": "ends: nothing makes another",
			"both": files,
		}},
		"with local data": {DrainPolicy{Users: UsersWait, EmptyDir: true}, map[string]string{
			"files": "moves: Deployment files makes another", "both": force,
		}},
		"with users": {policy(UsersEvict), map[string]string{
			"user": "ends: a user's session is cut off", "user-with-files": "ends: a user's session is cut off", "build": "ends: a build is cut off",
		}},
		"until a deadline": {policy(UsersDeadline), map[string]string{
			"user": session + ", until the deadline", "user-with-files": session + ", until the deadline", "build": "waits: a build, until the deadline",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")}, everySort()...)
			plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, tc.policy, "me", "")
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, p := range plan.Pods {
				got[p.Name] = strings.TrimSuffix(fmt.Sprintf("%s: %s %v", p.Verdict, p.Reason, p.Flags), " []")
			}
			want := map[string]string{}
			maps.Copy(want, base)
			maps.Copy(want, tc.differ)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanDrainCounts(t *testing.T) {
	t.Parallel()
	dead := clustertest.Node("a", "")
	dead.Status.Conditions[0].Status = corev1.ConditionUnknown
	server, client := start(t, []*corev1.Node{dead, clustertest.Node("b", "")}, append(everySort(), userOn("b", "other", 7*time.Hour))...)
	server.AddBudget("tight", "hub", 0)
	server.AddBudget("loose", "db", 1)
	plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a", "b"}}, policy(UsersWait), "me", "why")
	if err != nil {
		t.Fatal(err)
	}
	want := DrainCost{OfUsers: 3, Sessions: 3, Building: 1, Overdue: 1, LastEnds: clustertest.Now().Add(5 * time.Hour), Dead: 5}
	if diff := cmp.Diff(want, plan.Cost); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	if len(plan.Budgets) != 1 || plan.Budgets[0].Name != "tight" || len(plan.Budgets[0].Pods) != 1 {
		t.Errorf("budgets that hold pods back: %v", plan.Budgets)
	}
	if n := len(plan.Refused()); n != 4 {
		t.Errorf("%d pods refused, want 4", n)
	}
	plan, err = PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy(UsersEvict), "me", "why")
	if err != nil || plan.Cost.Users != 2 || plan.Cost.Builds != 1 || plan.Cost.Share() < 0.6 {
		t.Errorf("cost %+v, %v", plan.Cost, err)
	}
}

// A DaemonSet that may not be read is taken to exist; what is on the node stays.
func TestPlanDrainWithPartialSight(t *testing.T) {
	t.Parallel()
	server, client := start(t, []*corev1.Node{clustertest.Node("a", "")}, podOn("a", "DaemonSet", "deleted", "leftover"), podOn("a", "DaemonSet", "deleted", "leftover-2"))
	asked := 0
	server.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/daemonsets/") || strings.Contains(r.URL.Path, "/poddisruptionbudgets") {
				asked++
				clustertest.Refuse(w, apierrors.NewForbidden(corev1.Resource("x"), "", errors.New("no")))
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy(UsersWait), "me", "")
	if err != nil || len(plan.Pods) != 2 || plan.Pods[0].Verdict != Keeps {
		t.Errorf("plan is %+v, %v", plan.Pods, err)
	}
	if diff := cmp.Diff([]string{"poddisruptionbudgets"}, plan.Unseen); diff != "" {
		t.Errorf("unseen (-want +got):\n%s", diff)
	}
	if asked > 2 {
		t.Errorf("%d requests: a DaemonSet is asked for more than once", asked)
	}
}

// Anything that may be a user's is treated as one, whatever else it looks like.
func TestPlanDrainSparesWhatMayBeAUser(t *testing.T) {
	t.Parallel()
	odd := podOn("a", "Deployment", "odd", "odd")
	odd.Labels["component"] = "singleuser-server"
	_, client := start(t, []*corev1.Node{clustertest.Node("a", "")}, odd)
	plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, policy(UsersWait), "me", "")
	if err != nil || len(plan.Pods) != 1 || plan.Pods[0].Verdict != Waits || plan.Pods[0].Kind != cluster.User {
		t.Errorf("plan is %+v, %v", plan.Pods, err)
	}
}

// Who is cut off at the deadline weighs as much as who is cut off at once.
func TestDrainCostCountsWhomTheDeadlineCutsOff(t *testing.T) {
	t.Parallel()
	build := clustertest.BuildPod("build", "https://github.com/minrk/ligo-binder", time.Hour)
	build.Spec.NodeName = "a"
	pods := []*corev1.Pod{userOn("a", "one", time.Hour), userOn("a", "two", time.Hour), build, userOn("b", "three", time.Hour), userOn("b", "four", time.Hour)}
	for users, want := range map[UsersPolicy]struct {
		deadline, cutOff int
		share            float64
	}{
		UsersWait:     {0, 0, 0},
		UsersEvict:    {0, 3, 0.75},
		UsersDeadline: {3, 3, 0.75},
	} {
		_, client := start(t, []*corev1.Node{clustertest.Node("a", ""), clustertest.Node("b", "")}, pods...)
		rules := policy(users)
		rules.Deadline = clustertest.Now().Add(time.Hour)
		plan, err := PlanDrain(t.Context(), client, Wanted{Names: []string{"a"}}, rules, "me", "")
		if err != nil {
			t.Fatal(err)
		}
		if cost := plan.Cost; cost.Deadline != want.deadline || cost.CutOff() != want.cutOff || cost.Share() != want.share {
			t.Errorf("users %s: %d at the deadline, %d cut off, share %g; want %v", users, cost.Deadline, cost.CutOff(), cost.Share(), want)
		}
	}
	if share := (DrainCost{Builds: 1}).Share(); share != 0 {
		t.Errorf("without any user the share is %g", share)
	}
}
