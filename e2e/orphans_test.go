package e2e

import (
	"context"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// orphansDoc is the JSON of pods orphans.
type orphansDoc struct {
	Hub struct {
		Servers int `json:"servers"`
	} `json:"hub"`
	Pods       int            `json:"pods"`
	TooYoung   int            `json:"tooYoung"`
	RoutesRead bool           `json:"routesRead"`
	Counts     map[string]int `json:"counts"`
	Items      []struct {
		Class   string `json:"class"`
		Pod     string `json:"pod"`
		UID     string `json:"uid"`
		User    string `json:"user"`
		Certain bool   `json:"certain"`
	} `json:"items"`
}

// of are the pods of the findings of a class.
func (d orphansDoc) of(class string) []string {
	names := []string{}
	for _, item := range d.Items {
		if item.Class == class {
			names = append(names, item.Pod)
		}
	}
	return names
}

// lostPods has six pods lost, the oldest; and a Hub that is blind, so that what
// it only believes in does not pass.
const lostPods = `
userPods:
- {count: 20, age: 10m-3h}
- {count: 6, age: 4h-9h, hub: lost}
- {count: 2, age: 1m, hub: lost}
hub:
  faults: [reflector-dead]
  ghosts: 2
  stuckStopping: 1
  stuckSpawning: 1
`

func TestOrphans(t *testing.T) {
	t.Parallel()
	p := hubDay(t, lostPods)
	before := p.everything(t)
	lost := due(p.all(t), time.Now(), func(pod *corev1.Pod, age time.Duration) bool { return isUser(pod) && age > 210*time.Minute })

	for _, fault := range []string{"down", "errors", "too-many-requests"} {
		p.fault(t, fault, "on")
		p.run(t, "pods", "orphans").exits(1).printsNothing()
		p.run(t, "pods", "orphans", "--cull", "--yes", "--hub-lost-its-pods", "--hub-just-restarted").exits(1).printsNothing()
		p.fault(t, fault, "off")
	}
	p.lostOnly(t, before, p.namespace, nil)

	var doc orphansDoc
	p.run(t, "pods", "orphans", "--settle", "0", "-o", "json").exits(3).decode(&doc)
	sameSet(t, "orphans", doc.of("orphan"), lost)
	if doc.Counts["ghost"] != 2 || doc.Counts["stuck"] != 2 || doc.TooYoung != 2 || !doc.RoutesRead || len(doc.Items) != 10 {
		t.Errorf("found %+v", doc)
	}
	for _, item := range doc.Items {
		if item.Class == "ghost" && item.Certain {
			t.Errorf("certain after one look: %+v", item)
		}
	}
	doc = orphansDoc{}
	p.run(t, "pods", "orphans", "--settle", "2s", "--class", "ghost", "-o", "json").exits(3).says(`runbook show stuck-stopping`).decode(&doc)
	if len(doc.Items) != 2 || !doc.Items[0].Certain {
		t.Errorf("found %+v", doc.Items)
	}

	p.run(t, "pods", "orphans", "--cull").exits(2)
	p.run(t, "pods", "orphans", "--cull", "--dry-run", "-o", "name").exits(0)
	p.lostOnly(t, before, p.namespace, nil)
	var report reportDoc
	p.run(t, "pods", "orphans", "--cull", "--yes", "-o", "json").exits(0).decode(&report)
	sameSet(t, "deleted pods", report.with("deleted"), lost)
	p.lostOnly(t, before, p.namespace, lost)
	p.run(t, "pods", "orphans", "--class", "orphan", "--settle", "0").exits(0).printsNothing()
	p.journalEvents(t, "begin", "end")
}

// TestOrphansOfAnEmptyDatabase has the Hub come back without its memory: every
// pod looks lost, and none may be deleted for that.
func TestOrphansOfAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	p := hubDay(t, "\nuserPods:\n- {count: 20, age: 10m-3h}\nhub: {}\n")
	p.run(t, "pods", "orphans").exits(0).says(`no pod is lost: 20 pods, 20 servers`)
	users := p.users(t)
	p.fault(t, "database-lost", "on")
	p.restartHub(t)
	p.run(t, "pods", "orphans", "--cull", "--yes").exits(1).says(`the Hub started \S+ ago`)
	p.run(t, "pods", "orphans", "--cull", "--yes", "--hub-just-restarted").exits(1).
		says(`the Hub knows none of the 20 pods`).says(`later than 20 of the 20 pods.*looks like a database that was lost`)
	p.run(t, "pods", "orphans", "--cull", "--dry-run").exits(0).says(`a real cull would be refused`)
	sameSet(t, "pods", p.users(t), users)
	p.run(t, "pods", "orphans", "--cull", "--yes", "--hub-just-restarted", "--hub-lost-its-pods").exits(0)
	sameSet(t, "pods", p.users(t), nil)
}

// restartHub deletes the hub pod and waits until another one answers.
func (p *place) restartHub(t *testing.T) {
	t.Helper()
	pods := p.kube.CoreV1().Pods(p.namespace)
	old := p.pods(t, func(pod *corev1.Pod) bool { return pod.Labels["component"] == "hub" })
	if err := pods.Delete(context.Background(), old[0], metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another Hub answers", func() bool {
		now := p.pods(t, func(pod *corev1.Pod) bool { return pod.Labels["component"] == "hub" })
		return !slices.Contains(now, old[0]) && p.hubUsers(t) != nil
	})
}

// TestOrphansNotWaitedFor has somebody not wait for what may pass by itself.
func TestOrphansNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := hubDay(t, lostPods)
	heard := newListener("looking again")
	r := p.start(t, func(c *exec.Cmd) { c.Stderr = io.MultiWriter(c.Stderr, heard) }, "pods", "orphans", "--settle", "1h", "-o", "json")
	<-heard.heard
	r.interrupt()
	var doc orphansDoc
	r.wait().exits(130).decode(&doc)
	if doc.Counts["orphan"] != 6 || doc.Counts["ghost"] != 2 {
		t.Errorf("found %+v", doc)
	}
}

// listener waits for a text.
type listener struct {
	text  string
	heard chan struct{}
	once  sync.Once
	said  strings.Builder
}

func newListener(text string) *listener { return &listener{text: text, heard: make(chan struct{})} }

func (l *listener) Write(p []byte) (int, error) {
	l.said.Write(p)
	if strings.Contains(l.said.String(), l.text) {
		l.once.Do(func() { close(l.heard) })
	}
	return len(p), nil
}

// TestOrphansClusterFull lives through 2017-10-17 with what they did not have: a
// list of the pods that nobody would ever stop.
func TestOrphansClusterFull(t *testing.T) {
	p := placeIn(t, ownGameDay(t, "cluster-full"), "beta")
	before := p.everything(t)
	known := p.hubUsers(t)
	forgotten := func(pod *corev1.Pod, age time.Duration) bool {
		_, knows := known[pod.Annotations["hub.jupyter.org/username"]]
		return isUser(pod) && !knows && age > 2*time.Minute
	}
	all := p.all(t)
	first := due(all, time.Now(), forgotten)
	p.run(t, "pods", "orphans", "--cull", "--yes").exits(1).says(`the Hub knows only \d+ of the \d+ pods`)
	p.lostOnly(t, before, p.namespace, nil)
	var report reportDoc
	p.run(t, "pods", "orphans", "--cull", "--yes", "--hub-lost-its-pods", "-o", "json").exits(0).decode(&report)
	deleted := report.with("deleted")
	if len(first) < 300 {
		t.Errorf("only %d pods were lost", len(first))
	}
	between(t, "deleted pods", deleted, first, due(all, time.Now(), forgotten))
	p.lostOnly(t, before, p.namespace, deleted)
	eventually(t, "the incident is over", func() bool { return p.gameday("status") == nil })
}
