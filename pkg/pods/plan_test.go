package pods

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

// fakeClient is a client of a cluster with these pods.
func fakeClient(pods ...*corev1.Pod) *cluster.Client {
	kube := fake.NewClientset()
	for _, pod := range pods {
		if err := kube.Tracker().Add(pod); err != nil {
			panic(err)
		}
	}
	return &cluster.Client{
		Kube: kube, Now: clustertest.Now,
		Where: cluster.Location{Context: "prod", Server: "https://api.example.org", Namespace: clustertest.Namespace},
	}
}

func on(node string, phase corev1.PodPhase, pod *corev1.Pod) *corev1.Pod {
	pod.Spec.NodeName, pod.Status.Phase = node, phase
	return pod
}

const (
	ligoURL  = "https://github.com/minrk/ligo-binder"
	otherURL = "https://github.com/other/name"
)

// busyCluster has seven users of two repositories on three nodes, and more.
func busyCluster() []*corev1.Pod {
	elsewhere := clustertest.UserPod("elsewhere", ligoURL, 50*hour)
	elsewhere.Namespace = "staging"
	owned := on("node-2", corev1.PodRunning, clustertest.UserPod("owned", ligoURL, 50*hour))
	owned.OwnerReferences = []metav1.OwnerReference{{Kind: "Job", Name: "x", Controller: new(true)}}
	return []*corev1.Pod{
		on("node-1", corev1.PodRunning, clustertest.UserPod("oldest", ligoURL, 30*hour)),
		on("node-1", corev1.PodRunning, clustertest.UserPod("old-b", otherURL, 20*hour)),
		on("node-1", corev1.PodSucceeded, clustertest.UserPod("old-a", "https://github.com/MinRK/ligo-binder", 20*hour)),
		on("", corev1.PodPending, clustertest.UserPod("waits", ligoURL, 10*hour)),
		on("node-3", corev1.PodPending, clustertest.UserPod("starts", otherURL, 8*hour)),
		on("node-2", corev1.PodRunning, clustertest.UserPod("young-1", ligoURL, 5*hour)),
		on("node-2", corev1.PodRunning, clustertest.UserPod("young-2", ligoURL, 4*hour)),
		on("node-2", corev1.PodRunning, clustertest.UserPod("young-3", ligoURL, 3*hour)),
		on("node-2", corev1.PodRunning, clustertest.UserPod("young-4", ligoURL, 2*hour)),
		owned, elsewhere, hubPod(),
		clustertest.BuildPod("build-x", ligoURL, 40*hour),
	}
}

func victims(plan Plan) (names []string) {
	for _, victim := range plan.Victims {
		names = append(names, victim.Name)
	}
	return names
}

func TestPlanCull(t *testing.T) {
	t.Parallel()
	plan, err := PlanCull(t.Context(), fakeClient(busyCluster()...), Policy{OlderThan: age(6 * hour)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"oldest", "old-a", "old-b", "waits", "starts"}, victims(plan)); diff != "" {
		t.Errorf("the oldest first, then by name (-want +got):\n%s", diff)
	}
	wantSpared := []Spared{
		{"younger than 6h", 4, []string{"young-1", "young-2", "young-3"}},
		{"not certainly a user's: controlled by Job x", 1, []string{"owned"}},
	}
	if diff := cmp.Diff(wantSpared, plan.Spared); diff != "" {
		t.Errorf("spared (-want +got):\n%s", diff)
	}
	wantCost := Cost{
		Users: 2, Waiting: 2, OfUsers: 9, OfPods: 10, // the one that succeeded is nobody's any more
		ByRepo: []RepoCost{
			{"minrk/ligo-binder", 3, 1, clustertest.Now().Add(-30 * hour)},
			{"other/name", 2, 1, clustertest.Now().Add(-20 * hour)},
		},
		Emptied: []string{"node-1", "node-3"},
		CPU:     30, Memory: 3 * 450 << 20, PodSlots: 3, // the one that waits has no node yet, and what succeeded holds nothing
	}
	if diff := cmp.Diff(wantCost, plan.Cost); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	if plan.Format != PlanFormat || plan.Digest == "" || !plan.Made.Equal(clustertest.Now()) || plan.Where.Context != "prod" {
		t.Errorf("plan %q of %s in %+v, digest %q", plan.Format, plan.Made, plan.Where, plan.Digest)
	}
	if got := plan.Cost.Share(); got != 4.0/9 {
		t.Errorf("Share = %v", got)
	}
}

func TestPlanCullLimited(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]struct {
		victims []string
		over    int
	}{
		0: {[]string{"oldest", "old-a", "old-b", "waits", "starts"}, 0},
		2: {[]string{"oldest", "old-a"}, 3},
		5: {[]string{"oldest", "old-a", "old-b", "waits", "starts"}, 0},
		9: {[]string{"oldest", "old-a", "old-b", "waits", "starts"}, 0},
	} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			plan, err := PlanCull(t.Context(), fakeClient(busyCluster()...), Policy{OlderThan: age(6 * hour), Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.victims, victims(plan)); diff != "" {
				t.Errorf("victims (-want +got):\n%s", diff)
			}
			over := 0
			for _, spared := range plan.Spared {
				if spared.Reason == "over the limit" {
					over = spared.Pods
				}
			}
			if over != want.over {
				t.Errorf("%d pods spared as over the limit, want %d", over, want.over)
			}
		})
	}
}

func TestPlanCullOfOtherThings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		policy Policy
		want   []string
	}{
		"builds":       {Policy{OlderThan: age(6 * hour), Builds: true}, []string{"build-x"}},
		"a node":       {Policy{OlderThan: age(0), Nodes: []string{"node-2"}}, []string{"young-1", "young-2", "young-3", "young-4"}},
		"a repository": {Policy{Repos: rules(t, "other/name", 9*hour)}, []string{"old-b"}},
		"a phase":      {Policy{OlderThan: age(0), Phases: []corev1.PodPhase{"Pending"}}, []string{"waits", "starts"}},
		"nothing":      {Policy{OlderThan: age(100 * hour)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, err := PlanCull(t.Context(), fakeClient(busyCluster()...), tc.policy)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, victims(plan)); diff != "" {
				t.Errorf("victims (-want +got):\n%s", diff)
			}
			if plan.Victims == nil || plan.Spared == nil || plan.Cost.Emptied == nil || plan.Cost.ByRepo == nil {
				t.Errorf("a list is null in JSON, not []: %+v", plan)
			}
		})
	}
}

func TestShareOfNobody(t *testing.T) {
	t.Parallel()
	if got := (Cost{}).Share(); got != 0 {
		t.Errorf("Share = %v where nobody has a server", got)
	}
}

// Half a list is no ground for a plan.
func TestPlanCullWhenAPageFails(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no"))
	client := fakeClient()
	client.Kube.(*fake.Clientset).PrependReactor("list", "pods", func(action kubetesting.Action) (bool, runtime.Object, error) {
		if action.(kubetesting.ListActionImpl).ListOptions.Continue != "" {
			return true, nil, forbidden
		}
		return true, &corev1.PodList{ListMeta: metav1.ListMeta{Continue: "2"}, Items: []corev1.Pod{*ligo()}}, nil
	})
	plan, err := PlanCull(t.Context(), client, Policy{OlderThan: age(hour)})
	if !errors.Is(err, forbidden) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(Plan{}, plan, cmpopts.EquateComparable(time.Time{}), cmp.AllowUnexported(Plan{}, cluster.RepoPattern{})); diff != "" {
		t.Errorf("a plan was made (-want +got):\n%s", diff)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	plan, err := PlanCull(t.Context(), fakeClient(ligo()), Policy{OlderThan: age(hour)})
	if err != nil {
		t.Fatal(err)
	}
	got := plan.All(Failed, "why")
	if len(got) != 1 || got[0].Name != ligo().Name || got[0].Result != Failed || got[0].Detail != "why" {
		t.Errorf("All = %+v", got)
	}
}

func TestListWhereNotAllMayBeRead(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no"))
	namespaces := []string{"binder", "secret", "staging"}
	start := func(refuses ...string) *cluster.Client {
		client := fakeClient(busyCluster()...)
		kube := client.Kube.(*fake.Clientset)
		for _, name := range namespaces {
			if err := kube.Tracker().Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
				t.Fatal(err)
			}
		}
		kube.PrependReactor("list", "*", func(action kubetesting.Action) (bool, runtime.Object, error) {
			for _, refused := range refuses {
				if action.GetResource().Resource == "pods" && action.GetNamespace() == refused || action.GetResource().Resource == refused {
					return true, nil, forbidden
				}
			}
			return false, nil, nil
		})
		return client
	}
	list := func(client *cluster.Client, namespace string) (Listing, []string, error) {
		var names []string
		listing, err := List(t.Context(), client, namespace, Filter{Group: Users, OlderThan: 30 * hour},
			func() { names = nil }, func(pod Pod) { names = append(names, pod.Namespace+"/"+pod.Name) })
		return listing, names, err
	}
	all := []string{"binder/oldest", "binder/owned", "staging/elsewhere"}
	for name, tc := range map[string]struct {
		refuses   []string
		namespace string
		want      []string
		unseen    []string
		fails     bool
	}{
		"all may be":                   {nil, "", all, []string{}, false},
		"one namespace":                {nil, "staging", all[2:], []string{}, false},
		"not all at once":              {[]string{""}, "", all, []string{}, false},
		"nor one of them":              {[]string{"", "secret"}, "", all, []string{"secret"}, false},
		"nor another":                  {[]string{"", "binder"}, "", all[2:], []string{"binder"}, false},
		"none":                         {[]string{"", "binder", "secret", "staging"}, "", nil, nil, true},
		"nor which namespaces are":     {[]string{"", "namespaces"}, "", nil, nil, true},
		"not the one that is asked of": {[]string{"staging"}, "staging", nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listing, names, err := list(start(tc.refuses...), tc.namespace)
			if tc.fails {
				if !apierrors.IsForbidden(err) {
					t.Errorf("error %v, want what the server said", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, names); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.unseen, listing.Unseen); diff != "" {
				t.Errorf("unseen (-want +got):\n%s", diff)
			}
		})
	}
}
