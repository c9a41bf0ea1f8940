package e2e

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// loopDoc is a container that fails.
type loopDoc struct {
	Namespace string `json:"namespace"`
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Node      string `json:"node"`
	Restarts  int    `json:"restarts"`
	BackOff   *struct {
		Count int `json:"count"`
	} `json:"backOff"`
	Log struct {
		Lines []string `json:"lines"`
	} `json:"log"`
}

// loopsDoc is the JSON of pods crashloops.
type loopsDoc struct {
	Items  []loopDoc `json:"items"`
	Common []struct {
		Factor string  `json:"factor"`
		Value  string  `json:"value"`
		Sick   int     `json:"sick"`
		All    int     `json:"all"`
		Chance float64 `json:"chance"`
	} `json:"common"`
	Missing []string `json:"missing"`
}

// suspectsDoc is the JSON of nodes find-unhealthy.
type suspectsDoc struct {
	Threshold float64 `json:"threshold"`
	Items     []struct {
		Name     string  `json:"name"`
		Score    float64 `json:"score"`
		Evidence []struct {
			What   string `json:"what"`
			Object string `json:"object"`
		} `json:"evidence"`
	} `json:"items"`
	Missing []struct {
		List string `json:"list"`
	} `json:"missing"`
}

// sickNode is an incident with one node behind it that says Ready.
type sickNode struct {
	scenario string
	guilty   string
	traces   []string // containers that crash there
	runbook  string   // for what crashes
}

// TestSickNode lives through the incidents of 2018-01-18 and 2017-11-30: what
// took hours then is found in one command, and mended without ending the
// sessions of those who are well.
func TestSickNode(t *testing.T) {
	for _, incident := range []sickNode{
		{"reddit-hug", "gke-prod-a-ssd-pool-972e4826-2fhq", []string{"fluentd-gcp", "nginx-ingress-controller"}, "sick-node"},
		{"oom-proxy", "gke-prod-a-default-pool-6ab3d8ec-0h28", []string{"nginx", "chp"}, "proxy-down"},
	} {
		t.Run(incident.scenario, func(t *testing.T) {
			t.Parallel()
			p := placeIn(t, ownGameDay(t, incident.scenario), "prod")
			if err := p.gameday("status"); err == nil {
				t.Fatal("the incident is over before it was mended")
			}
			incident.traced(t, p)
			incident.found(t, p)
			incident.mended(t, p)
		})
	}
}

// traced looks at what crashes, in every namespace.
func (i sickNode) traced(t *testing.T, p *place) {
	t.Helper()
	r := p.run(t, "pods", "crashloops", "--logs", "2", "-o", "json").exits(3)
	var loops loopsDoc
	r.decode(&loops)
	for _, container := range i.traces {
		at := slices.IndexFunc(loops.Items, func(l loopDoc) bool {
			return l.Container == container && l.Node == i.guilty
		})
		if at < 0 {
			r.failf("nothing is said of container %s on node %s", container, i.guilty)
		}
		if found := loops.Items[at]; found.Restarts == 0 || found.BackOff == nil || len(found.Log.Lines) == 0 {
			r.failf("of container %s there is no restart, no event or no log: %+v", container, found)
		}
	}
	if len(loops.Common) == 0 || loops.Common[0].Factor != "node" || loops.Common[0].Value != i.guilty {
		r.failf("what the sick have in common is %+v, want first node %s", loops.Common, i.guilty)
	}
	p.run(t, "pods", "crashloops").exits(3).prints(`^node +` + i.guilty).says(`nodes cordon ` + i.guilty).says(`runbook show ` + i.runbook)
}

// found ranks the nodes.
func (i sickNode) found(t *testing.T, p *place) {
	t.Helper()
	r := p.run(t, "nodes", "find-unhealthy", "--all", "-o", "json").exits(3)
	var suspects suspectsDoc
	r.decode(&suspects)
	switch {
	case len(suspects.Items) == 0 || suspects.Items[0].Name != i.guilty:
		r.failf("the first suspect is not %s", i.guilty)
	case suspects.Items[0].Score < suspects.Threshold:
		r.failf("the score is %v, below %v", suspects.Items[0].Score, suspects.Threshold)
	case len(suspects.Items) > 1 && suspects.Items[1].Score > suspects.Items[0].Score/2:
		r.failf("the second has %v, too near to the first's %v", suspects.Items[1].Score, suspects.Items[0].Score)
	}
	p.run(t, "nodes", "find-unhealthy").exits(3).prints(`^` + i.guilty).says(`binderctl nodes cordon ` + i.guilty).says(`runbook show sick-node`)
}

// mended takes the node out of service. Its users stay to the end.
func (i sickNode) mended(t *testing.T, p *place) {
	t.Helper()
	before := p.everything(t)
	on := func(want func(*corev1.Pod) bool) []string {
		return p.pods(t, func(pod *corev1.Pod) bool { return pod.Spec.NodeName == i.guilty && want(pod) })
	}
	there := on(func(pod *corev1.Pod) bool {
		return pod.OwnerReferences != nil && pod.OwnerReferences[0].Kind == "ReplicaSet"
	})
	ended := on(func(pod *corev1.Pod) bool {
		return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
	})
	if len(there) == 0 {
		t.Fatalf("no service has pods on %s", i.guilty)
	}
	sessions := p.pods(t, func(pod *corev1.Pod) bool { return isUser(pod) && pod.Status.Phase == corev1.PodRunning })

	p.run(t, "nodes", "cordon", i.guilty, "--reason", "its network is broken", "--yes").exits(0)
	p.run(t, "nodes", "list", "--cordoned", "-o", "wide").exits(0).prints(i.guilty + `.*its network is broken`)
	p.run(t, "nodes", "drain", i.guilty, "--yes").exits(0)
	eventually(t, "the incident is over", func() bool { return p.gameday("status") == nil })

	left := p.users(t)
	for _, name := range sessions {
		if !slices.Contains(left, name) {
			t.Errorf("the session %s was ended", name)
		}
	}
	p.lostOnly(t, before, p.namespace, slices.Concat(there, ended))
	p.journalEvents(t, "begin", "end", "begin", "end")
	// It is out of service, not well.
	p.run(t, "nodes", "find-unhealthy").exits(3).prints(`^` + i.guilty)
}

// On an ordinary day nobody is accused.
func TestOrdinaryDay(t *testing.T) {
	p := placeIn(t, ownGameDay(t, "ordinary-day"), "prod")
	p.run(t, "nodes", "find-unhealthy").exits(0).printsNothing()
	p.run(t, "nodes", "list").exits(0)
}
