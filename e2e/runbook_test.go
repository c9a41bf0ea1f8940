package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// runDoc is what came of walking through a runbook.
type runDoc struct {
	Runbook    string              `json:"runbook"`
	DryRun     bool                `json:"dryRun"`
	Verdict    string              `json:"verdict"`
	Transcript string              `json:"transcript"`
	Captured   map[string][]string `json:"captured"`
	Items      []struct {
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		Result  string `json:"result"`
		Command string `json:"command"`
		Exit    int    `json:"exitCode"`
	} `json:"items"`
}

// result is what came of a step.
func (d runDoc) result(id string) string {
	for _, step := range d.Items {
		if step.ID == id {
			return step.Result
		}
	}
	return "no such step"
}

// healing is an incident, the runbook that heals it, and what has to be done and
// left alone on the way.
type healing struct {
	scenario, namespace, runbook string
	done                         []string // steps
	skipped                      []string
	then                         func(*testing.T, *place) // what comes afterwards, if anything
}

// TestRunbooksHeal is the proof that the runbooks work: each incident is over
// after `runbook run --yes`, and a dry run before that has changed nothing.
func TestRunbooksHeal(t *testing.T) {
	for _, story := range []healing{
		{"hub-504", "beta", "hub-blind", []string{"restart", "cull-lost"}, []string{"cull-few", "cull-old"}, nil},
		{"too-many-pods", "prod", "hub-blind", []string{"restart", "cull-lost", "cull-old"}, []string{"cull-few"}, nil},
		{"cluster-full", "beta", "cluster-full", []string{"cull-waiting", "cull-old", "cull-lost"}, nil, nil},
		{"oom-proxy", "prod", "proxy-down", []string{"cordon", "drain"}, nil, nil},
		{"reddit-hug", "prod", "sick-node", []string{"cordon", "drain"}, nil, hugged},
	} {
		t.Run(story.scenario, func(t *testing.T) {
			p := placeIn(t, ownGameDay(t, story.scenario), story.namespace)
			p.patience = 10 * time.Minute // it waits for what the Hub finds, and finds late
			p.dryRun(t, story)
			p.heal(t, story)
			if story.then != nil {
				story.then(t, p)
			}
		})
	}
}

// dryRun walks through a runbook and changes nothing.
func (p *place) dryRun(t *testing.T, story healing) {
	t.Helper()
	eventually(t, "nobody deploys any more", func() bool { return p.deployed(t) })
	before, closed := p.everything(t), p.closed(t)
	if p.gameday("status") == nil {
		t.Fatal("the incident is over before anything was done")
	}
	r := p.run(t, "runbook", "run", story.runbook, "--dry-run", "-o", "json").exits(3).says(`dry run: nothing will be changed`)
	var doc runDoc
	r.decode(&doc)
	for _, id := range story.done {
		// What a later look would find is not there yet, so some mends are not needed.
		if got := doc.result(id); got != "would be done" && got != "skipped" && got != "failed" {
			r.failf("%s: %s in a dry run", id, got)
		}
	}
	if first := doc.result(story.done[0]); first != "would be done" {
		r.failf("%s: %s in a dry run", story.done[0], first)
	}
	if !doc.DryRun || doc.Verdict != "not well" {
		r.failf("the dry run says %+v", doc)
	}
	p.lostOnly(t, before, p.namespace, nil)
	if now := p.closed(t); now != closed {
		t.Errorf("cordoned before: %q; now: %q", closed, now)
	}
	p.journalEvents(t)
}

// deployed reports whether no Deployment is being rolled out.
func (p *place) deployed(t *testing.T) bool {
	t.Helper()
	list, err := p.kube.AppsV1().Deployments(p.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(list.Items, func(d appsv1.Deployment) bool {
		return d.Status.UpdatedReplicas != *d.Spec.Replicas || d.Status.Replicas != *d.Spec.Replicas
	})
}

// heal walks through a runbook, and the incident is over.
func (p *place) heal(t *testing.T, story healing) {
	t.Helper()
	r := p.run(t, "runbook", "run", story.runbook, "--yes", "-o", "json").exits(0).says(`is it over\? binderctl incident check`)
	var doc runDoc
	r.decode(&doc)
	for _, id := range story.done {
		if got := doc.result(id); got != "done" {
			r.failf("%s: %s, want done", id, got)
		}
	}
	for _, id := range story.skipped {
		if got := doc.result(id); got != "skipped" {
			r.failf("%s: %s, want skipped", id, got)
		}
	}
	if doc.Verdict != "well" {
		r.failf("the verdict is %q", doc.Verdict)
	}
	eventually(t, "the incident is over", func() bool { return p.gameday("status") == nil })
	p.kept(t, doc, story)
}

// kept checks what is left of a run on the operator's machine.
func (p *place) kept(t *testing.T, doc runDoc, story healing) {
	t.Helper()
	text := readFile(t, doc.Transcript)
	for _, part := range []string{"# ", "$ binderctl ", "as expected", "\nwell, at "} {
		if !strings.Contains(text, part) {
			t.Errorf("the transcript has no %q", part)
		}
	}
	p.checkSecrets(t, text)
	if strings.Contains(text, "\x1b") {
		t.Error("the transcript has escape codes")
	}
	if info, err := os.Stat(doc.Transcript); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the transcript's mode: %v (%v)", info.Mode(), err)
	}
	var state struct {
		Ended bool                 `json:"ended"`
		Done  map[string]time.Time `json:"done"`
	}
	if err := json.Unmarshal([]byte(readFile(t, strings.TrimSuffix(doc.Transcript, ".md")+".json")), &state); err != nil {
		t.Fatal(err)
	}
	if !state.Ended || len(state.Done) < len(story.done) {
		t.Errorf("what is kept of the run: %+v", state)
	}
	for _, entry := range p.journal(t) {
		if entry.Event != "begin" && entry.Event != "end" || entry.Command == "" {
			t.Errorf("the journal has %+v", entry)
		}
	}
}

// closed are the names of the nodes that are cordoned.
func (p *place) closed(t *testing.T) string {
	t.Helper()
	return p.run(t, "nodes", "list", "--cordoned", "-o", "name").exits(0).stdout
}

// TestRunbookLeftAndResumed leaves a run at a question, and goes on with it.
func TestRunbookLeftAndResumed(t *testing.T) {
	p := placeIn(t, ownGameDay(t, "hub-504"), "beta")
	p.patience = 10 * time.Minute
	term := startOnTerminal(t, p.operator, "runbook", "run", "hub-blind")
	term.until(`this changes something: \[r\]un, \[s\]kip, \[q\]uit: $`)
	term.types("r\n")
	term.until(`restart the Hub in namespace beta of \S+\? \[y/N\] $`)
	term.types("y\n")
	term.until(`this changes something: \[r\]un, \[s\]kip, \[q\]uit: $`)
	term.types("q\n")
	term.exits(130)
	if !strings.Contains(term.shown(), "go on with it: binderctl runbook run hub-blind --resume") {
		t.Errorf("how to go on is not said:\n%s", excerpt(term.shown()))
	}
	p.journalEvents(t, "begin", "end")

	p.run(t, "runbook", "run", "--resume", "sick-node", "--yes").exits(2).says(`no run was left before its end`)
	var doc runDoc
	r := p.run(t, "runbook", "run", "--resume", "--yes", "-o", "json").exits(0)
	r.decode(&doc)
	for id, want := range map[string]string{"hub": "seen earlier", "restart": "done earlier", "cull-lost": "done", "sees": "as expected"} {
		if got := doc.result(id); got != want {
			r.failf("%s: %s, want %s", id, got, want)
		}
	}
	eventually(t, "the incident is over", func() bool { return p.gameday("status") == nil })
	p.run(t, "runbook", "run", "--resume", "--yes").exits(2).says(`no run was left before its end`)
	files, err := filepath.Glob(filepath.Join(p.home, ".local/state/binderctl/runbooks/*.md"))
	if err != nil || len(files) != 1 {
		t.Errorf("transcripts: %q (%v)", files, err)
	}
}
