package e2e

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// statusDoc is what is read of `status -o json`.
type statusDoc struct {
	Verdict string
	Checks  []struct {
		Name, State, Says, Next, Runbook string
		Evidence                         []string
		Seconds                          float64
	}
	Capacity *struct{ Waiting int }
	Pods     *struct{ Total, Running, Pending int }
	Orphans  *struct{ Certain map[string]int }
	Repos    []struct {
		Value string
		Pods  int
	}
}

// status looks at everything, and must exit with this code.
func (p *place) status(t *testing.T, code int, args ...string) statusDoc {
	t.Helper()
	var doc statusDoc
	p.run(t, append([]string{"status", "-o", "json", "--check-timeout", "20s"}, args...)...).exits(code).decode(&doc)
	return doc
}

// state is what came of a check.
func (d *statusDoc) state(name string) string {
	for _, check := range d.Checks {
		if check.Name == name {
			return check.State
		}
	}
	return "missing"
}

// says is all that a check says.
func (d *statusDoc) says(name string) string {
	for _, check := range d.Checks {
		if check.Name == name {
			return check.Says + " " + strings.Join(check.Evidence, " ")
		}
	}
	return ""
}

func (d *statusDoc) want(t *testing.T, states map[string]string) {
	t.Helper()
	for name, want := range states {
		if got := d.state(name); got != want {
			t.Errorf("%s is %s, want %s: %s", name, got, want, d.says(name))
		}
	}
}

// TestStatusOfTooManyPods names the blind Hub first, and what follows from it.
func TestStatusOfTooManyPods(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, "too-many-pods"), "prod")
	doc := p.status(t, 3)
	doc.want(t, map[string]string{"hub": "bad", "launches": "bad", "capacity": "bad", "orphans": "bad", "pods": "bad", "repos": "warn", "nodes": "ok", "crashloops": "ok"})
	if first := doc.Checks[0]; doc.Verdict != "bad" || first.Name != "hub" || !strings.HasPrefix(first.Says, "blind") || first.Next != "binderctl hub status" || first.Runbook != "hub-blind" {
		t.Errorf("%s, and first %+v", doc.Verdict, first)
	}
	if doc.Pods.Total != 977 || doc.Pods.Running != 737 || doc.Pods.Pending != 240 || doc.Capacity.Waiting != 240 || doc.Orphans.Certain["orphan"] == 0 ||
		doc.Repos[0].Value != "ipython/ipython-in-depth" {
		t.Errorf("%+v", doc)
	}
	p.run(t, "incident", "open", "launches time out").exits(0)
	if opened := p.status(t, 3); opened.state("incident") != "warn" || !strings.Contains(opened.says("incident"), " drives: launches time out") {
		t.Errorf("%s: %s", opened.state("incident"), opened.says("incident"))
	}
	p.run(t, "status").exits(3).prints(`^namespace prod of gameday-.* UTC\n!! BAD  .* of 9 checks\n\n!! bad +hub +blind: `).prints(`\n +next: binderctl hub status   runbook: hub-blind\n`).says(`runbook show hub-blind`)
	p.run(t, "status", "-o", "name").exits(3).prints(`^hub\n`)
	p.run(t, "status", "-o", "jsonpath={.pods.total}").exits(3).prints(`^977$`)

	p.staysWithStatus(t)
}

// staysWithStatus has a screen printed again and again where there is no terminal,
// until Ctrl-C, which is no failure.
func (p *place) staysWithStatus(t *testing.T) {
	t.Helper()
	var screens io.Reader
	w := p.start(t, func(c *exec.Cmd) {
		var err error
		c.Stdout = nil
		if screens, err = c.StdoutPipe(); err != nil {
			t.Fatal(err)
		}
	}, "status", "-w", "--interval", "1s")
	lines, verdicts := bufio.NewScanner(screens), 0
	for verdicts < 2 && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "!! BAD") {
			verdicts++
		}
	}
	w.interrupt()
	_, _ = io.Copy(io.Discard, screens)
	if w.wait().exits(0); verdicts != 2 {
		t.Errorf("%d screens were printed, want 2", verdicts)
	}
}

// TestStatusOfGoodDay is content on a good day, says what it may not see, and
// knows a Hub that is down, by whom BinderHub cannot launch either.
func TestStatusOfGoodDay(t *testing.T) {
	t.Parallel()
	p := placeIn(t, ownGameDay(t, "healthy"), "prod")
	doc := p.status(t, 0)
	doc.want(t, map[string]string{"launches": "ok", "hub": "ok", "capacity": "ok", "orphans": "ok", "pods": "ok", "repos": "ok", "nodes": "ok", "crashloops": "ok", "incident": "ok"})
	if doc.Verdict != "ok" {
		t.Errorf("%+v", doc)
	}
	whole := p.allow(t, "whole", p.run(t, "rbac", "status").exits(0).stdout)
	eventually(t, "the rights are in force", func() bool { return p.run(t, "nodes", "list", whole).code == 0 })
	granted := p.status(t, 0, whole)
	granted.want(t, map[string]string{"hub": "ok", "capacity": "ok", "orphans": "ok", "pods": "ok", "nodes": "ok", "crashloops": "ok", "incident": "ok"})

	some := p.allow(t, "some", role("list, watch"))
	eventually(t, "the rights are in force", func() bool { return p.run(t, "pods", "list", some).code == 0 })
	partly := p.status(t, 0, some)
	partly.want(t, map[string]string{"pods": "ok", "repos": "ok", "nodes": "unknown", "capacity": "unknown", "orphans": "unknown"})
	if !strings.Contains(partly.says("nodes"), "nodes") {
		t.Errorf("it does not say why: %q", partly.says("nodes"))
	}
	nobody := p.allow(t, "nobody", role("get"))
	p.run(t, "status", nobody).exits(1).printsNothing().says(`nothing could be seen of https://\S+: .*forbidden`).says(`binderctl rbac status`)

	p.watchesStatus(t)

	p.fault(t, "down", "on")
	down := p.status(t, 3)
	down.want(t, map[string]string{"hub": "bad", "orphans": "unknown", "pods": "ok", "nodes": "ok"})
	if !strings.HasPrefix(down.says("hub"), "down") {
		t.Errorf("%q", down.says("hub"))
	}
}

// TestStatusOfSickNodes names the node, and what crashes there.
func TestStatusOfSickNodes(t *testing.T) {
	t.Parallel()
	for scenario, sick := range map[string]string{"oom-proxy": "gke-prod-a-default-pool-6ab3d8ec-0h28", "reddit-hug": "gke-prod-a-ssd-pool-972e4826-2fhq"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			p := placeIn(t, ownGameDay(t, scenario), "prod")
			doc := p.status(t, 3)
			doc.want(t, map[string]string{"nodes": "bad", "crashloops": "bad"})
			for _, name := range []string{"nodes", "crashloops"} {
				if !strings.Contains(doc.says(name), sick) {
					t.Errorf("%s does not name %s: %s", name, sick, doc.says(name))
				}
			}
			hot := map[string]string{"oom-proxy": "ok", "reddit-hug": "warn"}[scenario]
			if doc.state("repos") != hot {
				t.Errorf("repos: %s", doc.says("repos"))
			}
		})
	}
}
