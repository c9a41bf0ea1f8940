package pods

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

const hour = time.Hour

// pattern is a repository pattern that is well formed.
func pattern(t *testing.T, text string) cluster.RepoPattern {
	t.Helper()
	p, err := cluster.ParseRepoPattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func selector(t *testing.T, text string) labels.Selector {
	t.Helper()
	s, err := labels.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ligo is a user's pod of a repository, six hours old, on node-1.
func ligo() *corev1.Pod {
	return clustertest.UserPod("jupyter-minrk-ligo-binder-ab12cd34", "https://github.com/minrk/ligo-binder", 6*hour)
}

// hubPod is the Hub's own.
func hubPod() *corev1.Pod {
	pod := clustertest.UserPod("hub-7d9c", "", 30*24*hour)
	pod.Labels["component"], pod.Annotations = "hub", nil
	return pod
}

func TestFilterChooses(t *testing.T) {
	t.Parallel()
	guessed := ligo()
	guessed.Spec.Containers[0].Env = nil
	guessed.Annotations[cluster.UsernameKey] = "minrk-ligo-binder-ab12cd34"
	build := clustertest.BuildPod("build-minrk-2dligo", "https://github.com/minrk/ligo-binder", hour)
	for name, tc := range map[string]struct {
		filter Filter
		pod    *corev1.Pod
		want   bool
	}{
		"everything":                 {Filter{}, ligo(), true},
		"users":                      {Filter{Group: Users}, ligo(), true},
		"users, a build":             {Filter{Group: Users}, build, false},
		"users, the Hub":             {Filter{Group: Users}, hubPod(), false},
		"builds":                     {Filter{Group: Builds}, build, true},
		"builds, a user":             {Filter{Group: Builds}, ligo(), false},
		"the Hub's":                  {Filter{Group: Hubs}, hubPod(), true},
		"the Hub's, a user":          {Filter{Group: Hubs}, ligo(), false},
		"the Hub's, something else":  {Filter{Group: Hubs}, &corev1.Pod{}, false},
		"all, something else":        {Filter{Group: All}, &corev1.Pod{}, true},
		"exactly as old":             {Filter{OlderThan: 6 * hour}, ligo(), true},
		"not as old":                 {Filter{OlderThan: 6*hour + 1}, ligo(), false},
		"younger":                    {Filter{YoungerThan: 6*hour + 1}, ligo(), true},
		"exactly as young":           {Filter{YoungerThan: 6 * hour}, ligo(), false},
		"between":                    {Filter{OlderThan: 5 * hour, YoungerThan: 7 * hour}, ligo(), true},
		"its phase":                  {Filter{Phases: []corev1.PodPhase{"Pending", "Running"}}, ligo(), true},
		"another phase":              {Filter{Phases: []corev1.PodPhase{"Pending", "Failed"}}, ligo(), false},
		"its status, in any case":    {Filter{Statuses: []string{"error", "RUNNING"}}, ligo(), true},
		"another status":             {Filter{Statuses: []string{"error"}}, ligo(), false},
		"its node":                   {Filter{Nodes: []string{"node-2", "node-1"}}, ligo(), true},
		"another node":               {Filter{Nodes: []string{"node-2"}}, ligo(), false},
		"its name":                   {Filter{Name: "jupyter-minrk-*"}, ligo(), true},
		"a part of its name":         {Filter{Name: "minrk"}, ligo(), false},
		"a name that is malformed":   {Filter{Name: "["}, ligo(), false},
		"its labels":                 {Filter{Labels: selector(t, "app=jupyterhub,component!=hub")}, ligo(), true},
		"other labels":               {Filter{Labels: selector(t, "app=binder")}, ligo(), false},
		"any labels":                 {Filter{Labels: labels.Everything()}, &corev1.Pod{}, true},
		"its repository":             {Filter{Repos: []cluster.RepoPattern{pattern(t, "other/*"), pattern(t, "minrk/*")}}, ligo(), true},
		"another repository":         {Filter{Repos: []cluster.RepoPattern{pattern(t, "other/*")}}, ligo(), false},
		"its repository, as a guess": {Filter{Repos: []cluster.RepoPattern{pattern(t, "minrk/ligo-binder")}}, guessed, true},
		"a build's repository":       {Filter{Repos: []cluster.RepoPattern{pattern(t, "minrk/ligo-binder")}}, build, true},
		"all of it":                  {Filter{Group: Users, OlderThan: hour, Nodes: []string{"node-1"}, Name: "jupyter-*"}, ligo(), true},
		"all but one":                {Filter{Group: Users, OlderThan: hour, Nodes: []string{"node-1"}, Name: "hub-*"}, ligo(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := newReducer().reduce(tc.pod)
			if got := tc.filter.choose(tc.pod, row, clustertest.Now()); got != tc.want {
				t.Errorf("choose = %v", got)
			}
		})
	}
}

// Whatever the server is asked for must be all that the filter chooses.
func TestFilterQuery(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		filter Filter
		want   cluster.PodQuery
	}{
		"everything":  {Filter{}, cluster.PodQuery{Namespace: "binder"}},
		"all":         {Filter{Group: All}, cluster.PodQuery{Namespace: "binder"}},
		"the Hub's":   {Filter{Group: Hubs}, cluster.PodQuery{Namespace: "binder"}},
		"users":       {Filter{Group: Users}, cluster.PodQuery{Namespace: "binder", Selector: cluster.UserSelector}},
		"builds":      {Filter{Group: Builds}, cluster.PodQuery{Namespace: "binder", Selector: cluster.BuildSelector}},
		"labels":      {Filter{Group: Users, Labels: selector(t, "a=b")}, cluster.PodQuery{Namespace: "binder", Selector: cluster.UserSelector + ",a=b"}},
		"any labels":  {Filter{Labels: labels.Everything()}, cluster.PodQuery{Namespace: "binder"}},
		"a node":      {Filter{Nodes: []string{"n1"}}, cluster.PodQuery{Namespace: "binder", Fields: "spec.nodeName=n1"}},
		"two nodes":   {Filter{Nodes: []string{"n1", "n2"}}, cluster.PodQuery{Namespace: "binder"}},
		"a phase":     {Filter{Phases: []corev1.PodPhase{"Failed"}}, cluster.PodQuery{Namespace: "binder", Fields: "status.phase=Failed"}},
		"two phases":  {Filter{Phases: []corev1.PodPhase{"Failed", "Pending"}}, cluster.PodQuery{Namespace: "binder"}},
		"a node and…": {Filter{Nodes: []string{"n1"}, Phases: []corev1.PodPhase{"Failed"}}, cluster.PodQuery{Namespace: "binder", Fields: "spec.nodeName=n1,status.phase=Failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.filter.query("binder")); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAgeIsNeverNegative(t *testing.T) {
	t.Parallel()
	ahead := newReducer().reduce(clustertest.UserPod("ahead", "", -hour))
	if got := ahead.Age(clustertest.Now()); got != 0 {
		t.Errorf("a pod of a clock that is ahead is %s old", got)
	}
}

func TestReduceKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	pod := ligo()
	pod.Spec.Containers[0].Env[0].Value = "https://user:secret@github.com/minrk/ligo-binder"
	pod.Spec.Containers[0].Env = append(pod.Spec.Containers[0].Env, corev1.EnvVar{Name: "JUPYTERHUB_API_TOKEN", Value: "secret"})
	want := Pod{
		Namespace: "binder", Name: pod.Name, UID: pod.UID, Kind: cluster.User, User: pod.Name,
		Repo: "minrk/ligo-binder", RepoURL: "https://github.com/minrk/ligo-binder", RepoFrom: cluster.FromSpec,
		Image: "registry.example.org/notebook", Phase: corev1.PodRunning, Status: "Running", Ready: 1, Total: 1,
		Node: "node-1", Created: clustertest.Now().Add(-6 * hour), CPU: 10, Memory: 450 << 20,
	}
	if diff := cmp.Diff(want, newReducer().reduce(pod)); diff != "" {
		t.Errorf("reduce (-want +got):\n%s", diff)
	}
}
