package pods

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
)

func age(d time.Duration) *Age { return new(Age(d)) }

// rules is a list of repositories and their ages.
func rules(t *testing.T, pairs ...any) []RepoAge {
	t.Helper()
	var list []RepoAge
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, RepoAge{pattern(t, pairs[i].(string)), Age(pairs[i+1].(time.Duration))})
	}
	return list
}

// guess is ligo without the URL, so that its name alone tells the repository.
func guess() *corev1.Pod {
	pod := ligo()
	pod.Spec.Containers[0].Env = nil
	pod.Annotations["hub.jupyter.org/username"] = "minrk-ligo-binder-ab12cd34"
	return pod
}

// nobodys is ligo without anything that tells the repository.
func nobodys() *corev1.Pod {
	pod := guess()
	pod.Annotations["hub.jupyter.org/username"] = "alice"
	return pod
}

func changed(pod *corev1.Pod, change func(pod *corev1.Pod)) *corev1.Pod {
	change(pod)
	return pod
}

func TestPolicyJudges(t *testing.T) {
	t.Parallel()
	const goes = "goes: "
	old := Policy{OlderThan: age(6 * hour)}
	with := func(change func(p *Policy)) Policy {
		p := old
		change(&p)
		return p
	}
	owned := func(pod *corev1.Pod) {
		pod.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "x", Controller: new(true)}}
	}
	ending := func(pod *corev1.Pod) { pod.DeletionTimestamp = new(metav1.NewTime(clustertest.Now())) }
	build := func() *corev1.Pod {
		return clustertest.BuildPod("build-x", "https://github.com/minrk/ligo-binder", 7*hour)
	}

	for name, tc := range map[string]struct {
		policy Policy
		pod    *corev1.Pod // six hours old
		want   string      // the reason it goes, or the one it is spared for
	}{
		"exactly the age":            {old, ligo(), goes + "older than 6h"},
		"a second younger":           {Policy{OlderThan: age(6*hour + time.Second)}, ligo(), "younger than 6h1s"},
		"older":                      {Policy{OlderThan: age(90 * time.Minute)}, ligo(), goes + "older than 1h30m"},
		"any age":                    {Policy{OlderThan: age(0)}, ligo(), goes + "matches"},
		"a policy of nothing":        {Policy{}, ligo(), "of other repositories"},
		"that never started":         {old, changed(ligo(), func(p *corev1.Pod) { p.Status = corev1.PodStatus{Phase: corev1.PodPending} }), goes + "older than 6h"},
		"of a clock that is ahead":   {old, clustertest.UserPod("ahead", "", -hour), "younger than 6h"},
		"of a clock ahead, any age":  {Policy{OlderThan: age(0)}, clustertest.UserPod("ahead", "", -hour), goes + "matches"},
		"a server of a real account": {old, nobodys(), goes + "older than 6h"},

		"no labels":                      {old, &corev1.Pod{}, "not certainly a user's: no label component=singleuser-server"},
		"the Hub":                        {old, hubPod(), "not certainly a user's: no label component=singleuser-server"},
		"controlled":                     {old, changed(ligo(), owned), "not certainly a user's: controlled by ReplicaSet x"},
		"of no user":                     {old, changed(ligo(), func(p *corev1.Pod) { p.Annotations = nil }), "not certainly a user's: no annotation hub.jupyter.org/username"},
		"of another app":                 {old, changed(ligo(), func(p *corev1.Pod) { p.Labels["app"] = "x" }), "not certainly a user's: no label app=jupyterhub"},
		"a doubt outweighs force":        {with(func(p *Policy) { p.Terminating = true }), changed(changed(ligo(), owned), ending), "not certainly a user's: controlled by ReplicaSet x"},
		"a build":                        {old, build(), "of another kind"},
		"builds, a build":                {with(func(p *Policy) { p.Builds = true }), build(), goes + "older than 6h"},
		"builds, a user":                 {with(func(p *Policy) { p.Builds = true }), ligo(), "of another kind"},
		"builds, one that is controlled": {with(func(p *Policy) { p.Builds = true }), changed(build(), owned), "not certainly a build: controlled by ReplicaSet x"},
		"builds of a repository":         {Policy{Builds: true, Repos: rules(t, "minrk/*", hour)}, build(), goes + "older than 1h for minrk/*"},

		"terminating":          {old, changed(ligo(), ending), "already terminating"},
		"terminating, force":   {with(func(p *Policy) { p.Terminating = true }), changed(ligo(), ending), goes + "older than 6h"},
		"its phase":            {with(func(p *Policy) { p.Phases = []corev1.PodPhase{"Failed", "Running"} }), ligo(), goes + "older than 6h"},
		"another phase":        {with(func(p *Policy) { p.Phases = []corev1.PodPhase{"Failed"} }), ligo(), "in other phases"},
		"its node":             {with(func(p *Policy) { p.Nodes = []string{"node-1"} }), ligo(), goes + "older than 6h"},
		"another node":         {with(func(p *Policy) { p.Nodes = []string{"node-2"} }), ligo(), "on other nodes"},
		"its name":             {with(func(p *Policy) { p.Name = "jupyter-*" }), ligo(), goes + "older than 6h"},
		"another name":         {with(func(p *Policy) { p.Name = "jupyter" }), ligo(), "of other names"},
		"a name of no meaning": {with(func(p *Policy) { p.Name = "[" }), ligo(), "of other names"},
		"its labels":           {with(func(p *Policy) { p.Labels = "component=singleuser-server" }), ligo(), goes + "older than 6h"},
		"other labels":         {with(func(p *Policy) { p.Labels = "canary" }), ligo(), "with other labels"},

		"a stricter age of its repository":   {Policy{OlderThan: age(12 * hour), Repos: rules(t, "minrk/*", hour)}, ligo(), goes + "older than 1h for minrk/*"},
		"a laxer age of its repository":      {Policy{OlderThan: age(hour), Repos: rules(t, "minrk/*", 12*hour)}, ligo(), "younger than 12h for minrk/*"},
		"an age of another repository":       {Policy{OlderThan: age(12 * hour), Repos: rules(t, "other/*", hour)}, ligo(), "younger than 12h"},
		"the last rule counts, laxer":        {Policy{OlderThan: age(hour), Repos: rules(t, "minrk/*", hour, "minrk/ligo-binder", 12*hour)}, ligo(), "younger than 12h for minrk/ligo-binder"},
		"the last rule counts, stricter":     {Policy{OlderThan: age(12 * hour), Repos: rules(t, "minrk/*", 12*hour, "minrk/ligo-binder", hour)}, ligo(), goes + "older than 1h for minrk/ligo-binder"},
		"the last that fits counts":          {Policy{OlderThan: age(hour), Repos: rules(t, "minrk/*", 12*hour, "other/*", hour)}, ligo(), "younger than 12h for minrk/*"},
		"its repository alone":               {Policy{Repos: rules(t, "MINRK/ligo-binder", 6*hour)}, ligo(), goes + "older than 6h for minrk/ligo-binder"},
		"its repository alone, younger":      {Policy{Repos: rules(t, "minrk/ligo-binder", 7*hour)}, ligo(), "younger than 7h for minrk/ligo-binder"},
		"its repository alone, any age":      {Policy{Repos: rules(t, "minrk/ligo-binder", 0*hour)}, ligo(), goes + "matches"},
		"another repository alone":           {Policy{Repos: rules(t, "other/*", 0*hour)}, ligo(), "of other repositories"},
		"a guess, no rule":                   {old, guess(), goes + "older than 6h"},
		"a guess, its repository alone":      {Policy{Repos: rules(t, "minrk/ligo-binder", 0*hour)}, guess(), "repository only guessed"},
		"a guess, another repository alone":  {Policy{Repos: rules(t, "other/*", 0*hour)}, guess(), "repository only guessed"},
		"a guess, a stricter age":            {Policy{OlderThan: age(12 * hour), Repos: rules(t, "minrk/ligo-binder", hour)}, guess(), "younger than 12h"},
		"a guess, a stricter age, both over": {Policy{OlderThan: age(3 * hour), Repos: rules(t, "minrk/ligo-binder", hour)}, guess(), goes + "older than 3h"},
		"a guess, a laxer age":               {Policy{OlderThan: age(hour), Repos: rules(t, "minrk/ligo-binder", 12*hour)}, guess(), "younger than 12h"},
		"a guess that may be of two":         {Policy{OlderThan: age(hour), Repos: rules(t, "minrk-ligo/binder", 12*hour, "minrk/ligo-binder", 2*hour)}, guess(), "younger than 12h"},
		"nothing tells, a rule":              {Policy{OlderThan: age(hour), Repos: rules(t, "minrk/*", 12*hour)}, nobodys(), "younger than 12h"},
		"nothing tells, a rule alone":        {Policy{Repos: rules(t, "minrk/*", hour)}, nobodys(), "repository only guessed"},
		"nothing tells, asked for":           {Policy{Repos: rules(t, "unknown", hour)}, nobodys(), "repository only guessed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge, err := newJudge(tc.policy, clustertest.Now())
			if err != nil {
				t.Fatal(err)
			}
			reason, spare := tc.policy.judge(tc.pod, newReducer().reduce(tc.pod), judge.selector, judge.now)
			if got := verdictOf(reason, spare); got != tc.want {
				t.Errorf("judged %q, want %q", got, tc.want)
			}
		})
	}
}

func verdictOf(reason, spare string) string {
	if spare != "" {
		return spare + reason // which must be empty
	}
	return "goes: " + reason
}

func TestPolicyWithAMalformedSelector(t *testing.T) {
	t.Parallel()
	if _, err := newJudge(Policy{Labels: "a in"}, clustertest.Now()); err == nil || !strings.Contains(err.Error(), `selector "a in"`) {
		t.Errorf("error %v, want one that quotes the selector", err)
	}
	if _, err := labels.Parse(""); err != nil {
		t.Error(err)
	}
}

func TestAgeText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Age{"0": 0, "1": Age(time.Second), "21600": Age(6 * hour), "9223372036": Age(9223372036 * time.Second)} {
		var got Age
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s was read as %s, %v", text, got, err)
		}
		if written, err := json.Marshal(want); err != nil || string(written) != text {
			t.Errorf("%s was written as %s, %v", want, written, err)
		}
	}
	// Seconds that overflow would come back as another age, and a shorter one.
	for _, text := range []string{"-1", "1.5", `"6h"`, "9223372037", "99999999999", "1e30", "[]"} {
		var got Age
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %s", text, got)
		}
	}
	if got := Age(36 * hour).String(); got != "1d12h" {
		t.Errorf("a day and a half is %q", got)
	}
}
